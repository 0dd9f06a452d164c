package plan

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Distinct passes on each row once, nulls being equal.
type Distinct struct{ Input Node }

// NewDistinct refuses maps, which have no equality.
func NewDistinct(in Node) (*Distinct, error) {
	for _, f := range in.Schema().Fields() {
		if !Orderable(f.Type) {
			return nil, &expr.Error{Msg: "distinct rows need equality, which " + types.QuoteIfNeeded(f.Name) + " (" + f.Type.Name() + ") has not",
				Fix: "drop the column first", Err: expr.ErrType}
		}
	}
	return &Distinct{in}, nil
}

// String returns the word.
func (d *Distinct) String() string { return "Distinct" }

// Children returns the input.
func (d *Distinct) Children() []Node { return []Node{d.Input} }

// WithChildren takes another input.
func (d *Distinct) WithChildren(in []Node) Node { return &Distinct{in[0]} }

// Exprs returns none.
func (d *Distinct) Exprs() []expr.Expr { return nil }

// WithExprs returns the node itself.
func (d *Distinct) WithExprs([]expr.Expr) Node { return d }

// Schema is the input's.
func (d *Distinct) Schema() *types.Schema { return d.Input.Schema() }
