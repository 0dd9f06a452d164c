package operator

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// Filter passes on the rows for which a condition is true. It copies nothing:
// batches keep their columns and get a selection.
type Filter struct {
	done
	in   batch.Stream
	cond expr.Expr
	list *kernel.List
	env  Env
}

// NewFilter compiles a bound condition over the rows of in.
func NewFilter(in batch.Stream, cond expr.Expr, env Env) (*Filter, error) {
	list, err := kernel.CompileList([]expr.Expr{cond})
	if err != nil {
		return nil, err
	}
	return &Filter{in: in, cond: cond, list: list, env: env}, nil
}

// String shows the condition.
func (f *Filter) String() string { return "Filter " + f.cond.String() }

// Schema is the input's.
func (f *Filter) Schema() *arrow.Schema { return f.in.Schema() }

// Next returns the next batch of which a row passes.
func (f *Filter) Next(ctx context.Context) (batch.Batch, error) {
	return f.once(func() (batch.Batch, error) {
		for {
			b, err := f.in.Next(ctx)
			if err != nil {
				return b, err
			}
			values, b, err := evaluate(f.env, f.list, b)
			if err != nil {
				return b, err
			}
			if b.NumRows() == 0 {
				continue
			}
			if b.Sel = pass(values[0], rowsOf(b)); b.Sel == nil || len(b.Sel) > 0 {
				return b, nil
			}
		}
	})
}

// pass returns the selected rows for which a condition is true, as a selection:
// nil where those are all rows of the batch.
func pass(v kernel.Value, rows kernel.Rows) []int32 {
	if v.Array.DataType().ID() == arrow.NULL {
		return []int32{}
	}
	vals, valid := boolsOf(v.Array), validOf(v.Array)
	if v.Const {
		if vals.at(0) && valid.at(0) {
			return rows.Sel
		}
		return []int32{}
	}
	sel := make([]int32, 0, rows.Count())
	switch {
	case rows.Sel != nil:
		for _, i := range rows.Sel {
			if vals.at(int(i)) && valid.at(int(i)) {
				sel = append(sel, i)
			}
		}
		return sel
	case valid.bits == nil:
		for i := range rows.N {
			if vals.at(i) {
				sel = append(sel, int32(i))
			}
		}
	default:
		for i := range rows.N {
			if vals.at(i) && valid.at(i) {
				sel = append(sel, int32(i))
			}
		}
	}
	if len(sel) == rows.N {
		return nil
	}
	return sel
}

// Close closes the input.
func (f *Filter) Close() error {
	f.close()
	return f.in.Close()
}
