package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// All is a Limit's Rows where only an offset was given.
const All = int64(-1)

// Limit leaves out the first Offset rows and passes on at most Rows rows of the
// rest, over the whole input: that of a stream is all it has given since the query
// first ran, but for one of a complete result, which limits what there is now.
type Limit struct {
	Input        Node
	Rows, Offset int64
}

// NewLimit returns a limit; rows may be All, both must not be negative else.
func NewLimit(in Node, rows, offset int64) (*Limit, error) {
	if rows < All || offset < 0 {
		return nil, &expr.Error{Msg: fmt.Sprintf("a limit of %d rows after %d", rows, offset), Fix: "give numbers of at least 0", Err: expr.ErrSyntax}
	}
	return &Limit{in, rows, offset}, nil
}

// String returns the numbers.
func (l *Limit) String() string {
	switch {
	case l.Offset == 0:
		return fmt.Sprintf("Limit %d", l.Rows)
	case l.Rows == All:
		return fmt.Sprintf("Offset %d", l.Offset)
	}
	return fmt.Sprintf("Limit %d, Offset %d", l.Rows, l.Offset)
}

// Children returns the input.
func (l *Limit) Children() []Node { return []Node{l.Input} }

// WithChildren limits another input.
func (l *Limit) WithChildren(in []Node) Node { return &Limit{in[0], l.Rows, l.Offset} }

// Exprs returns none.
func (l *Limit) Exprs() []expr.Expr { return nil }

// WithExprs returns the limit itself.
func (l *Limit) WithExprs([]expr.Expr) Node { return l }

// Schema is the input's.
func (l *Limit) Schema() *types.Schema { return l.Input.Schema() }
