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
	pred *kernel.Predicate
	env  Env
}

// NewFilter compiles a bound condition over the rows of in.
func NewFilter(in batch.Stream, cond expr.Expr, env Env) (*Filter, error) {
	pred, err := kernel.CompilePredicate(cond)
	if err != nil {
		return nil, err
	}
	return &Filter{in: in, cond: cond, pred: pred, env: env}, nil
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
			sel, b, err := attempt(f.env, b, f.choose)
			if err != nil {
				return b, err
			}
			if len(sel) == int(b.Record.NumRows()) {
				return b, nil // all of them: the batch needs no selection
			}
			if len(sel) > 0 {
				b.Sel = sel
				return b, nil
			}
		}
	})
}

func (f *Filter) choose(b batch.Batch) ([]int32, error) {
	return f.pred.Select(f.env.Env, b.Record, rowsOf(b))
}

// Close closes the input.
func (f *Filter) Close() error {
	f.close()
	return f.in.Close()
}
