package sql

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// column is a column of a select list: its expression, bound over the input,
// and the item it came from.
type column struct {
	expr expr.Expr // an Alias where its name is not the expression's own
	from item
}

func (c column) value() expr.Expr { return expr.Unalias(c.expr) }
func (c column) name() string     { return expr.OutputName(c.expr) }

// slot stands for a column of the select list inside an expression over the
// input: a sort key, HAVING, a grouping key.
type slot struct {
	index int
	col   column
}

func (s *slot) String() string                     { return types.QuoteIfNeeded(s.col.name()) }
func (s *slot) Children() []expr.Expr              { return nil }
func (s *slot) WithChildren([]expr.Expr) expr.Expr { return s }
func (s *slot) Type() types.Type                   { return s.col.expr.Type() }
func (s *slot) Nullable() bool                     { return s.col.expr.Nullable() }

// outputs are the columns of a select list by name.
type outputs struct {
	cols  []column
	names map[string]int // lower-case name to the first column of it
	// twice are names of several columns that differ.
	twice map[string]bool
}

func newOutputs(size int) *outputs { return &outputs{names: make(map[string]int, size)} }

func (o *outputs) add(c column) {
	key := strings.ToLower(c.name())
	first, taken := o.names[key]
	switch {
	case !taken:
		o.names[key] = len(o.cols)
	case !expr.Equal(o.cols[first].value(), c.value()):
		if o.twice == nil {
			o.twice = map[string]bool{}
		}
		o.twice[key] = true
	}
	o.cols = append(o.cols, c)
}

func (o *outputs) slot(i int) *slot { return &slot{i, o.cols[i]} }

// has tells whether a column has the name.
func (o *outputs) has(name string) bool {
	_, ok := o.names[strings.ToLower(name)]
	return ok
}

// find returns the slot of a name that a column has.
func (o *outputs) find(name string, pos int) (*slot, error) {
	key := strings.ToLower(name)
	if o.twice[key] {
		return nil, &expr.Error{Pos: pos, Msg: fmt.Sprintf("several columns of the select list are called %s", types.QuoteIfNeeded(name)),
			Fix: "give them different names, or use their numbers", Err: types.ErrAmbiguous}
	}
	return o.slot(o.names[key]), nil
}

// expand puts the expressions of the select list in the place of slots. With
// once, one that gives another value each time is refused unless it is all of e.
func expand(e expr.Expr, once bool) (expr.Expr, error) {
	return expr.Transform(e, func(x expr.Expr) (expr.Expr, error) {
		s, ok := x.(*slot)
		if !ok {
			return x, nil
		}
		if once && !expr.Deterministic(s.col.expr) {
			return nil, &expr.Error{Msg: fmt.Sprintf("%s gives another value each time, and cannot be computed with here", s),
				Fix: "compute it in a subquery", Err: expr.ErrSyntax}
		}
		return s.col.value(), nil
	})
}

// aggregateIn returns the first call of an aggregate in e, or nil.
func aggregateIn(e expr.Expr) *expr.Call {
	var found *expr.Call
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Call); ok && found == nil && c.IsAggregate() {
			found = c
		}
		return found == nil
	})
	return found
}
