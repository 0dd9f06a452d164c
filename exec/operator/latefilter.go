package operator

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// Horizon is a column with event time, a timestamp or a window, and the time up
// to which, including it, its rows are late. A window's end counts.
type Horizon struct {
	Column int
	At     int64
}

// LateFilter leaves out rows that come too late: whose event time is at or before
// a horizon. Rows without event time never do. It copies nothing.
type LateFilter struct {
	done
	in       batch.Stream
	horizons []Horizon
	dropped  *atomic.Int64
	tell     func(b batch.Batch, rows []int32) error
}

// NewLateFilter leaves out late rows of in. It adds their number to dropped and
// tells of them, with their numbers in the batch's record; tell may be nil.
func NewLateFilter(in batch.Stream, horizons []Horizon, dropped *atomic.Int64, tell func(b batch.Batch, rows []int32) error) *LateFilter {
	f := &LateFilter{in: in, dropped: dropped, tell: tell}
	for _, h := range horizons {
		if h.At != NoWatermark {
			f.horizons = append(f.horizons, h)
		}
	}
	return f
}

// String names the operator.
func (f *LateFilter) String() string { return "LateFilter" }

// Schema is the input's.
func (f *LateFilter) Schema() *arrow.Schema { return f.in.Schema() }

// Next returns the next batch of which a row is in time.
func (f *LateFilter) Next(ctx context.Context) (batch.Batch, error) {
	return f.once(func() (batch.Batch, error) {
		for {
			b, err := f.in.Next(ctx)
			if err != nil || len(f.horizons) == 0 {
				return b, err
			}
			if b, err = f.filter(b); err != nil || b.NumRows() > 0 {
				return b, err
			}
		}
	})
}

func (f *LateFilter) filter(b batch.Batch) (batch.Batch, error) {
	for _, h := range f.horizons {
		times, err := eventTimes(b.Record.Column(h.Column))
		if err != nil {
			return b, err
		}
		late := lateRows(times, rowsOf(b), h.At)
		if len(late) == 0 {
			continue
		}
		f.dropped.Add(int64(len(late)))
		if f.tell != nil {
			if err := f.tell(b, late); err != nil {
				return b, err
			}
		}
		b.Sel = without(rowsOf(b), late)
	}
	return b, nil
}

// eventTimes returns a column's times: itself, or the ends of its windows.
func eventTimes(a arrow.Array) (arrow.Array, error) {
	if s, ok := a.(*array.Struct); ok {
		a = kernel.WindowEnds(s)
	}
	return kernel.Plain(a)
}

// lateRows returns the selected rows whose time is at or before at.
func lateRows(times arrow.Array, rows kernel.Rows, at int64) []int32 {
	values, whole := kernel.Times(times)
	var late []int32
	if rows.Sel == nil && whole {
		for i, t := range values {
			if t <= at {
				late = append(late, int32(i))
			}
		}
		return late
	}
	for j := range rows.Count() {
		if i := row(rows, j); values[i] <= at && (whole || times.IsValid(i)) {
			late = append(late, int32(i))
		}
	}
	return late
}

// without returns the selected rows but some of them; both ascending.
func without(rows kernel.Rows, some []int32) []int32 {
	sel := make([]int32, 0, rows.Count()-len(some))
	for j := range rows.Count() {
		i := int32(row(rows, j))
		if len(some) > 0 && some[0] == i {
			some = some[1:]
			continue
		}
		sel = append(sel, i)
	}
	return sel
}

// Close closes the input.
func (f *LateFilter) Close() error {
	f.close()
	return f.in.Close()
}
