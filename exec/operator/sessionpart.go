package operator

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// SessionPart appends to each row its own part of a session, from its time until
// a gap later, as a column struct<start, end>. Rows without a time or a gap, or
// with a gap of nothing or less, are left out.
type SessionPart struct {
	done
	in     batch.Stream
	time   expr.Expr
	list   *kernel.List
	column arrow.DataType
	schema *arrow.Schema
	env    Env
}

// NewSessionPart puts the rows of in into parts of sessions of a bound time and a
// bound interval, under a name.
func NewSessionPart(in batch.Stream, time, gap expr.Expr, name string, env Env) (*SessionPart, error) {
	end, err := expr.BindCall(expr.NewCall("+", time, gap))
	if err != nil {
		return nil, err
	}
	list, err := kernel.CompileList([]expr.Expr{time, end})
	if err != nil {
		return nil, err
	}
	column := types.ToArrow(expr.WindowType(time.Type()))
	return &SessionPart{in: in, time: time, list: list, column: column, schema: withColumn(in.Schema(), name, column), env: env}, nil
}

// String shows the time.
func (s *SessionPart) String() string { return "SessionPart " + s.time.String() }

// Schema is the input's, then the window.
func (s *SessionPart) Schema() *arrow.Schema { return s.schema }

// Next returns the rows of the next batch that have a part.
func (s *SessionPart) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		for {
			b, err := s.in.Next(ctx)
			if err != nil {
				return b, err
			}
			values, b, err := evaluate(s.env, s.list, b)
			if err != nil {
				return b, err
			}
			if b.NumRows() == 0 {
				continue
			}
			if b, err = s.batch(values, b); err != nil || b.NumRows() > 0 {
				return b, err
			}
		}
	})
}

func (s *SessionPart) batch(values []kernel.Value, b batch.Batch) (batch.Batch, error) {
	rows := rowsOf(b)
	at, err := values[0].Full(rows)
	if err != nil {
		return b, err
	}
	end, err := values[1].Full(rows)
	if err != nil {
		return b, err
	}
	starts, ends := batch.Values[int64](at), batch.Values[int64](end)
	sel := selected(rows, func(i int) bool { return at.IsValid(i) && end.IsValid(i) && ends[i] > starts[i] })
	if len(sel) < rows.Count() {
		b.Sel = sel
	}
	cols := b.Record.Columns()
	cols = append(cols[:len(cols):len(cols)], kernel.StructArray(s.column, rows.N, at, end))
	b.Record = array.NewRecordBatch(s.schema, cols, int64(rows.N))
	return b, nil
}

// Close closes the input.
func (s *SessionPart) Close() error {
	s.close()
	return s.in.Close()
}
