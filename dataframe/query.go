package dataframe

import (
	"context"
	"fmt"
	"io"

	"github.com/riffledata/riffle/dataframe/engine"
)

// Progress describes one batch of a streaming query, with Spark's field names.
type Progress = engine.Progress

// StreamingQuery is a streaming query, running or ended. It is safe for
// concurrent use.
type StreamingQuery struct {
	q   engine.Query
	out io.Writer
}

// ID is the same each time the query is started from its checkpoint: a UUID.
func (q *StreamingQuery) ID() string { return q.q.ID() }

// RunID is new each time the query is started: a UUID.
func (q *StreamingQuery) RunID() string { return q.q.RunID() }

// Name is the query's name, or "".
func (q *StreamingQuery) Name() string { return q.q.Name() }

// IsActive tells whether the query is running.
func (q *StreamingQuery) IsActive() bool {
	select {
	case <-q.q.Done():
		return false
	default:
		return true
	}
}

// Status says what the query is doing.
func (q *StreamingQuery) Status() engine.Status { return q.q.Status() }

// LastProgress returns the progress of the latest batch, or nil before the
// first.
func (q *StreamingQuery) LastProgress() *Progress {
	recent := q.q.Recent()
	if len(recent) == 0 {
		return nil
	}
	return &recent[len(recent)-1]
}

// RecentProgress returns the progress of the latest batches, oldest first.
func (q *StreamingQuery) RecentProgress() []Progress { return q.q.Recent() }

// Totals sums up all batches that were committed.
func (q *StreamingQuery) Totals() engine.Totals { return q.q.Totals() }

// ProcessAllAvailable returns once all data that was there when it was called
// has been committed to the sink.
func (q *StreamingQuery) ProcessAllAvailable(ctx context.Context) error {
	return q.q.ProcessAllAvailable(ctx)
}

// AwaitTermination waits until the query ends and returns why it failed, or
// nil if it was stopped or has read all there was. It returns ctx's error if
// that ends first; the query then goes on.
func (q *StreamingQuery) AwaitTermination(ctx context.Context) error {
	select {
	case <-q.q.Done():
		return q.q.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed once the query has ended.
func (q *StreamingQuery) Done() <-chan struct{} { return q.q.Done() }

// Stop ends the query and waits for it. The batch that is running is dropped.
func (q *StreamingQuery) Stop() error { return q.q.Stop() }

// Exception returns why the query failed, or nil.
func (q *StreamingQuery) Exception() error { return q.q.Err() }

// Explain prints how the batches are computed; extended adds the logical plan.
func (q *StreamingQuery) Explain(extended bool) {
	e := q.q.Explain()
	if extended {
		fmt.Fprintf(q.out, "== Optimized Logical Plan ==\n%s\n", e.Optimized)
	}
	fmt.Fprintf(q.out, "== Physical Plan ==\n%s\n", e.Physical)
}
