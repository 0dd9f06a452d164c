package physical

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/sink"
)

// LateFilter leaves out rows that come too late for the op with state above it.
// There is one below the first op with state on the way from a source: what that
// one gives was right when it left, and is late for nothing behind it.
type LateFilter struct {
	Input   Op
	columns []plan.EventColumn
	above   string // the id of the op with state
	dropped atomic.Int64
}

// late puts a filter of late rows on the input of an op with state that is built
// now, where its rows can be late by the given columns: plan.LateBy has them. A
// complete result leaves nothing out.
func (b *Builder) late(in Op, columns []plan.EventColumn) Op {
	if !b.Streaming || b.Mode == sink.Complete || len(columns) == 0 || afterState(in) {
		return in
	}
	return &LateFilter{Input: in, columns: columns}
}

// LateRows is the number of rows that the filters of an op with state left out in
// the last run.
func LateRows(op Stateful) int64 {
	n := int64(0)
	for _, f := range lateBelow(op) {
		n += f.dropped.Load()
	}
	return n
}

// lateBelow returns the filters that belong to an op with state.
func lateBelow(op Stateful) []*LateFilter {
	var out []*LateFilter
	var down func(Op)
	down = func(op Op) {
		for _, c := range op.Children() {
			if kept(c) > 0 {
				continue
			}
			if f, ok := c.(*LateFilter); ok {
				out = append(out, f)
			}
			down(c)
		}
	}
	down(op)
	return out
}

// String returns the columns by which rows are late.
func (f *LateFilter) String() string {
	text := "LateFilter ["
	for i, c := range f.columns {
		if i > 0 {
			text += ", "
		}
		text += types.QuoteIfNeeded(f.Schema().Field(c.Index).Name)
	}
	return text + "]"
}

// Children returns the input.
func (f *LateFilter) Children() []Op { return []Op{f.Input} }

// Schema is the input's.
func (f *LateFilter) Schema() *arrow.Schema { return f.Input.Schema() }

// Open filters each part, and forgets the number of rows of the run before.
func (f *LateFilter) Open(ctx context.Context, r *Run) ([]Part, error) {
	f.dropped.Store(0)
	if r.Late == NoWatermark {
		return f.Input.Open(ctx, r)
	}
	horizons := make([]operator.Horizon, len(f.columns))
	for i, c := range f.columns {
		horizons[i] = operator.Horizon{Column: c.Index, At: c.Horizon(r.Late)}
	}
	var tell func(batch.Batch, []int32) error
	if r.LateRow != nil {
		tell = func(b batch.Batch, rows []int32) error { return r.LateRow(f.above, b, rows) }
	}
	return mapParts(ctx, r, f.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewLateFilter(in, horizons, &f.dropped, tell), nil
	})
}
