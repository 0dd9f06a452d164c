package plan

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Local gives rows that the plan itself holds.
type Local struct {
	// IPC is an Arrow IPC stream of the rows, of the schema's Arrow twin.
	IPC []byte

	schema *types.Schema
}

// NewLocal returns a node that gives the rows of an Arrow IPC stream.
func NewLocal(schema *types.Schema, ipc []byte) *Local { return &Local{IPC: ipc, schema: schema} }

// String returns the columns.
func (l *Local) String() string {
	return "LocalRelation [" + strings.Join(l.schema.Names(), ", ") + "]"
}

// Children returns none.
func (l *Local) Children() []Node { return nil }

// WithChildren returns the node itself.
func (l *Local) WithChildren([]Node) Node { return l }

// Exprs returns none.
func (l *Local) Exprs() []expr.Expr { return nil }

// WithExprs returns the node itself.
func (l *Local) WithExprs([]expr.Expr) Node { return l }

// Schema is that of the rows.
func (l *Local) Schema() *types.Schema { return l.schema }
