package crash

import (
	"context"
	"errors"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
)

// The negative controls.
const (
	// AtLeastOnce writes without transactions: rows come twice.
	AtLeastOnce = "at-least-once"
	// NoResume takes a batch that a killed process had planned for written, as an
	// engine does that prepares a transaction before its checkpoint and forgets it in
	// the crash: rows are lost.
	NoResume = "no-resume"
)

// forgetful is a Kafka sink with the flaw of NoResume.
type forgetful struct {
	sink.Provider
	checkpoint string
}

func noResume(checkpoint string) sink.Provider {
	return &forgetful{kafka.NewSinkProvider(), checkpoint}
}

// Open finds the batch that an earlier process had planned.
func (f *forgetful) Open(ctx context.Context, spec sink.Spec) (sink.Sink, error) {
	open := spec.Committed + 1
	files, err := dir.Open(f.checkpoint)
	if err != nil {
		return nil, err
	}
	_, err = files.Get(ctx, checkpoint.OffsetsName(open))
	switch {
	case errors.Is(err, store.ErrNotFound):
		open = sink.NoBatch
	case err != nil:
		return nil, errors.Join(err, files.Close())
	}
	s, err := f.Provider.Open(ctx, spec)
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return &forgetfulSink{s, open}, files.Close()
}

type forgetfulSink struct {
	sink.Sink
	skip int64
}

// Begin drops the rows of that batch.
func (s *forgetfulSink) Begin(ctx context.Context, id int64) (sink.Writer, error) {
	if id == s.skip {
		return nowhere{}, nil
	}
	return s.Sink.Begin(ctx, id)
}

// nowhere is a writer that says yes to all, and does nothing.
type nowhere struct{}

func (nowhere) Write(context.Context, batch.Batch) error { return nil }
func (nowhere) Commit(context.Context) error             { return nil }
func (nowhere) Abort() error                             { return nil }
