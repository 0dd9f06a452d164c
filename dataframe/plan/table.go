package plan

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Table reads a table of the engine's catalogue, such as the result of a query
// that writes to memory: a consistent snapshot, taken when the plan runs.
type Table struct {
	Name string

	schema *types.Schema
}

// NewTable returns a node that reads a table.
func NewTable(name string, schema *types.Schema) *Table { return &Table{name, schema} }

// String returns the name and the columns.
func (t *Table) String() string {
	return "Table " + t.Name + " [" + strings.Join(t.schema.Names(), ", ") + "]"
}

// Children returns none.
func (t *Table) Children() []Node { return nil }

// WithChildren returns the node itself.
func (t *Table) WithChildren([]Node) Node { return t }

// Exprs returns none.
func (t *Table) Exprs() []expr.Expr { return nil }

// WithExprs returns the node itself.
func (t *Table) WithExprs([]expr.Expr) Node { return t }

// Schema is the table's.
func (t *Table) Schema() *types.Schema { return t.schema }
