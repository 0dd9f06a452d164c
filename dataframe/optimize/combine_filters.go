package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// combineFilters makes one filter of two in a row. The condition that came first
// stays first: it keeps rows away from the second.
func combineFilters(n plan.Node, _ Options) plan.Node {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n
	}
	in, ok := f.Input.(*plan.Filter)
	if !ok || !expr.Deterministic(f.Cond) || !expr.Deterministic(in.Cond) {
		return n
	}
	cond, err := conjunction(append(conjuncts(in.Cond), conjuncts(f.Cond)...))
	if err != nil {
		return n
	}
	return &plan.Filter{Input: in.Input, Cond: cond}
}
