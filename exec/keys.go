package exec

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// keysOf returns the numbers of the columns of n that identify a row: those of
// an aggregate's grouping keys, followed through projections. It is nil where
// there are none, or one of them is not in the result.
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
			if r, ok := expr.Unalias(e).(*expr.Ref); ok && r.Index == k && at < 0 {
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
