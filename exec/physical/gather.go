package physical

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
)

// Gather computes the parts of its input at the same time and makes one stream
// of them: in the order of the input where the parts know it, else part after
// part. Selections are resolved in the tasks.
type Gather struct{ Input Op }

// String names the exchange.
func (g *Gather) String() string { return "Exchange gather" }

// Children returns the input.
func (g *Gather) Children() []Op { return []Op{g.Input} }

// Schema is the input's.
func (g *Gather) Schema() *arrow.Schema { return g.Input.Schema() }

// Open returns one part.
func (g *Gather) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := g.Input.Open(ctx, r)
	if err != nil || len(parts) == 1 {
		return parts, err
	}
	s := &gathered{schema: g.Schema(), lanes: make([]*lane, len(parts))}
	s.changed.L = &s.mu
	for i, p := range parts {
		l := &lane{part: p, bound: int64(i)}
		if p.Order == nil {
			l.bound = int64(i)
		} else {
			l.bound = -1
			p.Order.moved = func(at int64) { s.move(l, at) }
		}
		s.lanes[i] = l
	}
	return []Part{{Stream: s}}, nil
}

// lane is a part and what it has given that waits to be taken.
type lane struct {
	part  Part
	ready []placed
	bound int64 // no batch that is yet to come belongs before this unit
	err   error // why the part has ended: io.EOF, or an error
}

type placed struct {
	b  batch.Batch
	at int64
}

// laneAhead is how many batches may wait in one lane. A lane that is the next to
// give may always go on.
const laneAhead = 4

// gathered merges lanes by the place of their batches in the input.
type gathered struct {
	schema *arrow.Schema
	lanes  []*lane

	mu      sync.Mutex
	changed sync.Cond
	cancel  context.CancelFunc
	running sync.WaitGroup
	err     error
}

// String names the exchange.
func (s *gathered) String() string { return "Exchange gather" }

// Schema is that of every part.
func (s *gathered) Schema() *arrow.Schema { return s.schema }

func (s *gathered) move(l *lane, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.bound = at
	s.changed.Broadcast()
}

// Next starts the lanes when it is first called, and then returns the batch that
// comes first in the input.
func (s *gathered) Next(ctx context.Context) (batch.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil && s.err == nil {
		s.start(ctx)
	}
	for s.err == nil {
		if b, ok := s.take(); ok {
			s.changed.Broadcast()
			return b, nil
		}
		if s.err == nil {
			s.changed.Wait()
		}
	}
	return batch.Batch{}, s.err
}

// take returns the first batch if it is known to be the first. It sets err at
// the end of all lanes, or where one has failed.
func (s *gathered) take() (batch.Batch, bool) {
	var first *lane
	ended := true
	for _, l := range s.lanes {
		if l.err != nil && !batch.IsEnd(l.err) {
			s.err = l.err
			return batch.Batch{}, false
		}
		if len(l.ready) > 0 && (first == nil || l.ready[0].at < first.ready[0].at) {
			first = l
		}
		ended = ended && l.err != nil && len(l.ready) == 0
	}
	if ended {
		s.err = io.EOF
	}
	if first == nil {
		return batch.Batch{}, false
	}
	at := first.ready[0].at
	for _, l := range s.lanes {
		if l != first && len(l.ready) == 0 && l.err == nil && l.bound < at {
			return batch.Batch{}, false // it may yet give an earlier one
		}
	}
	b := first.ready[0].b
	first.ready = first.ready[1:]
	return b, true
}

func (s *gathered) start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err == nil {
			s.err = context.Cause(ctx)
		}
		s.changed.Broadcast()
	})
	cancel := s.cancel
	s.cancel = func() { stop(); cancel() }
	for _, l := range s.lanes {
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			s.fill(ctx, l)
		}()
	}
}

// fill computes a lane until its end.
func (s *gathered) fill(ctx context.Context, l *lane) {
	for {
		b, err := l.next(ctx)
		s.mu.Lock()
		if err != nil {
			l.err = err
		} else {
			at := l.bound
			if l.part.Order != nil {
				at = l.part.Order.At()
			}
			l.ready = append(l.ready, placed{b, at})
			for len(l.ready) >= laneAhead && s.err == nil {
				s.changed.Broadcast()
				s.changed.Wait()
			}
		}
		over := err != nil || s.err != nil
		s.changed.Broadcast()
		s.mu.Unlock()
		if over {
			return
		}
	}
}

// next computes the next batch, its selection resolved.
func (l *lane) next(ctx context.Context) (b batch.Batch, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = operator.Panicked(p)
		}
	}()
	if b, err = l.part.Next(ctx); err != nil {
		return b, err
	}
	return kernel.Compact(b)
}

// Close ends all lanes and waits for them.
func (s *gathered) Close() error {
	s.mu.Lock()
	if s.err == nil {
		s.err = errClosed
	}
	s.changed.Broadcast()
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	s.running.Wait()
	var errs []error
	for _, l := range s.lanes {
		errs = append(errs, l.part.Close())
	}
	return errors.Join(errs...)
}
