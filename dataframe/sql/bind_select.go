package sql

import (
	"errors"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// selecting is the work on one SELECT.
type selecting struct {
	*binder
	s     *selection
	scope *expr.Scope // of the input, behind WHERE and windows
	width int         // the columns of the input without a window, which a star gives
	out   *outputs
}

// selection binds a SELECT and the ORDER BY of the query that it is all of.
func (b *binder) selection(s *selection, order []item) (plan.Node, error) {
	in, err := b.joined(s.from)
	if err != nil {
		return nil, err
	}
	x := &selecting{binder: b, s: s, width: in.Schema().Len(), out: newOutputs(len(s.list))}
	if in, err = x.where(in); err != nil {
		return nil, err
	}
	if in, order, err = x.windows(in, order); err != nil {
		return nil, err
	}
	x.scope = plan.ScopeOf(in)
	for _, it := range x.s.list {
		if err := x.column(it); err != nil {
			return nil, err
		}
	}
	keys, err := x.sortKeys(order)
	if err != nil {
		return nil, err
	}
	if x.aggregates(keys) {
		return x.aggregate(in, keys)
	}
	return x.project(in, x.out.cols, keys)
}

// where filters the input.
func (x *selecting) where(in plan.Node) (plan.Node, error) {
	w := x.s.where
	if w == nil {
		return in, nil
	}
	if call := aggregateIn(w.expr); call != nil {
		return nil, x.at(w.tok, &expr.Error{Pos: call.Pos, Msg: "WHERE cannot use " + expr.Title(call) + ": it filters rows before they are grouped",
			Fix: "write the condition in HAVING", Err: expr.ErrAggregate})
	}
	out, err := plan.NewFilter(in, w.expr)
	if err != nil {
		return nil, x.at(w.tok, x.notYet("WHERE", err))
	}
	return out, nil
}

// notYet explains an unknown column that is a name of the select list.
func (x *selecting) notYet(clause string, err error) error {
	var e *expr.Error
	if !errors.As(err, &e) || !errors.Is(err, expr.ErrUnknownColumn) {
		return err
	}
	for _, it := range x.s.list {
		a, ok := it.expr.(*expr.Alias)
		if ok && strings.EqualFold(nameIn(e.Msg), types.QuoteIfNeeded(a.Name)) {
			fix := fmt.Sprintf("%s is computed after %s: repeat its expression, or filter in an outer query", types.QuoteIfNeeded(a.Name), clause)
			return &expr.Error{Pos: e.Pos, Msg: e.Msg, Fix: fix, Err: e.Err}
		}
	}
	return err
}

// column binds an item of the select list and adds its columns. A name that the
// input lacks may be that of an item before.
func (x *selecting) column(it item) error {
	if star, ok := it.expr.(*expr.Star); ok {
		return x.star(it, star)
	}
	e, err := x.names(it.expr, inputFirst)
	if err == nil {
		e, err = x.scope.Bind(e)
	}
	if err == nil {
		e, err = expand(e, true)
	}
	if err != nil {
		return x.at(it.tok, err)
	}
	e = expr.Named(it.expr, e)
	x.out.add(column{e, it})
	return nil
}

func (x *selecting) star(it item, star *expr.Star) error {
	if x.s.from == nil {
		return x.at(it.tok, &expr.Error{Pos: star.Pos, Msg: "a star without FROM: there are no columns", Fix: "write FROM and a table", Err: expr.ErrSyntax})
	}
	cols, err := x.scope.BindList([]expr.Expr{star})
	if err != nil {
		return x.at(it.tok, err)
	}
	for _, c := range cols {
		if r, ok := c.(*expr.Ref); ok && r.Index >= x.width && len(star.Target) == 0 {
			continue
		}
		x.out.add(column{c, it})
	}
	return nil
}

// order of places in which a name is looked for.
type lookup int

const (
	// inputFirst: columns of the input, then names of the select list.
	inputFirst lookup = iota
	// outputFirst: the other way round, but in the arguments of aggregates.
	outputFirst
)

// names replaces those names in e that mean columns of the select list.
func (x *selecting) names(e expr.Expr, first lookup) (expr.Expr, error) {
	switch e := e.(type) {
	case *expr.Name:
		return x.oneName(e, first)
	case *expr.Call:
		if e.IsAggregate() {
			first = inputFirst
		}
	}
	changed, err := expr.Changed(e.Children(), func(c expr.Expr) (expr.Expr, error) { return x.names(c, first) })
	if changed == nil || err != nil {
		return e, err
	}
	return e.WithChildren(changed), nil
}

func (x *selecting) oneName(n *expr.Name, first lookup) (expr.Expr, error) {
	if !x.out.has(n.Parts[0]) {
		return n, nil
	}
	if first == inputFirst || len(n.Parts) > 1 {
		_, err := x.scope.Bind(n)
		// An error other than this one is for binding to tell. Of t.a the input
		// knows the table.
		if first == inputFirst && !errors.Is(err, expr.ErrUnknownColumn) || err == nil {
			return n, nil
		}
	}
	s, err := x.out.find(n.Parts[0], n.Pos)
	if err != nil {
		return nil, err
	}
	var out expr.Expr = s
	for _, part := range n.Parts[1:] {
		out = &expr.Extract{Child: out, Key: &expr.Literal{Value: part, T: types.String}, Pos: n.Pos}
	}
	return out, nil
}

// bind binds an expression in which names may mean columns of the select list.
// The result holds slots.
func (x *selecting) bind(e expr.Expr, first lookup) (expr.Expr, error) {
	e, err := x.names(e, first)
	if err != nil {
		return nil, err
	}
	bound, err := x.scope.Bind(e)
	var unknown *expr.Error
	if errors.As(err, &unknown) && errors.Is(err, expr.ErrUnknownColumn) && unknown.Fix == "" {
		word := types.Nearest(nameIn(unknown.Msg), outputNames(x.out))
		if len(word) > 0 {
			return nil, &expr.Error{Pos: unknown.Pos, Msg: unknown.Msg, Fix: "did you mean " + types.QuoteIfNeeded(word[0]) + "?", Err: unknown.Err}
		}
	}
	return bound, err
}

func outputNames(o *outputs) []string {
	var out []string
	for _, c := range o.cols {
		out = append(out, c.name())
	}
	return out
}

// nameIn returns the name in "no column NAME in (...)".
func nameIn(msg string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(msg, "no column "), " in (")
	return name
}
