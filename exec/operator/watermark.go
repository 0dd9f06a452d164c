package operator

import (
	"context"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// EventStats says what event times were seen, in microseconds. Min and Max mean
// something where Count is more than 0.
type EventStats struct {
	Count, Min, Max int64

	high, low int64 // the sum is high * 2^20 + low
}

// NoEvents are the stats of no rows.
func NoEvents() EventStats { return EventStats{Min: math.MaxInt64, Max: math.MinInt64} }

// Avg is the mean, rounded towards 0; 0 where there is none.
func (s EventStats) Avg() int64 {
	if s.Count == 0 {
		return 0
	}
	const unit = 1 << 20
	whole, rest := s.high/s.Count, s.high%s.Count
	return whole*unit + int64((float64(rest)*unit+float64(s.low))/float64(s.Count))
}

// Add returns the stats of both.
func (s EventStats) Add(o EventStats) EventStats {
	return EventStats{s.Count + o.Count, min(s.Min, o.Min), max(s.Max, o.Max), s.high + o.high, s.low + o.low}
}

// add counts the selected rows of a column of timestamps; nulls are no events.
func (s *EventStats) add(a arrow.Array, rows kernel.Rows) {
	values, whole := kernel.Times(a)
	if rows.Sel == nil && whole {
		least, most, high, low := s.Min, s.Max, s.high, s.low
		for _, t := range values {
			least, most = min(least, t), max(most, t)
			high += t >> 20
			low += t & (1<<20 - 1)
		}
		s.Count, s.Min, s.Max, s.high, s.low = s.Count+int64(len(values)), least, most, high, low
		return
	}
	for j := range rows.Count() {
		i := row(rows, j)
		if !whole && a.IsNull(i) {
			continue
		}
		t := values[i]
		s.Min, s.Max = min(s.Min, t), max(s.Max, t)
		s.high += t >> 20
		s.low += t & (1<<20 - 1)
		s.Count++
	}
}

// Watermark passes all batches on and tells of the event times in them.
type Watermark struct {
	done
	in     batch.Stream
	column int
	tell   func(EventStats)
}

// NewWatermark observes a column of timestamps. tell is called with the times of
// each batch before that is returned.
func NewWatermark(in batch.Stream, column int, tell func(EventStats)) *Watermark {
	return &Watermark{in: in, column: column, tell: tell}
}

// String names the operator.
func (w *Watermark) String() string { return "EventTimeWatermark" }

// Schema is the input's.
func (w *Watermark) Schema() *arrow.Schema { return w.in.Schema() }

// Next returns the next batch as it is.
func (w *Watermark) Next(ctx context.Context) (batch.Batch, error) {
	return w.once(func() (batch.Batch, error) {
		b, err := w.in.Next(ctx)
		if err != nil {
			return b, err
		}
		s := NoEvents()
		s.add(b.Record.Column(w.column), rowsOf(b))
		w.tell(s)
		return b, nil
	})
}

// Close closes the input.
func (w *Watermark) Close() error {
	w.close()
	return w.in.Close()
}
