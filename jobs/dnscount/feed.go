package main

import (
	"context"
	"errors"
	"time"

	"github.com/riffledata/riffle/jobs"
	"github.com/riffledata/riffle/jobs/zeek/gen"
)

// The made-up events: always the same, at a pace at which the counts can be
// seen growing.
const (
	seed       = 42
	partitions = 4
	feedTime   = 2500 * time.Millisecond
	feedSteps  = 50
)

// feed is what fills the topic, where the job does that itself. The zero feed
// does nothing and has no end.
type feed struct {
	writer *jobs.Feed
	broker func() error // stops the embedded broker
}

// feed starts what the configuration asks for: an embedded broker where none is
// named, and events or files that go there. Where only what is available now is
// to be read, it waits until all is there.
func (c *config) feed(ctx context.Context) (*feed, error) {
	f := &feed{}
	if !c.madeUp() && !c.viaKafka {
		return f, nil
	}
	if c.brokers == "" {
		addr, stop, err := jobs.EmbeddedBroker(ctx, map[string]int{c.topic: partitions})
		if err != nil {
			return nil, err
		}
		c.brokers, f.broker = addr, stop
	}
	options, err := c.options()
	if err == nil {
		f.writer, err = jobs.StartFeed(ctx, c.brokers, c.topic, options, c.events())
	}
	if err == nil && c.available {
		err = f.Wait(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, f.stop())
	}
	return f, nil
}

// events are the files, or made-up ones.
func (c *config) events() func(context.Context, jobs.Send) error {
	if len(c.inputs) > 0 {
		return jobs.Files(c.inputs)
	}
	pause := feedTime / feedSteps
	if c.available {
		pause = 0 // nobody sees them come
	}
	return func(ctx context.Context, send jobs.Send) error { return makeUp(ctx, c.rows, pause, send) }
}

// makeUp sends so many made-up events, in steps with a pause after each.
func makeUp(ctx context.Context, rows int, pause time.Duration, send jobs.Send) error {
	g := gen.New(seed)
	tick := time.NewTimer(pause)
	defer tick.Stop()
	for i := range rows {
		if err := send(ctx, nil, g.Append(nil)); err != nil {
			return err
		}
		if pause == 0 || i*feedSteps/rows == (i+1)*feedSteps/rows {
			continue
		}
		select {
		case <-tick.C:
			tick.Reset(pause)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Ends tells whether the events come to an end that the job should wait for:
// nobody else writes to an embedded broker.
func (f *feed) Ends() bool { return f.broker != nil && f.writer != nil }

// Wait waits until all events are in the topic.
func (f *feed) Wait(ctx context.Context) error {
	if f.writer == nil {
		return nil
	}
	return f.writer.Wait(ctx)
}

// stop ends all that feed has started.
func (f *feed) stop() error {
	if f.writer != nil {
		f.writer.Stop()
	}
	if f.broker != nil {
		return f.broker()
	}
	return nil
}
