package sql

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// windows lowers the window that a SELECT and its ORDER BY call for: all of their
// expressions then refer to its column, which is behind those of the input.
func (x *selecting) windows(in plan.Node, order []item) (plan.Node, []item, error) {
	w := plan.NewWindows(in)
	s := *x.s
	var err error
	if s.group, err = x.lowered(s.group, w.Lower); err != nil {
		return nil, nil, err
	}
	lower := w.Lower
	if s.grouped() {
		lower = w.LowerGrouped
	}
	if s.list, err = x.lowered(s.list, lower); err != nil {
		return nil, nil, err
	}
	if order, err = x.lowered(order, lower); err != nil {
		return nil, nil, err
	}
	if s.having != nil {
		e, err := lower(s.having.expr)
		if err != nil {
			return nil, nil, x.at(s.having.tok, err)
		}
		having := *s.having
		having.expr, s.having = e, &having
	}
	if w.Node() != in {
		x.s = &s
	}
	return w.Node(), order, nil
}

func (x *selecting) lowered(items []item, lower func(expr.Expr) (expr.Expr, error)) ([]item, error) {
	out := make([]item, len(items))
	for i, it := range items {
		e, err := lower(it.expr)
		if err != nil {
			return nil, x.at(it.tok, err)
		}
		it.expr = e
		out[i] = it
	}
	return out, nil
}
