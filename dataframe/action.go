package dataframe

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// ErrStreaming says that an action needs all rows of what has no end.
var ErrStreaming = errors.New("this dataframe reads a stream, which has no end: start it with WriteStream()...Start, or read what is there with Read() instead of ReadStream()")

// run computes the dataframe.
func (d *DataFrame) run(ctx context.Context, op string) (engine.Rows, error) {
	if d.err != nil {
		return nil, d.err
	}
	if plan.Streaming(d.node) {
		return nil, at(op, ErrStreaming)
	}
	rows, err := d.session.engine.Run(ctx, d.node, d.session.Conf().snapshot())
	return rows, at(op, err)
}

// Batches computes the dataframe and gives its record batches, which belong to
// the garbage collector. The sequence ends after an error.
func (d *DataFrame) Batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return d.batches(ctx, "Batches")
}

func (d *DataFrame) batches(ctx context.Context, op string) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		rows, err := d.run(ctx, op)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for {
			rec, err := rows.Next(ctx)
			if err == io.EOF { //nolint:errorlint // wrapped, as in the error of a function of the user's, it is no end
				return
			}
			if !yield(rec, at(op, err)) || err != nil {
				return
			}
		}
	}
}

// ToArrow computes the dataframe and returns its record batches.
func (d *DataFrame) ToArrow(ctx context.Context) ([]arrow.RecordBatch, error) {
	return d.toArrow(ctx, "ToArrow")
}

func (d *DataFrame) toArrow(ctx context.Context, op string) ([]arrow.RecordBatch, error) {
	var out []arrow.RecordBatch
	for rec, err := range d.batches(ctx, op) {
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// Collect computes the dataframe and returns its rows.
func (d *DataFrame) Collect(ctx context.Context) ([]types.Row, error) {
	return d.collect(ctx, "Collect")
}

func (d *DataFrame) collect(ctx context.Context, op string) ([]types.Row, error) {
	recs, err := d.toArrow(ctx, op)
	if err != nil {
		return nil, err
	}
	var rows []types.Row
	for _, rec := range recs {
		rows = append(rows, types.Rows(d.node.Schema(), rec)...)
	}
	return rows, nil
}

// Count computes the number of rows.
func (d *DataFrame) Count(ctx context.Context) (int64, error) {
	one := d.Agg(Column{e: expr.NewCall("count", &expr.Literal{Value: int32(1), T: types.Int})})
	rows, err := one.collect(ctx, "Count")
	if err != nil {
		return 0, err
	}
	return rows[0].At(0).(int64), nil
}

// Take returns the first n rows.
func (d *DataFrame) Take(ctx context.Context, n int) ([]types.Row, error) {
	return d.limit("Take", n).collect(ctx, "Take")
}

// First returns the first row, and false where there is none.
func (d *DataFrame) First(ctx context.Context) (types.Row, bool, error) {
	rows, err := d.Limit(1).collect(ctx, "First")
	if err != nil || len(rows) == 0 {
		return types.Row{}, false, err
	}
	return rows[0], true, nil
}

// jsonList is a list of texts as an option holds it.
func jsonList(texts []string) string {
	b, err := json.Marshal(texts)
	if err != nil {
		return err.Error() // cannot be: texts are always JSON
	}
	return string(b)
}
