package sql

import (
	"errors"
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// aggregates tells whether the SELECT makes groups.
func (x *selecting) aggregates(keys []sortKey) bool {
	if x.s.grouped() || x.s.having != nil {
		return true
	}
	for _, c := range x.out.cols {
		if expr.HasAggregate(c.expr) {
			return true
		}
	}
	for _, k := range keys {
		if expr.HasAggregate(k.expr) {
			return true
		}
	}
	return false
}

// aggregate groups the input, filters the groups by HAVING, and computes the
// select list and the sort keys over them.
func (x *selecting) aggregate(in plan.Node, keys []sortKey) (plan.Node, error) {
	g := &grouping{selecting: x}
	if err := g.groupBy(); err != nil {
		return nil, err
	}
	cols := make([]column, len(x.out.cols))
	for i, c := range x.out.cols {
		e, err := g.item(c)
		if err != nil {
			return nil, err
		}
		cols[i] = column{e, c.from}
	}
	having, err := g.having()
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if keys[i].expr, err = g.over(matched(keys[i].expr, x.out.cols), keys[i].tok, keys[i].order.Child, cols); err != nil {
			return nil, err
		}
	}
	var node plan.Node = plan.AggregateOf(in, g.keys, g.aggs)
	if having != nil {
		node = &plan.Filter{Input: node, Cond: having}
	}
	return x.project(node, cols, keys)
}

// grouping divides expressions over the input into grouping keys, aggregates,
// and what is computed of them.
type grouping struct {
	*selecting
	keys []expr.Expr
	aggs []expr.Expr // aliased calls
}

