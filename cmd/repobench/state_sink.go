package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// countSink is the sink format "counts", which compares each count with what it
// must be after its batch, and sees that all are there.
type countSink struct{ run stateRun }

func (*countSink) Format() string                                       { return "counts" }
func (*countSink) Options() []option.Spec                               { return nil }
func (*countSink) Check(sink.Spec) error                                { return nil }
func (s *countSink) Open(context.Context, sink.Spec) (sink.Sink, error) { return s, nil }
func (*countSink) Close() error                                         { return nil }

// Guarantee is exactly-once: nothing is kept.
func (*countSink) Guarantee() (sink.Guarantee, string) {
	return sink.ExactlyOnce, "counts are only compared"
}

// Begin knows the rows of a batch by its number: all batches are full.
func (s *countSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	return &countWriter{run: s.run, id: id}, nil
}

type countWriter struct {
	run stateRun
	id  int64

	mu   sync.Mutex
	rows int64
}

// Write compares.
func (w *countWriter) Write(_ context.Context, b batch.Batch) error {
	keys, counts := b.Record.Column(0).(*array.String), batch.Values[int64](b.Record.Column(1))
	end := (w.id + 1) * w.run.Batch
	for i, got := range counts {
		n, err := keyNumber(keys.Value(i))
		if err != nil {
			return err
		}
		want := end / w.run.Distinct
		if n < end%w.run.Distinct {
			want++
		}
		if got != want || n >= w.run.Distinct || n < 0 || b.Change(i) < 0 {
			return fmt.Errorf("batch %d: key %d has count %d, want %d", w.id, n, got, want)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows += int64(len(counts))
	return nil
}

// Commit sees that each key of the batch has come.
func (w *countWriter) Commit(context.Context) error {
	if want := min(w.run.Batch, w.run.Distinct); w.rows != want {
		return fmt.Errorf("batch %d: %d counts, want %d", w.id, w.rows, want)
	}
	return nil
}

func (*countWriter) Abort() error { return nil }
