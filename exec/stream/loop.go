package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/source"
)

// loop runs batch after batch.
func (q *Query) loop(ctx context.Context) error {
	if err := q.publishStaged(ctx); err != nil {
		return err
	}
	if err := q.recall(ctx); err != nil {
		return err
	}
	at, id := q.Resume.begins(), q.Resume.next()
	if q.Resume.Open != nil {
		var err error
		if at, err = q.finish(ctx, at); err != nil {
			return err
		}
		id++
	}
	at, err := q.place(ctx, at)
	if err != nil {
		return err
	}
	for {
		waiters := q.takeWaiters()
		b := q.newBatch(id, at)
		if b.to, err = q.look(ctx, b); err != nil {
			return err
		}
		if !q.worth(b) {
			q.settle(waiters)
			if q.ends() {
				return nil
			}
			if err := q.idle(ctx, at); err != nil {
				return err
			}
			continue
		}
		q.putWaiters(waiters)
		if err := q.run(ctx, b); err != nil {
			return err
		}
		at, id = b.to, id+1
		if q.Trigger.Kind == plan.Once {
			q.onced = true
		}
		if err := q.pause(ctx, b.start); err != nil {
			return err
		}
	}
}

// run writes the plan of a batch down and runs it.
func (q *Query) run(ctx context.Context, b *running) error {
	q.setStatus("Processing new data", !b.to.equal(b.from), true)
	if err := q.decide(ctx, b); err != nil {
		return fmt.Errorf("batch %d: %w", b.plan.Batch, err)
	}
	if err := q.tryBatch(ctx, b); err != nil {
		return fmt.Errorf("batch %d: %w", b.plan.Batch, err)
	}
	return nil
}

// finish runs the batch that an earlier run has planned and not committed.
func (q *Query) finish(ctx context.Context, at ends) (ends, error) {
	open := q.Resume.Open
	b := q.newBatch(open.Batch, at)
	b.plan, b.to = *open, offsets(open.To)
	q.setStatus("Processing the batch that the last run has begun", true, true)
	if err := q.tryBatch(ctx, b); err != nil {
		return nil, fmt.Errorf("batch %d: %w", open.Batch, err)
	}
	return b.to, nil
}

// publishStaged shows the rows of committed batches that an earlier run has left
// in the stage.
func (q *Query) publishStaged(ctx context.Context) error {
	if !q.Staged {
		return nil
	}
	shown, err := q.outputs.lastShown(ctx, q.Resume.Committed())
	if err != nil {
		return err
	}
	if err := q.Journal.SinksShow(shown); err != nil {
		return err
	}
	for id := shown + 1; id <= q.Resume.Committed(); id++ {
		_, c, err := q.Journal.Load(ctx, id)
		if err != nil {
			return fmt.Errorf("batch %d, whose rows are not in the sink yet: %w", id, err)
		}
		if err := q.publish(ctx, *c); err != nil {
			return err
		}
	}
	return nil
}

// publish shows the staged rows of a batch.
func (q *Query) publish(ctx context.Context, c checkpoint.Commit) error {
	if err := q.untilRoom(ctx, func() error { return q.outputs.publish(ctx, c) }); err != nil {
		return errors.Join(err, q.Journal.Deposed(ctx))
	}
	return q.Journal.Did(checkpoint.Publish)
}

