package physical

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// unit is a run of batches, as they came, on its way from the reader to a task:
// as many as make a batch of the usual size.
type unit struct {
	n         int64
	batches   []batch.Batch
	partition string // of all of them, where the reader tells
}

// dealAhead is how many units may wait for one task.
const dealAhead = 2

// dealer is one reader that hands units to tasks in turn.
type dealer struct {
	in     *ranged
	outs   []chan unit
	cancel context.CancelFunc
	done   sync.WaitGroup
	held   []batch.Batch // of the next unit
	err    error         // set before the channels are closed

	mu   sync.Mutex
	open int
}

// deal starts a reader for tasks parts; closing all of them ends it.
func deal(ctx context.Context, in *ranged, tasks int) []Part {
	ctx, cancel := context.WithCancel(ctx)
	d := &dealer{in: in, cancel: cancel, open: tasks}
	parts := make([]Part, tasks)
	for i := range parts {
		out := make(chan unit, dealAhead)
		d.outs = append(d.outs, out)
		h := &hand{dealer: d, from: out, order: &Order{at: -1}, origin: originIf(in.origin != nil)}
		parts[i] = Part{h, h.order, h.origin}
	}
	d.done.Add(1)
	go d.run(ctx)
	return parts
}

// run owns the channels: it alone sends and closes.
func (d *dealer) run(ctx context.Context) {
	defer d.done.Done()
	defer func() {
		if p := recover(); p != nil {
			d.err = operator.Panicked(p)
		}
		for _, out := range d.outs {
			close(out)
		}
	}()
	for n := int64(0); d.err == nil; n++ {
		u := d.fill(ctx, n)
		if len(u.batches) == 0 {
			return
		}
		select {
		case d.outs[int(n%int64(len(d.outs)))] <- u:
		case <-ctx.Done():
			d.err = ctx.Err()
		}
	}
}

// fill reads the next unit; it ends before a batch of another partition, which
// waits for the next one.
func (d *dealer) fill(ctx context.Context, n int64) unit {
	u := unit{n: n, batches: d.held, partition: d.in.origin.Partition()}
	d.held = nil
	rows := 0
	for _, b := range u.batches {
		rows += b.NumRows()
	}
	for rows < batch.MaxRows && d.err == nil {
		var b batch.Batch
		if b, d.err = d.in.Next(ctx); d.err != nil {
			break
		}
		if at := d.in.origin.Partition(); at != u.partition {
			if len(u.batches) > 0 {
				d.held = []batch.Batch{b}
				return u
			}
			u.partition = at
		}
		u.batches = append(u.batches, b)
		rows += b.NumRows()
	}
	return u
}

// hand is the stream of one task.
type hand struct {
	dealer *dealer
	from   <-chan unit
	order  *Order
	origin *Origin
	left   []batch.Batch
	closed bool
}

// String names the step.
func (h *hand) String() string { return "Ranges in turn" }

// Schema is the source's.
func (h *hand) Schema() *arrow.Schema { return h.dealer.in.schema }

// Next waits for the next batch that is dealt to this task.
func (h *hand) Next(ctx context.Context) (batch.Batch, error) {
	for len(h.left) == 0 {
		select {
		case u, ok := <-h.from:
			if !ok {
				return batch.Batch{}, h.dealer.err
			}
			h.left = u.batches
			h.order.move(u.n)
			if h.origin != nil {
				h.origin.partition = u.partition
			}
		case <-ctx.Done():
			return batch.Batch{}, ctx.Err()
		}
	}
	b := h.left[0]
	h.left = h.left[1:]
	return b, nil
}

// EndsUnit tells whether the batch just returned is the last of its unit: who
// gathers batches must not gather across it, or the order is lost.
func (h *hand) EndsUnit() bool { return len(h.left) == 0 }

// Close ends the reader once all tasks have closed their hands.
func (h *hand) Close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	d := h.dealer
	d.mu.Lock()
	d.open--
	last := d.open == 0
	d.mu.Unlock()
	d.cancel() // a run needs all of its parts or none
	if !last {
		return nil
	}
	d.done.Wait()
	return d.in.Close()
}
