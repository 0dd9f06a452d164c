package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// Parallel runs a pipeline without memory of its rows, such as filters and
// projections, over one input in n goroutines, and gives what one of them would
// have given, in the same order. Batch k of the input goes to worker k modulo n.
// Rows that a pipeline gives only after its input's end come last, worker by
// worker.
type Parallel struct {
	done
	workers []*parallelWorker
	turn    int  // the worker whose rows come next
	tails   bool // the input has ended
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

// NewParallel makes a pipeline for each worker; build is given its input. It
// fails where build does. The input and the pipelines have to be closed through
// the result, unless there is an error, when they are closed already.
func NewParallel(in batch.Stream, n int, budget int64, build func(in batch.Stream) (batch.Stream, error)) (*Parallel, error) {
	p := &Parallel{}
	shares := RoundRobin(in, n, budget)
	for i, share := range shares {
		w := &parallelWorker{Stream: share, out: make(chan parallelItem, aheadPerOutput)}
		pipe, err := build(w)
		if err != nil {
			return nil, errors.Join(err, p.Close(), closeAll(shares[i:]))
		}
		w.pipe = pipe
		p.workers = append(p.workers, w)
	}
	return p, nil
}

func closeAll(list []batch.Stream) error {
	var errs []error
	for _, s := range list {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// parallelItem is a batch of a worker, or a mark in what it gives, or its end or
// error.
type parallelItem struct {
	batch batch.Batch
	mark  parallelMark
	err   error
}

type parallelMark int

const (
	noMark     parallelMark = iota
	endOfTurn               // no more comes of this batch of the input
	endOfInput              // the input of this worker has ended
)

// parallelWorker is a worker, and the input of its pipeline: each time the
// pipeline asks for a batch, it is done with the one before.
type parallelWorker struct {
	batch.Stream
	pipe  batch.Stream
	out   chan parallelItem
	given bool // a batch was given to the pipeline
	ended bool // its end was received
}

// Next is called by the pipeline.
func (w *parallelWorker) Next(ctx context.Context) (batch.Batch, error) {
	if w.given {
		if err := w.send(ctx, parallelItem{mark: endOfTurn}); err != nil {
			return batch.Batch{}, err
		}
	}
	b, err := w.Stream.Next(ctx)
	if w.given = err == nil; batch.IsEnd(err) {
		if err := w.send(ctx, parallelItem{mark: endOfInput}); err != nil {
			return batch.Batch{}, err
		}
	}
	return b, err
}

func (w *parallelWorker) send(ctx context.Context, item parallelItem) error {
	select {
	case w.out <- item:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run reads the pipeline to its end, which it sends as well.
func (w *parallelWorker) run(ctx context.Context) {
	for {
		b, err := w.pipe.Next(ctx)
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if w.send(ctx, parallelItem{batch: b, err: err}) != nil || err != nil {
			return
		}
	}
}

// String shows the pipeline.
func (p *Parallel) String() string {
	return fmt.Sprintf("Parallel(%d) %s", len(p.workers), p.workers[0].pipe)
}

// Schema is the pipeline's.
func (p *Parallel) Schema() *arrow.Schema { return p.workers[0].pipe.Schema() }

// Next returns the next batch in the order of the input. The workers start with
// the first call, and obey its context's values, not its cancellation.
func (p *Parallel) Next(ctx context.Context) (batch.Batch, error) {
	return p.once(func() (batch.Batch, error) {
		p.start(ctx)
		for p.more() {
			item, err := p.workers[p.turn].receive(ctx)
			switch {
			case err != nil:
				return batch.Batch{}, err
			case batch.IsEnd(item.err):
				p.workers[p.turn].ended = true
			case item.err != nil:
				return batch.Batch{}, item.err
			case item.mark == endOfTurn:
				p.turn = (p.turn + 1) % len(p.workers)
			case item.mark == noMark:
				return item.batch, nil
			case !p.tails: // no batch of the input is left: this would have been its worker
				p.tails, p.turn = true, 0
			}
		}
		return batch.Batch{}, io.EOF
	})
}

// more goes on to a worker that has not ended; false where all have.
func (p *Parallel) more() bool {
	for range p.workers {
		if !p.workers[p.turn].ended {
			return true
		}
		p.turn = (p.turn + 1) % len(p.workers)
	}
	return false
}

func (w *parallelWorker) receive(ctx context.Context) (parallelItem, error) {
	if err := ctx.Err(); err != nil {
		return parallelItem{}, context.Cause(ctx)
	}
	select {
	case item := <-w.out:
		return item, nil
	case <-ctx.Done():
		return parallelItem{}, context.Cause(ctx)
	}
}

func (p *Parallel) start(ctx context.Context) {
	if p.stop != nil {
		return
	}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, w := range p.workers {
		p.wg.Go(func() { w.run(ctx) })
	}
}

// Close stops the workers, waits for them, and closes pipelines and input.
func (p *Parallel) Close() error {
	p.close()
	if p.stop != nil {
		p.stop()
	}
	p.wg.Wait()
	var errs []error
	for _, w := range p.workers {
		errs = append(errs, w.pipe.Close())
	}
	return errors.Join(errs...)
}
