package expr

import (
	"github.com/riffledata/riffle/dataframe/types"
)

// Alias gives an expression a name.
type Alias struct {
	Child Expr
	Name  string
}

// As names an expression; an alias of an alias keeps the outer name alone.
func As(e Expr, name string) *Alias {
	if a, ok := e.(*Alias); ok {
		e = a.Child
	}
	return &Alias{e, name}
}

// Unalias returns the expression under its alias, if it has one.
func Unalias(e Expr) Expr {
	if a, ok := e.(*Alias); ok {
		return a.Child
	}
	return e
}

// String returns "child AS name".
func (a *Alias) String() string { return a.Child.String() + " AS " + types.QuoteIfNeeded(a.Name) }

// Children returns the named expression.
func (a *Alias) Children() []Expr { return []Expr{a.Child} }

// WithChildren names another expression.
func (a *Alias) WithChildren(c []Expr) Expr { return &Alias{c[0], a.Name} }

// Type is the child's.
func (a *Alias) Type() types.Type { return a.Child.Type() }

// Nullable is the child's.
func (a *Alias) Nullable() bool { return a.Child.Nullable() }
