package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Sort orders all rows by the keys, the first one first. Rows with equal keys
// keep the order they came in.
type Sort struct {
	Input Node
	Keys  []*expr.Order
}

// NewSort binds sort keys; one without a direction is ascending, nulls first.
func NewSort(in Node, keys []expr.Expr) (*Sort, error) {
	scope := ScopeOf(in)
	orders := make([]*expr.Order, len(keys))
	for i, k := range keys {
		bound, err := scope.Bind(k)
		if err != nil {
			return nil, err
		}
		if err := noWindow(bound); err != nil {
			return nil, err
		}
		orders[i] = expr.OrderBy(bound)
		if !Orderable(bound.Type()) {
			return nil, &expr.Error{Msg: fmt.Sprintf("cannot sort by %s: %s has no order", bound, bound.Type().Name()),
				Fix: "sort by a part of it", Err: expr.ErrType}
		}
	}
	return &Sort{in, orders}, nil
}

// Orderable tells whether values of a type have an order: all but maps and
// what holds them.
func Orderable(t types.Type) bool {
	switch t := t.(type) {
	case types.Map:
		return false
	case types.Array:
		return Orderable(t.Elem)
	case types.Struct:
		for _, f := range t.Fields {
			if !Orderable(f.Type) {
				return false
			}
		}
	}
	return t != types.Interval
}

// String returns the keys.
func (s *Sort) String() string { return "Sort " + exprList(s.Exprs()) + ", true" }

// Children returns the input.
func (s *Sort) Children() []Node { return []Node{s.Input} }

// WithChildren sorts another input.
func (s *Sort) WithChildren(in []Node) Node { return &Sort{in[0], s.Keys} }

// Exprs returns the keys.
func (s *Sort) Exprs() []expr.Expr {
	out := make([]expr.Expr, len(s.Keys))
	for i, k := range s.Keys {
		out[i] = k
	}
	return out
}

// WithExprs sorts by other keys.
func (s *Sort) WithExprs(e []expr.Expr) Node {
	keys := make([]*expr.Order, len(e))
	for i := range e {
		keys[i] = expr.OrderBy(e[i])
	}
	return &Sort{s.Input, keys}
}

// Schema is the input's.
func (s *Sort) Schema() *types.Schema { return s.Input.Schema() }
