package exec

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// keysOf returns the numbers of the columns of n that identify a row: those of
// an aggregate's grouping keys, of distinct rows or of a table, followed through
// projections. It is nil where there are none, or one of them is not in the result.
func keysOf(n plan.Node) []int {
	switch n := n.(type) {
	case *plan.Aggregate:
		keys := make([]int, len(n.Keys))
		for i := range keys {
			keys[i] = i
		}
		return keys
	case *plan.Distinct:
		keys := make([]int, n.Schema().Len())
		for i := range keys {
			keys[i] = i
		}
		return keys
	case *plan.Dedup:
		return n.Keys
	case *plan.Upsert:
		return n.Keys
	case *plan.Process:
		return n.UpdateKeys()
	case *plan.Filter, *plan.Alias, *plan.Sort, *plan.Limit:
		return keysOf(n.Children()[0])
	case *plan.Project:
		return projected(n, keysOf(n.Input))
	}
	return nil
}

func projected(p *plan.Project, in []int) []int {
	var out []int
	for _, k := range in {
		at := -1
		for i, e := range p.List {
			if at < 0 && tells(expr.Unalias(e), k) {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		out = append(out, at)
	}
	return out
}

// tells tells whether e has another value for each value of column k: the column
// itself, or of a window its start, its end or its time. Windows among the groups
// of one query that begin or end together are the same, for equal other keys.
func tells(e expr.Expr, k int) bool {
	switch x := e.(type) {
	case *expr.Field:
		if _, window := expr.WindowOf(x.Child.Type()); window {
			e = x.Child
		}
	case *expr.Call:
		if x.Name == "window_time" {
			e = x.Args[0]
		}
	}
	r, ok := e.(*expr.Ref)
	return ok && r.Index == k
}
