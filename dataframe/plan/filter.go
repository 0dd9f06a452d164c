package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Filter passes on the rows for which the condition is true; null is not true.
type Filter struct {
	Input Node
	Cond  expr.Expr
}

// NewFilter binds a condition, which must be a boolean without aggregates.
func NewFilter(in Node, cond expr.Expr) (*Filter, error) {
	bound, err := ScopeOf(in).Bind(cond)
	if err != nil {
		return nil, err
	}
	if err := noWindow(bound); err != nil {
		return nil, err
	}
	if expr.HasAggregate(bound) {
		return nil, &expr.Error{Msg: expr.Title(bound) + " calls an aggregate, which a filter of rows cannot",
			Fix: "aggregate first and filter its result (HAVING in SQL)", Err: expr.ErrAggregate}
	}
	if t := bound.Type(); t != types.Boolean && t != types.Void {
		return nil, &expr.Error{Msg: fmt.Sprintf("a filter needs a boolean, but %s is %s", expr.Title(bound), t.Name()),
			Fix: "compare it with something", Err: expr.ErrType}
	}
	return &Filter{in, bound}, nil
}

// String returns the condition.
func (f *Filter) String() string { return "Filter " + f.Cond.String() }

// Children returns the input.
func (f *Filter) Children() []Node { return []Node{f.Input} }

// WithChildren filters another input.
func (f *Filter) WithChildren(in []Node) Node { return &Filter{in[0], f.Cond} }

// Exprs returns the condition.
func (f *Filter) Exprs() []expr.Expr { return []expr.Expr{f.Cond} }

// WithExprs filters by another condition.
func (f *Filter) WithExprs(e []expr.Expr) Node { return &Filter{f.Input, e[0]} }

// Schema is the input's.
func (f *Filter) Schema() *types.Schema { return f.Input.Schema() }
