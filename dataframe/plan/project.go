package plan

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Project computes one column for each expression.
type Project struct {
	Input Node
	List  []expr.Expr

	schema *types.Schema
}

// NewProject binds a select list, stars included. A list that calls aggregates
// becomes an Aggregate over all rows; one that calls window or session_window
// stands over a TimeWindow.
func NewProject(in Node, list []expr.Expr) (Node, error) {
	windows := NewWindows(in)
	list, err := windows.LowerList(list, false)
	if err != nil {
		return nil, err
	}
	in = windows.Node()
	bound, err := ScopeOf(in).BindList(list)
	if err != nil {
		return nil, err
	}
	for _, e := range bound {
		if expr.HasAggregate(e) {
			return NewAggregate(in, nil, bound)
		}
	}
	if err := noOrder(bound); err != nil {
		return nil, err
	}
	return ProjectOf(in, bound), nil
}

// ProjectOf returns a projection to expressions that are bound.
func ProjectOf(in Node, list []expr.Expr) *Project { return &Project{in, list, columns(list)} }

// Keep returns a projection to some columns of in, by number.
func Keep(in Node, cols []int) *Project {
	list := make([]expr.Expr, len(cols))
	for i, c := range cols {
		list[i] = expr.RefTo(in.Schema(), c)
	}
	return ProjectOf(in, list)
}

func noOrder(list []expr.Expr) error {
	for _, e := range list {
		if o, ok := expr.Unalias(e).(*expr.Order); ok {
			return &expr.Error{Msg: o.String() + " is a sort key, not a value", Fix: "give it to OrderBy", Err: expr.ErrSyntax}
		}
	}
	return nil
}

func (p *Project) tables() []string {
	in := tables(p.Input)
	if in == nil {
		return nil
	}
	out := make([]string, len(p.List))
	for i, e := range p.List {
		if r, ok := e.(*expr.Ref); ok {
			out[i] = in[r.Index]
		}
	}
	return out
}

// String returns the select list.
func (p *Project) String() string { return "Project " + exprList(p.List) }

// Children returns the input.
func (p *Project) Children() []Node { return []Node{p.Input} }

// WithChildren projects another input.
func (p *Project) WithChildren(in []Node) Node { return &Project{in[0], p.List, p.schema} }

// Exprs returns the list.
func (p *Project) Exprs() []expr.Expr { return p.List }

// WithExprs computes another list.
func (p *Project) WithExprs(list []expr.Expr) Node { return ProjectOf(p.Input, list) }

// Schema has a column for each expression.
func (p *Project) Schema() *types.Schema { return p.schema }
