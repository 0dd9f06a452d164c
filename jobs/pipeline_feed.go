package jobs

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

// Made-up events come at a pace at which the result can be seen growing.
const (
	partitions = 4
	feedTime   = 2500 * time.Millisecond
	feedSteps  = 50
)

// feeds fill the topics, where the pipeline does that itself. The zero value
// does nothing and has no end.
type feeds struct {
	writers []*Feed
	broker  func() error // stops the embedded broker
	there   []int64      // records of each input that an earlier run has left in it
}

// recordsOf returns how many records topics have.
func recordsOf(ctx context.Context, b *broker.Broker, topics []string) ([]int64, error) {
	out := make([]int64, len(topics))
	for i, topic := range topics {
		var err error
		if out[i], err = b.Records(ctx, topic); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// after gives events but for so many first ones.
func after(n int64, events func(context.Context, Send) error) func(context.Context, Send) error {
	return func(ctx context.Context, send Send) error {
		left := n
		return events(ctx, func(ctx context.Context, key, value []byte) error {
			if left > 0 {
				left--
				return nil
			}
			return send(ctx, key, value)
		})
	}
}

// feed starts what the pipeline was told: an embedded broker where none is named,
// and events or files that go there. Tables are complete before it returns, and
// where only what is available now is to be read, all is.
func (p *Pipeline) feed(ctx context.Context) (*feeds, error) {
	f := &feeds{}
	if !p.madeUp() && !p.viaKafka {
		return f, nil
	}
	if p.brokers == "" {
		topics := map[string]int{}
		for i, in := range p.Inputs {
			if topics[p.topics[i]] = partitions; in.Key != "" {
				topics[p.topics[i]] = 1
			}
		}
		b, err := embed(ctx, topics, brokerDir(p.checkpoint))
		if err != nil {
			return nil, err
		}
		p.brokers, f.broker = b.Addr(), b.Close
		if f.there, err = recordsOf(ctx, b, p.topics); err != nil {
			return nil, errors.Join(err, f.stop())
		}
	}
	if err := p.fill(ctx, f); err != nil {
		return nil, errors.Join(err, f.stop())
	}
	return f, nil
}

// fill starts a feed of each input, those of tables first.
func (p *Pipeline) fill(ctx context.Context, f *feeds) error {
	options, err := p.options()
	if err != nil {
		return err
	}
	for _, tables := range []bool{true, false} {
		for i, in := range p.Inputs {
			if tables != (in.Key != "") {
				continue
			}
			events := p.events(i)
			if f.broker != nil && in.Key == "" {
				events = spread(events)
			}
			if f.there != nil {
				events = after(f.there[i], events)
			}
			w, err := StartFeed(ctx, p.brokers, p.topics[i], options, events)
			if err != nil {
				return err
			}
			f.writers = append(f.writers, w)
		}
		if tables || p.available {
			if err := f.Wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// events are the files of an input, or made-up ones.
func (p *Pipeline) events(i int) func(context.Context, Send) error {
	in := p.Inputs[i]
	if files := p.files[i]; len(files) > 0 {
		if in.Key == "" {
			return Files(files)
		}
		return func(ctx context.Context, send Send) error {
			return Files(files)(ctx, func(ctx context.Context, _, line []byte) error {
				key, value := Keyed(line)
				return send(ctx, key, value)
			})
		}
	}
	pause := feedTime / feedSteps
	if p.available || in.Key != "" {
		pause = 0 // nobody sees them come
	}
	return func(ctx context.Context, send Send) error { return in.makeUp(ctx, p.rows, pause, send) }
}

// spread gives events without keys the numbers of their lines, so that they go to
// all partitions in turn: one without events would hold event time back.
func spread(events func(context.Context, Send) error) func(context.Context, Send) error {
	return func(ctx context.Context, send Send) error {
		n := int64(0)
		return events(ctx, func(ctx context.Context, _, value []byte) error {
			n++
			return send(ctx, strconv.AppendInt(nil, n, 10), value)
		})
	}
}

// Keyed takes a line of the form KEY:VALUE apart. One that begins with a brace
// has no key; an empty value deletes the key.
func Keyed(line []byte) (key, value []byte) {
	key, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || bytes.HasPrefix(line, []byte("{")) {
		return nil, line
	}
	if len(bytes.TrimSpace(value)) == 0 {
		value = nil
	}
	return key, value
}

// makeUp sends so many made-up records, in steps with a pause after each.
func (in Input) makeUp(ctx context.Context, rows int, pause time.Duration, send Send) error {
	i := 0
	for key, value := range in.MadeUp(rows) {
		if err := send(ctx, key, value); err != nil {
			return err
		}
		step := i * feedSteps / rows
		if i++; pause == 0 || step == i*feedSteps/rows {
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Ends tells whether the events come to an end that the job should wait for:
// nobody else writes to an embedded broker.
func (f *feeds) Ends() bool { return f.broker != nil }

// Wait waits until all events are in the topics.
func (f *feeds) Wait(ctx context.Context) error {
	for _, w := range f.writers {
		if err := w.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop ends all that feed has started.
func (f *feeds) stop() error {
	for _, w := range f.writers {
		w.Stop()
	}
	if f.broker != nil {
		return f.broker()
	}
	return nil
}
