package stream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/source"
)

// loop runs batch after batch.
func (q *Query) loop(ctx context.Context) error {
	at, err := q.begin(ctx)
	if err != nil {
		return err
	}
	for id := int64(0); ; {
		waiters := q.takeWaiters()
		b := newBatch(id, at)
		to, err := q.look(ctx, b)
		if err != nil {
			return err
		}
		if to.equal(at) {
			q.setStatus("Waiting for data to arrive", false, false) // what a waiter will find
			for _, w := range waiters {
				close(w)
			}
			if q.Trigger.Kind == plan.AvailableNow {
				return nil
			}
			if err := q.idle(ctx, at); err != nil {
				return err
			}
			continue
		}
		q.putWaiters(waiters)
		q.setStatus("Processing new data", true, true)
		if err := q.runBatch(ctx, b, to); err != nil {
			return fmt.Errorf("batch %d: %w", id, err)
		}
		at, id = to, id+1
		if err := q.pause(ctx, b.start); err != nil {
			return err
		}
	}
}

// begin returns where the first batch begins. For the trigger available-now it
// fixes the ends of the sources.
func (q *Query) begin(ctx context.Context) (ends, error) {
	at := make(ends, len(q.Plan.Scans))
	for i, s := range q.Plan.Scans {
		var err error
		if at[i], err = s.Source.Initial(ctx); err != nil {
			return nil, err
		}
		if q.Trigger.Kind != plan.AvailableNow {
			continue
		}
		f, ok := s.Source.(source.Freezer)
		if !ok {
			return nil, fmt.Errorf("%s has no end that the trigger available-now could stop at; use another trigger", s.Description())
		}
		if err := f.Freeze(ctx); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// look asks the sources where the batch ends.
func (q *Query) look(ctx context.Context, b *running) (ends, error) {
	defer b.time("latestOffset")()
	q.setStatus("Getting offsets from sources", false, true)
	to := make(ends, len(q.Plan.Scans))
	for i, s := range q.Plan.Scans {
		var err error
		if to[i], err = s.Source.Next(ctx, b.from[i]); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// idle waits until a source may have something new, or somebody asks.
func (q *Query) idle(ctx context.Context, at ends) error {
	q.setStatus("Waiting for data to arrive", false, false)
	waiting, cancel := context.WithCancel(ctx)
	woken := make(chan error, len(q.Plan.Scans))
	var running sync.WaitGroup
	for i, s := range q.Plan.Scans {
		running.Add(1)
		go func() {
			defer running.Done()
			woken <- s.Source.Wait(waiting, at[i])
		}()
	}
	var err error
	select {
	case err = <-woken:
	case <-q.nudge:
	case <-ctx.Done():
		err = ctx.Err()
	}
	cancel()
	running.Wait()
	return err
}

// pause waits for the next tick of the trigger processing time: a multiple of
// the interval since the batch began.
func (q *Query) pause(ctx context.Context, began time.Time) error {
	if q.Trigger.Kind != plan.ProcessingTime || q.Trigger.Interval <= 0 {
		return ctx.Err()
	}
	every := q.Trigger.Interval
	rest := every - time.Since(began)%every
	q.setStatus("Waiting for next trigger", false, false)
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
