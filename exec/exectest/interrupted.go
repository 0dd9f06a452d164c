package exectest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/riffledata/riffle/exec/sink"
)

// ErrInterrupted is how an Interrupted sink fails.
var ErrInterrupted = errors.New("interrupted by the test")

// Interrupted is a Collect sink some of whose commits fail: a query that writes to
// it ends, as if it had been killed there, and can be started again.
type Interrupted struct {
	*Collect
	// Fails tells of commit number n, counted from 0 over all runs, whether it fails
	// before it has shown its rows, or after.
	Fails func(n int) (before, after bool)

	n atomic.Int64
}

// Open returns the sink.
func (p *Interrupted) Open(ctx context.Context, spec sink.Spec) (sink.Sink, error) {
	s, err := p.Collect.Open(ctx, spec)
	return &interrupted{s, p}, err
}

// interrupted is one run's use of the sink.
type interrupted struct {
	sink.Sink
	from *Interrupted
}

// Begin opens a batch.
func (s *interrupted) Begin(ctx context.Context, id int64) (sink.Writer, error) {
	w, err := s.Sink.Begin(ctx, id)
	return &interruptedWriter{w, s.from}, err
}

type interruptedWriter struct {
	sink.Writer
	from *Interrupted
}

// Commit commits, and fails before or after it.
func (w *interruptedWriter) Commit(ctx context.Context) error {
	before, after := w.from.Fails(int(w.from.n.Add(1) - 1))
	if before {
		return ErrInterrupted
	}
	if err := w.Writer.Commit(ctx); err != nil || !after {
		return err
	}
	return ErrInterrupted
}
