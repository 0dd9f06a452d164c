package stream

import (
	"context"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/sink"
)

// lateRows hands the rows that came after the watermark to the query's sink for
// them, if it has one, and counts them. It is safe for concurrent use within a
// batch.
type lateRows struct {
	mu   sync.Mutex
	ctx  context.Context //nolint:containedctx // the batch's: reports have none of their own
	to   sink.Writer     // nil: they are only counted
	plan checkpoint.Plan
	rows [][]any
	n    int64
}

func (l *lateRows) begin(ctx context.Context, to sink.Writer, p checkpoint.Plan) {
	l.ctx, l.to, l.plan, l.rows, l.n = ctx, to, p, nil, 0
}

// add takes rows of a batch that an operator has left out.
func (l *lateRows) add(op string, b batch.Batch, rows []int32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n += int64(len(rows))
	if l.to == nil {
		return nil
	}
	schema, err := types.SchemaFromArrow(b.Record.Schema())
	if err != nil {
		return err
	}
	enc, err := json.NewEncoder(schema.Struct(), json.DefaultWriteOptions())
	if err != nil {
		return err
	}
	for _, r := range rows {
		l.rows = append(l.rows, []any{op, string(enc.AppendRow(nil, b.Record.Columns(), int(r))), time.UnixMicro(l.plan.Late).UTC(), l.plan.Batch})
		if len(l.rows) >= jailRows {
			if err := l.write(); err != nil {
				return err
			}
		}
	}
	return nil
}

// write hands on what is kept; the lock is held.
func (l *lateRows) write() error {
	if len(l.rows) == 0 {
		return nil
	}
	rec, err := types.Record(plan.LateSchema, l.rows)
	l.rows = nil
	if err != nil {
		return err
	}
	return l.to.Write(l.ctx, batch.Batch{Record: rec})
}

// flush hands on the last rows of a batch.
func (l *lateRows) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write()
}

// count is the number of rows of the batch.
func (l *lateRows) count() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}
