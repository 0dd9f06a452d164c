package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// Filter keeps the rows for which a condition is true.
type Filter struct {
	Input Op
	cond  expr.Expr
	after bool // after something with state
}

func newFilter(in Op, n *plan.Filter) (*Filter, error) {
	return &Filter{in, n.Cond, afterState(in)}, nil
}

// afterState tells whether an op's rows come out of state. Those of a limit are
// rows of its input as they were.
func afterState(op Op) bool { return keeps(op) }

// envAfter is the environment of an op that is, or is not, after state.
func (r *Run) envAfter(state bool) operator.Env {
	if state {
		return r.strict()
	}
	return r.env()
}

// String returns the condition.
func (f *Filter) String() string { return "Filter " + f.cond.String() }

// Children returns the input.
func (f *Filter) Children() []Op { return []Op{f.Input} }

// Schema is the input's.
func (f *Filter) Schema() *arrow.Schema { return f.Input.Schema() }

// Open filters each part.
func (f *Filter) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, f.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewFilter(in, f.cond, r.envAfter(f.after))
	})
}

// Project computes columns.
type Project struct {
	Input  Op
	list   []expr.Expr
	schema *arrow.Schema
	text   string
	after  bool // after something with state
}

func newProject(in Op, n *plan.Project) (*Project, error) {
	return &Project{in, n.List, n.Schema().Arrow(), n.String(), afterState(in)}, nil
}

// String returns the select list.
func (p *Project) String() string { return p.text }

// Children returns the input.
func (p *Project) Children() []Op { return []Op{p.Input} }

// Schema has a column for each expression.
func (p *Project) Schema() *arrow.Schema { return p.schema }

// Open projects each part.
func (p *Project) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, p.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewProject(in, p.list, r.envAfter(p.after))
	})
}

// Sort orders all rows, or finds the first of them.
type Sort struct {
	Input  Op
	keys   []*expr.Order
	rows   int64 // -1: all
	offset int64
	budget int64
}

// String returns the keys, and the number of rows where it is bounded.
func (s *Sort) String() string {
	text := "["
	for i, k := range s.keys {
		if i > 0 {
			text += ", "
		}
		text += k.String()
	}
	if s.rows < 0 {
		return "Sort " + text + "]"
	}
	return fmt.Sprintf("TopK %s], limit=%d, offset=%d", text, s.rows, s.offset)
}

// Children returns the input.
func (s *Sort) Children() []Op { return []Op{s.Input} }

// Schema is the input's.
func (s *Sort) Schema() *arrow.Schema { return s.Input.Schema() }

// Open sorts the one part.
func (s *Sort) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, s.Input, func(in batch.Stream) (batch.Stream, error) {
		if s.rows < 0 {
			return operator.NewSort(in, s.keys, r.strict(), s.budget)
		}
		return operator.NewTopK(in, s.keys, s.rows, s.offset, r.strict(), s.budget)
	})
}

// Limit passes on some of the first rows.
type Limit struct {
	Input        Op
	rows, offset int64
}

// String returns the numbers.
func (l *Limit) String() string { return fmt.Sprintf("Limit %d, offset=%d", l.rows, l.offset) }

// Children returns the input.
func (l *Limit) Children() []Op { return []Op{l.Input} }

// Schema is the input's.
func (l *Limit) Schema() *arrow.Schema { return l.Input.Schema() }

// Open limits the one part.
func (l *Limit) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, l.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewLimit(in, l.rows, l.offset), nil
	})
}

// Union has the parts of all its inputs.
type Union struct {
	Inputs []Op
	schema *arrow.Schema
}

// String returns the word.
func (u *Union) String() string { return "Union" }

// Children returns the inputs.
func (u *Union) Children() []Op { return u.Inputs }

// Schema has the names of the first input.
func (u *Union) Schema() *arrow.Schema { return u.schema }

// Open opens all inputs; the order is that of the inputs.
func (u *Union) Open(ctx context.Context, r *Run) ([]Part, error) {
	var all []Part
	for _, in := range u.Inputs {
		one, err := (&Gather{in}).Open(ctx, r)
		if err != nil {
			closeAll(all)
			return nil, err
		}
		for _, p := range one {
			named, err := operator.NewUnion(u.schema, p.Stream)
			if err != nil {
				closeAll(append(all, p))
				return nil, err
			}
			all = append(all, Part{Stream: named})
		}
	}
	return all, nil
}
