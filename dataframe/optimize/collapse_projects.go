package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// collapseProjects makes one projection of two in a row, unless something that
// costs would then stand there twice. A projection with a volatile value stays:
// all that reads it must read the same.
func collapseProjects(n plan.Node, _ Options) plan.Node {
	outer, ok := n.(*plan.Project)
	if !ok {
		return n
	}
	inner, ok := outer.Input.(*plan.Project)
	if !ok || !deterministic(inner.List) {
		return n
	}
	uses := make([]int, len(inner.List))
	for _, e := range outer.List {
		count(e, uses)
	}
	for i, e := range inner.List {
		if uses[i] > 1 && !cheap(e) {
			return n
		}
	}
	list := make([]expr.Expr, len(outer.List))
	for i, e := range outer.List {
		to, ok := substitute(e, inner.List)
		if !ok {
			return n
		}
		list[i] = named(to, expr.OutputName(e))
	}
	out := plan.ProjectOf(inner.Input, list)
	if !out.Schema().Equal(outer.Schema()) {
		return n
	}
	return out
}
