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

// exchange moves batches from m inputs, each read by a goroutine of its own, to
// n outputs, each read by a task of its own. An output gives all of input 0,
// then all of input 1, and so on, whatever came first: what comes out depends on
// what goes in alone.
//
// Inputs run ahead of the outputs by a bounded number of batches, but an output
// that waits is never made to wait for that: an input may be far ahead, while
// the one whose turn it is has nothing yet. The bytes that lie in the exchange
// are bounded by a budget; more is an error.
//
// The goroutines start with the first Next of any output and end when all
// outputs are closed, which the last Close waits for. The first error of an
// input ends all outputs and stops the other inputs. The context of the first
// Next, without its cancellation, is the inputs'; each output obeys its own.
type exchange struct {
	name   string
	schema *arrow.Schema
	inputs []batch.Stream
	route  func() router
	ahead  int
	budget int64

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, at each change of what follows
	queues  [][]queue     // by output, then input
	batches int           // in all queues
	bytes   int64         // in all queues
	waiting int           // outputs that wait
	open    int           // outputs that are not closed
	err     error         // the first of an input
	started bool
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

// router splits a batch without selection: piece i goes to output i, and none
// where it has no rows. It belongs to one input.
type router func(b batch.Batch) ([]batch.Batch, error)

// queue is what one input has for one output.
type queue struct {
	list  []batch.Batch
	ended bool
}

// aheadPerOutput is how many batches may wait for each output.
const aheadPerOutput = 4

func newExchange(name string, inputs []batch.Stream, outputs int, budget int64, route func() router) []batch.Stream {
	x := &exchange{name: name, schema: inputs[0].Schema(), inputs: inputs, route: route, ahead: aheadPerOutput * outputs, budget: budget,
		changed: make(chan struct{}), queues: make([][]queue, outputs), open: outputs}
	out := make([]batch.Stream, outputs)
	for o := range out {
		x.queues[o] = make([]queue, len(inputs))
		out[o] = &exchangeOutput{x: x, number: o}
	}
	return out
}

// start runs the inputs.
func (x *exchange) start(ctx context.Context) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.started || x.open == 0 {
		return
	}
	x.started = true
	ctx, x.stop = context.WithCancel(context.WithoutCancel(ctx))
	for i := range x.inputs {
		x.wg.Go(func() { x.run(ctx, i) })
	}
}

// run reads an input to its end.
func (x *exchange) run(ctx context.Context, i int) {
	route := x.route()
	for {
		pieces, err := x.next(ctx, i, route)
		if err == nil {
			err = x.put(ctx, i, pieces)
		}
		if err != nil {
			x.end(i, err)
			return
		}
	}
}

// next reads and splits a batch. A panic, of ours or of a user's function, is an
// error of the input.
func (x *exchange) next(ctx context.Context, i int, route router) (pieces []batch.Batch, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(p)
		}
	}()
	b, err := x.inputs[i].Next(ctx)
	if err == nil {
		b, err = kernel.Compact(b)
	}
	if err != nil {
		return nil, err
	}
	return route(b)
}

// put queues the pieces of a batch, once there is room or an output waits.
func (x *exchange) put(ctx context.Context, i int, pieces []batch.Batch) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.batches >= x.ahead && x.waiting == 0 && x.open > 0 && x.err == nil {
		if err := x.wait(ctx); err != nil {
			return err
		}
	}
	if x.err != nil {
		return x.err
	}
	for o, p := range pieces {
		if p.Record == nil || x.queues[o] == nil {
			continue
		}
		x.queues[o][i].list = append(x.queues[o][i].list, p)
		x.batches++
		x.bytes += sizeOf(p.Record.Columns())
	}
	if x.bytes > x.budget {
		return fmt.Errorf("%s: more than %d bytes wait for an input that is behind; raise %s", x.name, x.budget, StateSetting)
	}
	x.notify()
	return nil
}

// end notes that an input has ended, with io.EOF or an error.
func (x *exchange) end(i int, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if batch.IsEnd(err) {
		for o := range x.queues {
			if x.queues[o] != nil {
				x.queues[o][i].ended = true
			}
		}
	} else if x.err == nil {
		x.err = err
		x.stop()
	}
	x.notify()
}

// wait lets go of the lock until something changes.
func (x *exchange) wait(ctx context.Context) error {
	changed := x.changed
	x.mu.Unlock()
	defer x.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notify wakes all that wait.
func (x *exchange) notify() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// take returns the next batch of input i for output o, or io.EOF.
func (x *exchange) take(ctx context.Context, o, i int) (batch.Batch, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	waits := false
	defer func() {
		if waits {
			x.waiting--
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return batch.Batch{}, context.Cause(ctx)
		}
		q := &x.queues[o][i]
		switch {
		case x.err != nil:
			return batch.Batch{}, x.err
		case len(q.list) > 0:
			b := q.list[0]
			q.list[0] = batch.Batch{}
			q.list = q.list[1:]
			x.batches--
			x.bytes -= sizeOf(b.Record.Columns())
			x.notify()
			return b, nil
		case q.ended:
			return batch.Batch{}, io.EOF
		}
		if !waits { // told once: outputs that wait must not wake each other for ever
			waits = true
			x.waiting++
			x.notify()
		}
		if err := x.wait(ctx); err != nil {
			return batch.Batch{}, err
		}
	}
}

// closeOutput drops what waits for an output. After the last one it stops the
// inputs, waits for them, and closes them.
func (x *exchange) closeOutput(o int) error {
	x.mu.Lock()
	for _, q := range x.queues[o] {
		for _, b := range q.list {
			x.batches--
			x.bytes -= sizeOf(b.Record.Columns())
		}
	}
	x.queues[o] = nil
	x.open--
	last := x.open == 0
	if last && x.started {
		x.stop()
	}
	x.notify()
	x.mu.Unlock()
	if !last {
		return nil
	}
	x.wg.Wait()
	errs := make([]error, len(x.inputs))
	for i, in := range x.inputs {
		errs[i] = in.Close()
	}
	return errors.Join(errs...)
}

// exchangeOutput is one output of an exchange.
type exchangeOutput struct {
	done
	x      *exchange
	number int
	input  int // whose turn it is
	closed bool
}

func (s *exchangeOutput) String() string        { return s.x.name }
func (s *exchangeOutput) Schema() *arrow.Schema { return s.x.schema }

func (s *exchangeOutput) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		s.x.start(ctx)
		for s.input < len(s.x.inputs) {
			b, err := s.x.take(ctx, s.number, s.input)
			if !batch.IsEnd(err) {
				return b, err
			}
			s.input++
		}
		return batch.Batch{}, io.EOF
	})
}

func (s *exchangeOutput) Close() error {
	s.close()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.x.closeOutput(s.number)
}
