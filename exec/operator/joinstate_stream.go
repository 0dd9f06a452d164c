package operator

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// joinStateStream is the result of one micro-batch. The work is written as one
// loop that gives batches on the way; iter.Pull lets it rest between them.
type joinStateStream struct {
	done
	state *JoinState
	in    [2]batch.Stream
	wm    int64
	env   Env

	ctx  context.Context // of the call of Next that is running
	next func() (batch.Batch, bool)
	stop func()
	err  error
	give func(batch.Batch) bool
}

// errStopped ends the work of a stream that was closed.
var errStopped = errors.New("the stream was closed while it worked")

func (s *joinStateStream) String() string        { return s.state.spec.Name }
func (s *joinStateStream) Schema() *arrow.Schema { return s.state.spec.Schema }

func (s *joinStateStream) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		if s.next == nil {
			s.next, s.stop = iter.Pull(func(yield func(batch.Batch) bool) {
				s.give = yield
				s.err = s.guarded()
			})
		}
		s.ctx = ctx
		b, ok := s.next()
		switch {
		case ok:
			return b, nil
		case s.err != nil:
			return b, s.err
		}
		return b, io.EOF
	})
}

// Close ends the work and closes the inputs.
func (s *joinStateStream) Close() error {
	s.close()
	if s.stop != nil {
		s.stop()
	}
	return errors.Join(s.in[LeftSide].Close(), s.in[RightSide].Close())
}

// emit gives a batch of the result.
func (s *joinStateStream) emit(b batch.Batch) error {
	was := s.state.watch.turn(nil)
	more := s.give(b)
	s.state.watch.turn(was)
	if !more {
		return errStopped
	}
	return nil
}

func (s *joinStateStream) cancelled() error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return nil
}

// guarded makes an error of a panic where its stack is still to be had.
func (s *joinStateStream) guarded() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(p)
		}
	}()
	return s.work()
}

// work reads both sides to their ends.
func (s *joinStateStream) work() error {
	w := &joinWork{JoinState: s.state, env: s.env, emit: s.emit, cancelled: s.cancelled, quiet: s.state.spec.Emit == EmitComplete}
	s.state.scratch.withheld.reset()
	if err := s.state.begin(); err != nil {
		return err
	}
	watch := &s.state.watch
	if err := watch.removals(w.forget); err != nil {
		return err
	}
	for _, side := range s.state.order {
		if err := s.read(w, side); err != nil {
			return err
		}
	}
	err := watch.updates(func() error {
		if err := s.state.kept.settle(); err != nil {
			return err
		}
		return w.giveWithheld()
	})
	if err != nil {
		return err
	}
	if err := watch.removals(func() error { return w.evict(s.wm) }); err != nil {
		return err
	}
	return watch.updates(func() error {
		if w.quiet {
			if err := w.whole(); err != nil {
				return err
			}
		}
		return s.state.kept.ended()
	})
}

func (s *joinStateStream) read(w *joinWork, side int) error {
	for {
		b, err := s.in[side].Next(s.ctx)
		if batch.IsEnd(err) {
			return nil
		}
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if err != nil {
			return err
		}
		if err := s.state.watch.updates(func() error { return w.change(side, b) }); err != nil {
			return err
		}
	}
}
