package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// dropSort removes an order that nobody sees: under an aggregate for which the
// order of rows does not matter, and under a sort by the same keys and others.
// Sorts keep the order of rows with equal keys, so that one by other keys below
// does matter.
func dropSort(n plan.Node, _ Options) plan.Node {
	switch n := n.(type) {
	case *plan.Aggregate:
		for _, a := range n.Aggs {
			if !orderless(a) {
				return n
			}
		}
		if in := unsorted(n.Input); in != n.Input {
			return n.WithChildren([]plan.Node{in})
		}
	case *plan.Sort:
		if in, ok := n.Input.(*plan.Sort); ok && covers(n.Keys, in.Keys) {
			return n.WithChildren([]plan.Node{in.Input})
		}
	}
	return n
}

// unsorted returns n without the sorts at its top, seen through filters and
// projections.
func unsorted(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Sort:
		return unsorted(n.Input)
	case *plan.Filter, *plan.Project:
		if !deterministic(n.Exprs()) {
			return n
		}
		if in := unsorted(n.Children()[0]); in != n.Children()[0] {
			return n.WithChildren([]plan.Node{in})
		}
	}
	return n
}

// orderless tells whether an aggregate gives the same for rows in any order. The
// sum of floats does not, in its last digits.
func orderless(agg expr.Expr) bool {
	c, ok := expr.Unalias(agg).(*expr.Call)
	if !ok || !deterministic(c.Args) {
		return false
	}
	switch c.Name {
	case "count", "count_if", "min", "max", "bool_and", "bool_or", "approx_count_distinct":
		return true
	case "sum", "avg":
		t := c.Args[0].Type()
		return t != types.Float && t != types.Double
	}
	return false
}

// covers tells whether each key of inner is a key of outer, in whatever
// direction.
func covers(outer, inner []*expr.Order) bool {
	for _, k := range inner {
		found := false
		for _, o := range outer {
			found = found || expr.Equal(o.Child, k.Child)
		}
		if !found || !expr.Deterministic(k) {
			return false
		}
	}
	return true
}