// groupBy binds the keys: a number is an item of the select list, a name is a
// column of the input, else of the select list.
func (g *grouping) groupBy() error {
	if g.s.groupAll {
		for _, c := range g.out.cols {
			if !expr.HasAggregate(c.expr) {
				if err := g.key(c.value(), c.from.tok); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, it := range g.s.group {
		e, err := g.groupKey(it)
		if err == nil {
			err = g.key(e, it.tok)
		}
		if err != nil {
			return g.at(it.tok, err)
		}
	}
	return nil
}

func (g *grouping) groupKey(it item) (expr.Expr, error) {
	n, is, err := g.ordinal(it.expr, it.tok, len(g.out.cols), "GROUP BY")
	if err != nil {
		return nil, err
	}
	if call := aggregateIn(it.expr); call != nil {
		return nil, &expr.Error{Pos: call.Pos, Msg: "GROUP BY cannot use the aggregate " + expr.Title(call), Fix: "group by a value of the row", Err: expr.ErrAggregate}
	}
	var e expr.Expr
	if is {
		e = g.out.slot(n)
	} else if e, err = g.bind(it.expr, inputFirst); err != nil {
		return nil, err
	}
	_, whole := e.(*slot)
	if e, err = expand(e, !whole); err != nil {
		return nil, err
	}
	if expr.HasAggregate(e) {
		return nil, &expr.Error{Msg: fmt.Sprintf("GROUP BY %s means the aggregate %s of the select list", it.tok.shown(), expr.Title(e)), Fix: "group by a value of the row", Err: expr.ErrAggregate}
	}
	return e, nil
}

// key adds a grouping key, under the name that the select list gives it.
func (g *grouping) key(e expr.Expr, t token) error {
	if g.keyOf(e) >= 0 {
		return nil
	}
	if !plan.Orderable(e.Type()) {
		return g.fail(t, expr.ErrType, fmt.Sprintf("cannot group by %s: %s has no equality", e, e.Type().Name()), "group by a part of it")
	}
	for _, c := range g.out.cols {
		if expr.Equal(c.value(), e) {
			if expr.OutputName(e) != c.name() {
				e = expr.As(e, c.name())
			}
			break
		}
	}
	g.keys = append(g.keys, e)
	return nil
}

func (g *grouping) keyOf(e expr.Expr) int {
	for i, k := range g.keys {
		if expr.Equal(expr.Unalias(k), e) {
			return i
		}
	}
	return -1
}

// item splits a column of the select list; it keeps its name.
func (g *grouping) item(c column) (expr.Expr, error) {
	e, err := g.split(c.value(), c.name())
	if err != nil {
		return nil, g.ungrouped(err, c.from.tok, c.from.expr)
	}
	if expr.OutputName(e) != c.name() {
		e = expr.As(e, c.name())
	}
	return e, nil
}

func (g *grouping) having() (expr.Expr, error) {
	h := g.s.having
	if h == nil {
		return nil, nil
	}
	e, err := g.bind(h.expr, outputFirst)
	if err == nil {
		e, err = expand(e, true)
	}
	if err != nil {
		return nil, g.at(h.tok, err)
	}
	if t := e.Type(); t != types.Boolean && t != types.Void {
		return nil, g.fail(h.tok, expr.ErrType, fmt.Sprintf("HAVING needs a boolean, but %s is %s", expr.Title(e), t.Name()), "compare it with something")
	}
	if e, err = g.split(e, ""); err != nil {
		return nil, g.ungrouped(err, h.tok, h.expr)
	}
	return e, nil
}

// over splits a sort key; slots then stand for the columns over the groups.
func (g *grouping) over(e expr.Expr, t token, text expr.Expr, cols []column) (expr.Expr, error) {
	e, err := g.split(e, "")
	if err != nil {
		return nil, g.ungrouped(err, t, text)
	}
	return expr.Transform(e, func(e expr.Expr) (expr.Expr, error) {
		if s, ok := e.(*slot); ok {
			return &slot{s.index, cols[s.index]}, nil
		}
		return e, nil
	})
}

// notGrouped says that a column is neither a key nor inside an aggregate.
type notGrouped struct{ ref *expr.Ref }

func (e *notGrouped) Error() string { return e.ref.Name + " is not grouped" }

// split puts references to the columns of the groups in the place of keys and
// aggregates; those have the keys first. name is that of e itself, or "".
func (g *grouping) split(e expr.Expr, name string) (expr.Expr, error) {
	if i := g.keyOf(e); i >= 0 {
		k := g.keys[i]
		return &expr.Ref{Index: i, Name: expr.OutputName(k), T: k.Type(), Null: k.Nullable()}, nil
	}
	switch e := e.(type) {
	case *expr.Call:
		if e.IsAggregate() {
			return g.call(e, name)
		}
	case *expr.Ref:
		return nil, &notGrouped{e}
	}
	old := e.Children()
	if len(old) == 0 {
		return e, nil
	}
	children := make([]expr.Expr, len(old))
	for i, c := range old {
		var err error
		if children[i], err = g.split(c, ""); err != nil {
			return nil, err
		}
	}
	return e.WithChildren(children), nil
}

func (g *grouping) call(c *expr.Call, name string) (expr.Expr, error) {
	for _, a := range c.Args {
		if inner := aggregateIn(a); inner != nil {
			return nil, &expr.Error{Pos: inner.Pos, Msg: fmt.Sprintf("%s has an aggregate inside an aggregate", expr.Title(c)),
				Fix: "aggregate twice, one after the other, with a subquery", Err: expr.ErrAggregate}
		}
	}
	at := -1
	for i, a := range g.aggs {
		if expr.Equal(expr.Unalias(a), c) {
			at = i
			break
		}
	}
	if at < 0 {
		if name == "" {
			name = expr.Title(c)
		}
		at = len(g.aggs)
		g.aggs = append(g.aggs, expr.As(c, name))
	}
	return &expr.Ref{Index: len(g.keys) + at, Name: expr.OutputName(g.aggs[at]), T: c.Type(), Null: c.Nullable()}, nil
}

// ungrouped gives an error of split its place in the text of an expression.
func (g *grouping) ungrouped(err error, t token, text expr.Expr) error {
	var missing *notGrouped
	if !errors.As(err, &missing) {
		return g.at(t, err)
	}
	name := types.QuoteIfNeeded(missing.ref.Name)
	e := &expr.Error{Pos: g.find(text, missing.ref), Msg: name + " is neither a grouping key nor inside an aggregate",
		Fix: "add it to GROUP BY, or take first(" + name + ")", Err: expr.ErrAggregate}
	if !g.s.grouped() {
		e.Fix = "group by it, or take first(" + name + ")"
	}
	return g.at(t, e)
}

// find returns the place of a name outside aggregates that means a column of
// the input; 0 where there is none.
func (g *grouping) find(text expr.Expr, ref *expr.Ref) int {
	pos := 0
	expr.Walk(text, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Call); ok && c.IsAggregate() {
			return false
		}
		if n, ok := e.(*expr.Name); ok && pos == 0 {
			if bound, err := g.scope.Bind(n); err == nil && base(bound) == ref.Index {
				pos = n.Pos
			}
		}
		return pos == 0
	})
	return pos
}

// base returns the number of the column that a name's parts are taken from.
func base(e expr.Expr) int {
	for {
		if r, ok := e.(*expr.Ref); ok {
			return r.Index
		}
		if len(e.Children()) == 0 {
			return -1
		}
		e = e.Children()[0]
	}
}
