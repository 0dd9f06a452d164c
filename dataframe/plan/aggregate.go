package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Aggregate makes one row of each group of rows with equal keys, nulls being
// equal: the keys, then the aggregates. Without keys all rows are one group,
// and there is a row even for no rows. Without aggregates it gives the keys.
type Aggregate struct {
	Input Node
	// Keys are bound expressions over the input.
	Keys []expr.Expr
	// Aggs are calls of aggregate functions, each under an alias.
	Aggs []expr.Expr
	// Session is the number of the key that is the part of a session that a row
	// makes; nil where none is. Parts in groups whose other keys are equal are merged
	// where they overlap, and the key of the result is the
	// whole session.
	Session *int

	schema *types.Schema
}

// NewAggregate groups by keys and computes a list of expressions over keys and
// aggregates, such as sum(a) / count(*). The result has the list's columns
// alone: it is an Aggregate, under a Project where the list is more than keys
// followed by calls.
func NewAggregate(in Node, keys, list []expr.Expr) (Node, error) {
	windows := NewWindows(in)
	keys, err := windows.LowerList(keys, false)
	if err != nil {
		return nil, err
	}
	if list, err = windows.LowerList(list, true); err != nil {
		return nil, err
	}
	in = windows.Node()
	scope := ScopeOf(in)
	b := &aggBuilder{}
	for _, k := range keys {
		bound, err := scope.Bind(k)
		if err != nil {
			return nil, err
		}
		if expr.HasAggregate(bound) {
			return nil, &expr.Error{Msg: "the grouping key " + expr.Title(bound) + " calls an aggregate",
				Fix: "group by a value of the row", Err: expr.ErrAggregate}
		}
		b.keys = append(b.keys, expr.Named(k, bound))
	}
	bound, err := scope.BindList(list)
	if err != nil {
		return nil, err
	}
	for _, e := range bound {
		out, err := b.split(e)
		if err != nil {
			return nil, err
		}
		b.out = append(b.out, out)
	}
	return b.build(in), nil
}

// AggregateOf returns an aggregate of bound keys and aliased calls. Where a key
// is a session's column, sessions are merged.
func AggregateOf(in Node, keys, aggs []expr.Expr) *Aggregate {
	a := &Aggregate{Session: sessionKey(in, keys)}
	return a.Over(in, keys, aggs)
}

// Over returns an aggregate of other keys, as many, and of other calls; the key
// that is a session stays it.
func (a *Aggregate) Over(in Node, keys, aggs []expr.Expr) *Aggregate {
	return &Aggregate{in, keys, aggs, a.Session, columns(append(append([]expr.Expr(nil), keys...), aggs...))}
}

// aggBuilder divides a select list into keys, calls and what is computed of
// them.
type aggBuilder struct {
	keys, aggs, out []expr.Expr
}

// split replaces keys and calls in e by references to the aggregate's columns,
// which are counted keys first.
func (b *aggBuilder) split(e expr.Expr) (expr.Expr, error) {
	if a, ok := e.(*expr.Alias); ok {
		if c, ok := a.Child.(*expr.Call); ok && c.IsAggregate() {
			return b.call(c, a.Name)
		}
		child, err := b.split(a.Child)
		if err == nil && expr.OutputName(child) == a.Name {
			return child, nil
		}
		return expr.As(child, a.Name), err
	}
	out, err := b.refs(e)
	if err != nil {
		return nil, err
	}
	if name := expr.OutputName(e); expr.OutputName(out) != name {
		out = expr.As(out, name)
	}
	return out, nil
}

func (b *aggBuilder) refs(e expr.Expr) (expr.Expr, error) {
	for i, k := range b.keys {
		if expr.Equal(expr.Unalias(k), expr.Unalias(e)) {
			return &expr.Ref{Index: i, Name: expr.OutputName(k), T: k.Type(), Null: k.Nullable()}, nil
		}
	}
	if c, ok := e.(*expr.Call); ok && c.IsAggregate() {
		return b.call(c, expr.Title(c))
	}
	if r, ok := e.(*expr.Ref); ok {
		return nil, &expr.Error{Msg: fmt.Sprintf("%s is neither a grouping key nor inside an aggregate", types.QuoteIfNeeded(r.Name)),
			Fix: "group by it, or take first(" + types.QuoteIfNeeded(r.Name) + ")", Err: expr.ErrAggregate}
	}
	children := append([]expr.Expr(nil), e.Children()...)
	for i, c := range children {
		n, err := b.refs(c)
		if err != nil {
			return nil, err
		}
		children[i] = n
	}
	if len(children) == 0 {
		return e, nil
	}
	return e.WithChildren(children), nil
}

func (b *aggBuilder) call(c *expr.Call, name string) (expr.Expr, error) {
	for _, a := range c.Args {
		if expr.HasAggregate(a) {
			return nil, &expr.Error{Pos: c.Pos, Msg: expr.Title(c) + " has an aggregate inside an aggregate",
				Fix: "aggregate twice, one after the other", Err: expr.ErrAggregate}
		}
	}
	at := -1
	for i, a := range b.aggs {
		if al := a.(*expr.Alias); al.Name == name && expr.Equal(al.Child, c) {
			at = i
		}
	}
	if at < 0 {
		at = len(b.aggs)
		b.aggs = append(b.aggs, expr.As(c, name))
	}
	return &expr.Ref{Index: len(b.keys) + at, Name: name, T: c.Type(), Null: c.Nullable()}, nil
}

func (b *aggBuilder) build(in Node) Node {
	// References made before the last key was known would be wrong: keys are
	// complete before the first split.
	agg := AggregateOf(in, b.keys, b.aggs)
	same := len(b.out) == agg.schema.Len()
	for i, e := range b.out {
		r, ok := e.(*expr.Ref)
		same = same && ok && r.Index == i && r.Name == agg.schema.Field(i).Name
	}
	if same {
		return agg
	}
	return ProjectOf(agg, b.out)
}

// String returns keys and aggregates.
func (a *Aggregate) String() string {
	text := "Aggregate " + exprList(a.Keys) + ", " + exprList(append(append([]expr.Expr(nil), a.Keys...), a.Aggs...))
	if a.Session != nil {
		text += ", sessions of " + types.QuoteIfNeeded(expr.OutputName(a.Keys[*a.Session]))
	}
	return text
}

// Children returns the input.
func (a *Aggregate) Children() []Node { return []Node{a.Input} }

// WithChildren aggregates another input.
func (a *Aggregate) WithChildren(in []Node) Node {
	return &Aggregate{in[0], a.Keys, a.Aggs, a.Session, a.schema}
}

// Exprs returns the keys, then the aggregates.
func (a *Aggregate) Exprs() []expr.Expr {
	return append(append([]expr.Expr(nil), a.Keys...), a.Aggs...)
}

// WithExprs groups by and computes others, as many of each.
func (a *Aggregate) WithExprs(e []expr.Expr) Node {
	return a.Over(a.Input, e[:len(a.Keys)], e[len(a.Keys):])
}

// Schema has the keys, then the aggregates.
func (a *Aggregate) Schema() *types.Schema { return a.schema }
