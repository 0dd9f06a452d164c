package plan

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Alias gives the columns of its input the name of a table.
type Alias struct {
	Input Node
	Name  string
}

// String returns the name.
func (a *Alias) String() string { return "SubqueryAlias " + types.QuoteIfNeeded(a.Name) }

// Children returns the input.
func (a *Alias) Children() []Node { return []Node{a.Input} }

// WithChildren names another input.
func (a *Alias) WithChildren(in []Node) Node { return &Alias{in[0], a.Name} }

// Exprs returns none.
func (a *Alias) Exprs() []expr.Expr { return nil }

// WithExprs returns the node itself.
func (a *Alias) WithExprs([]expr.Expr) Node { return a }

// Schema is the input's.
func (a *Alias) Schema() *types.Schema { return a.Input.Schema() }
