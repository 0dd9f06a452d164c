package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// dropNoop removes a projection to the columns that its input has anyway.
func dropNoop(n plan.Node, _ Options) plan.Node {
	p, ok := n.(*plan.Project)
	if !ok || !p.Schema().Equal(p.Input.Schema()) {
		return n
	}
	for i, e := range p.List {
		if r, ok := expr.Unalias(e).(*expr.Ref); !ok || r.Index != i {
			return n
		}
	}
	return p.Input
}
