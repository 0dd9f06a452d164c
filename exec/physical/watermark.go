package physical

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/operator"
)

// EventTimer is an op that sees the event times of an input with a watermark.
type EventTimer interface {
	Op
	// ID names the op within the query: "watermark-0", the first in the plan.
	ID() string
	// Delay is how far, in microseconds, the watermark stays behind the times.
	Delay() int64
	// Observed has the greatest event time of the run by partition of the source,
	// as ranges name them; under "" are rows of which that is not known. Partitions
	// without a row with event time are not there. It is valid once the run has
	// ended.
	Observed() map[string]int64
	// Stats are those of all event times of the run, valid as Observed is.
	Stats() operator.EventStats
}

// Watermark passes rows on and observes their event times.
type Watermark struct {
	Input Op
	node  *plan.Watermark
	id    string

	mu       sync.Mutex
	stats    operator.EventStats
	observed map[string]int64
}

// watermark builds the op of a stream; a batch query has none.
func (b *Builder) watermark(n *plan.Watermark) (Op, error) {
	in, err := b.reading(n.Input, b.views)
	if err != nil || !b.Streaming || !plan.Streaming(n) {
		return in, err
	}
	markObserved(in)
	return &Watermark{Input: in, node: n, stats: operator.NoEvents()}, nil
}

// markObserved tells the scans whose batches reach op one by one that none may
// hold rows of two partitions, and that their partitions are asked for.
func markObserved(op Op) {
	switch op := op.(type) {
	case *Scan:
		op.observed = true
	case *Filter, *Project, *TimeWindow:
		markObserved(op.Children()[0])
	}
}

// ID is the op's number in the plan.
func (w *Watermark) ID() string { return w.id }

// Delay is the watermark's.
func (w *Watermark) Delay() int64 { return w.node.Delay.Microseconds() }

// String returns the column and the delay.
func (w *Watermark) String() string { return w.node.String() }

// Children returns the input.
func (w *Watermark) Children() []Op { return []Op{w.Input} }

// Schema is the input's.
func (w *Watermark) Schema() *arrow.Schema { return w.Input.Schema() }

// Open observes each part, and forgets the run before.
func (w *Watermark) Open(ctx context.Context, r *Run) ([]Part, error) {
	w.stats, w.observed = operator.NoEvents(), map[string]int64{}
	parts, err := w.Input.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		parts[i].Stream = operator.NewWatermark(p.Stream, w.node.Column, func(s operator.EventStats) { w.add(p.Origin, s) })
	}
	return parts, nil
}

// add takes the times of a batch. It may be called by several tasks at once.
func (w *Watermark) add(from *Origin, s operator.EventStats) {
	if s.Count == 0 {
		return
	}
	at := from.Partition()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats = w.stats.Add(s)
	if old, seen := w.observed[at]; !seen || s.Max > old {
		w.observed[at] = s.Max
	}
}

// Observed has the greatest event times of the run.
func (w *Watermark) Observed() map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.observed
}

// Stats are those of the run.
func (w *Watermark) Stats() operator.EventStats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// number gives the event timers and the filters of late rows of a plan their
// names.
func number(root Op) []EventTimer {
	var timers []EventTimer
	Walk(root, func(op Op) {
		switch op := op.(type) {
		case *Watermark:
			op.id = fmt.Sprintf("watermark-%d", len(timers))
			timers = append(timers, op)
		case Stateful:
			for _, f := range lateBelow(op) {
				f.above = op.StateSpec().Operator
			}
		}
	})
	return timers
}

// NextWatermark returns the watermark after a batch, given that before it. delays
// has the delay of each event timer by its id; maxima the greatest event time of
// each of its partitions in the whole query so far; idle the partitions that
// nothing is waited for from.
//
// A timer's watermark is the least of its partitions' that are not idle, each less
// the delay. That of the query is the least of the timers', or with policyMax the
// greatest. A timer of which no partition is known yet holds back the others under
// the policy of the least; one all of whose partitions are idle does not. The
// watermark never goes back.
func NextWatermark(prev int64, delays map[string]int64, maxima map[string]map[string]int64, idle map[string][]string, policyMax bool) int64 {
	next, some := int64(NoWatermark), false
	for id, delay := range delays {
		if len(maxima[id]) == 0 {
			if !policyMax {
				return prev
			}
			continue
		}
		at, live := least(maxima[id], idle[id])
		if !live {
			continue
		}
		wm := behind(at, delay)
		if !some || policyMax == (wm > next) {
			next, some = wm, true
		}
	}
	return max(prev, next)
}

// least returns the least of the maxima of partitions that are not idle; live is
// false where all are.
func least(maxima map[string]int64, idle []string) (at int64, live bool) {
	for p, t := range maxima {
		if !slices.Contains(idle, p) && (!live || t < at) {
			at, live = t, true
		}
	}
	return at, live
}

// behind is t less a delay, but no less than the first time.
func behind(t, delay int64) int64 {
	if wm := t - delay; wm <= t && wm > NoWatermark {
		return wm
	}
	return NoWatermark + 1
}
