package sql

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// sortKey is a bound key of ORDER BY: an expression over the input that may
// hold slots.
type sortKey struct {
	expr  expr.Expr
	order *expr.Order
	tok   token
}

// sortKeys binds ORDER BY: a number is a column of the select list, a name is
// one where there is one, else a column of the input.
func (x *selecting) sortKeys(order []item) ([]sortKey, error) {
	keys := make([]sortKey, len(order))
	for i, it := range order {
		o := it.expr.(*expr.Order)
		k := sortKey{order: o, tok: it.tok}
		n, is, err := x.ordinal(o.Child, it.tok, len(x.out.cols), "ORDER BY")
		switch {
		case err != nil:
			return nil, err
		case is:
			k.expr = x.out.slot(n)
		default:
			if k.expr, err = x.bind(o.Child, outputFirst); err != nil {
				return nil, x.at(it.tok, err)
			}
		}
		keys[i] = k
	}
	return keys, nil
}

// ordinal tells whether e is the number of one of n columns, and of which,
// counted from 0.
func (b *binder) ordinal(e expr.Expr, t token, n int, clause string) (int, bool, error) {
	l, ok := e.(*expr.Literal)
	if !ok {
		return 0, false, nil
	}
	v, ok := l.Value.(int32)
	if !ok {
		return 0, false, nil
	}
	if v < 1 || int(v) > n {
		return 0, true, b.fail(t, expr.ErrSyntax, fmt.Sprintf("%s %d: the select list has %s", clause, v, columnCount(n)), "write a number from 1 on, or a name")
	}
	return int(v) - 1, true, nil
}

// project computes the select list over in, sorted by keys. What a key needs
// beside the list is computed next to it and dropped after the sort.
func (x *selecting) project(in plan.Node, cols []column, keys []sortKey) (plan.Node, error) {
	list := make([]expr.Expr, len(cols))
	for i, c := range cols {
		list[i] = c.expr
	}
	orders := make([]expr.Expr, len(keys))
	for i, k := range keys {
		e := matched(k.expr, cols)
		if needsInput(e) {
			if x.s.distinct {
				return nil, x.at(k.tok, &expr.Error{Msg: fmt.Sprintf("SELECT DISTINCT is sorted by %s, which is not in the select list", k.order.Child),
					Fix: "add it to the select list", Err: expr.ErrSyntax})
			}
			whole, err := expand(e, true)
			if err != nil {
				return nil, x.at(k.tok, err)
			}
			s := &slot{len(list), column{expr: whole}}
			list, e = append(list, expr.As(whole, fmt.Sprintf("_sort%d", i+1))), s
		}
		orders[i] = e
	}
	node, err := x.distinct(projected(in, list))
	if err != nil || len(keys) == 0 {
		return node, err
	}
	for i := range orders {
		orders[i] = onOutput(orders[i], node)
	}
	if node, err = x.sort(node, keys, orders); err != nil || len(list) == len(cols) {
		return node, err
	}
	kept := make([]int, len(cols))
	for i := range kept {
		kept[i] = i
	}
	return plan.Keep(node, kept), nil
}

// projected leaves a projection out that changes nothing.
func projected(in plan.Node, list []expr.Expr) plan.Node {
	if _, ok := in.(*plan.Aggregate); ok && len(list) == in.Schema().Len() {
		same := true
		for i, e := range list {
			r, ok := e.(*expr.Ref)
			same = same && ok && r.Index == i
		}
		if same {
			return in
		}
	}
	return plan.ProjectOf(in, list)
}

func (x *selecting) distinct(node plan.Node) (plan.Node, error) {
	if !x.s.distinct {
		return node, nil
	}
	d, err := plan.NewDistinct(node)
	if err != nil {
		return nil, x.at(x.s.tok, err)
	}
	return d, nil
}

// sort sorts by bound expressions, with the directions of keys.
func (b *binder) sort(node plan.Node, keys []sortKey, bound []expr.Expr) (plan.Node, error) {
	orders := make([]expr.Expr, len(keys))
	for i, k := range keys {
		o := &expr.Order{Child: bound[i], Desc: k.order.Desc, NullsFirst: k.order.NullsFirst}
		if !plan.Orderable(o.Type()) {
			return nil, b.fail(k.tok, expr.ErrType, fmt.Sprintf("cannot sort by %s: %s has no order", k.order.Child, o.Type().Name()), "sort by a part of it")
		}
		orders[i] = o
	}
	return (&plan.Sort{Input: node}).WithExprs(orders), nil
}

// sortOutput sorts what is no single SELECT: by its columns alone.
func (b *binder) sortOutput(node plan.Node, order []item) (plan.Node, error) {
	scope := plan.ScopeOf(node)
	keys, bound := make([]sortKey, len(order)), make([]expr.Expr, len(order))
	for i, it := range order {
		o := it.expr.(*expr.Order)
		keys[i] = sortKey{order: o, tok: it.tok}
		n, is, err := b.ordinal(o.Child, it.tok, node.Schema().Len(), "ORDER BY")
		switch {
		case err != nil:
			return nil, err
		case is:
			bound[i] = expr.RefTo(node.Schema(), n)
			continue
		}
		if call := aggregateIn(o.Child); call != nil {
			return nil, b.at(it.tok, &expr.Error{Pos: call.Pos, Msg: "the ORDER BY of a union cannot aggregate", Fix: "put the union into FROM", Err: expr.ErrAggregate})
		}
		if bound[i], err = scope.Bind(o.Child); err != nil {
			return nil, b.at(it.tok, err)
		}
	}
	return b.sort(node, keys, bound)
}

// matched puts slots in the place of what the select list computes as well.
func matched(e expr.Expr, cols []column) expr.Expr {
	for i, c := range cols {
		if _, constant := c.value().(*expr.Literal); !constant && expr.Equal(c.value(), e) {
			return &slot{i, c}
		}
	}
	old := e.Children()
	var changed []expr.Expr
	for i, c := range old {
		if n := matched(c, cols); n != c {
			if changed == nil {
				changed = append([]expr.Expr(nil), old...)
			}
			changed[i] = n
		}
	}
	if changed == nil {
		return e
	}
	return e.WithChildren(changed)
}

// needsInput tells whether e reads a column of the input.
func needsInput(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		_, ref := e.(*expr.Ref)
		found = found || ref
		return !found
	})
	return found
}

// onOutput puts references to the columns of a node in the place of slots.
func onOutput(e expr.Expr, node plan.Node) expr.Expr {
	out, _ := expr.Transform(e, func(e expr.Expr) (expr.Expr, error) {
		if s, ok := e.(*slot); ok {
			return expr.RefTo(node.Schema(), s.index), nil
		}
		return e, nil
	})
	return out
}