// place returns where the first new batch begins. For triggers that end it fixes
// the ends of the sources.
func (q *Query) place(ctx context.Context, at ends) (ends, error) {
	fresh := at == nil
	if fresh {
		at = make(ends, len(q.Plan.Scans))
	}
	for i, s := range q.Plan.Scans {
		var err error
		if fresh {
			if at[i], err = s.Source.Initial(ctx); err != nil {
				return nil, err
			}
		}
		if !q.ends() {
			continue
		}
		f, ok := s.Source.(source.Freezer)
		if !ok {
			return nil, fmt.Errorf("%s has no end that the trigger %s could stop at; use another trigger", s.Description(), q.Trigger.Kind)
		}
		if err := f.Freeze(ctx); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// ends tells whether the query ends when there is no more data.
func (q *Query) ends() bool {
	return q.Trigger.Kind == plan.AvailableNow || q.Trigger.Kind == plan.Once
}

// look asks the sources where the batch ends.
func (q *Query) look(ctx context.Context, b *running) (ends, error) {
	defer b.time("latestOffset")()
	q.setStatus("Getting offsets from sources", false, true)
	to := make(ends, len(q.Plan.Scans))
	for i, s := range q.Plan.Scans {
		var err error
		if to[i], err = q.lookIn(ctx, s, b.from[i]); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// lookIn asks one source: as far as its limit for one batch goes, or with the
// trigger once, to its end.
func (q *Query) lookIn(ctx context.Context, s *physical.Scan, from source.Offset) (source.Offset, error) {
	if q.onced {
		return from, nil
	}
	for {
		to, err := s.Source.Next(ctx, from)
		if err != nil || q.Trigger.Kind != plan.Once || string(to) == string(from) {
			return to, err
		}
		from = to
	}
}

// worth tells whether a batch would do anything: there is data, or the
// watermark has moved and something waits for that, or for the time. Where there is
// none of these, the watermark has moved all the same: what comes later is late by
// it, as if a batch without rows had run, whether or not something waited for it.
func (q *Query) worth(b *running) bool {
	now := time.Now()
	idle := q.times.silent(now, q.ends() && b.to.equal(b.from))
	b.plan.Idle, b.plan.Time = idle, now.UnixMicro()
	b.plan.Late, b.plan.Watermark = q.times.watermark, q.times.next(idle)
	if !b.to.equal(b.from) {
		return true
	}
	if q.Resume.Last == nil && q.Totals().Batches == 0 {
		return false // nothing has ever been read
	}
	for _, s := range q.Plan.State {
		if s.Due(b.plan.Watermark, b.plan.Time) {
			return true
		}
	}
	q.times.watermark = b.plan.Watermark
	return false
}

// decide writes the plan of a batch down, or adopts the one that is there.
func (q *Query) decide(ctx context.Context, b *running) error {
	defer b.time("walCommit")()
	b.plan.Seed, b.plan.Plan = uint64(b.plan.Batch), q.PlanHash
	b.plan.From, b.plan.To, b.plan.Pins = records(b.from), records(b.to), q.pins(b.to)
	got, err := q.Journal.Plan(ctx, b.plan)
	if err != nil {
		return err
	}
	if !samePins(got.Pins, b.plan.Pins) {
		if err := Recall(ctx, q.Plan.Scans, got); err != nil {
			return err
		}
	}
	b.plan, b.from, b.to = got, offsets(got.From), offsets(got.To)
	q.crash("B")
	return nil
}

// settle lets go those who wait for all data to be processed.
func (q *Query) settle(waiters []chan struct{}) {
	q.setStatus("Waiting for data to arrive", false, false) // what a waiter will find
	for _, w := range waiters {
		close(w)
	}
	if !q.quiet {
		q.quiet = true
		q.send(engine.Event{Kind: engine.QueryIdle})
	}
}

// idle waits until a source may have something new, time lets something happen,
// or somebody asks.
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
	alarm, stop := q.alarm()
	defer stop()
	var err error
	select {
	case err = <-woken:
	case <-alarm:
	case <-q.nudge:
	case <-ctx.Done():
		err = ctx.Err()
	}
	cancel()
	running.Wait()
	return err
}

// alarm rings when a partition becomes idle, or an operator's own time comes.
func (q *Query) alarm() (<-chan time.Time, func()) {
	at, ok := q.times.wakes()
	for _, s := range q.Plan.State {
		if c, is := s.(physical.Clocked); is {
			if due, set := c.NextTime(); set && (!ok || due.Before(at)) {
				at, ok = due, true
			}
		}
	}
	if !ok {
		return nil, func() {}
	}
	t := time.NewTimer(max(time.Until(at), time.Millisecond))
	return t.C, func() { t.Stop() }
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
