package jobs

import (
	"context"

	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/jobs/replay"
)

// Send writes an event to the topic of a feed. key may be nil. The bytes belong
// to the feed from then on.
type Send = replay.Send

// Feed writes events to a topic in the background. It is safe for concurrent
// use.
type Feed struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done is closed
}

// StartFeed writes events to a topic of the brokers, as host:port,host:port,
// until write returns. options are those of the connection, as the kafka source
// has them (kafka.security.protocol). The caller calls Stop.
func StartFeed(ctx context.Context, brokers, topic string, options map[string]string, write func(context.Context, Send) error) (*Feed, error) {
	p, err := kafka.NewProducer(brokers, options)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &Feed{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		defer p.Close()
		err := write(ctx, func(ctx context.Context, key, value []byte) error { return p.Send(ctx, topic, key, value) })
		if err == nil {
			err = p.Flush(ctx)
		}
		f.err = err
	}()
	return f, nil
}

// Wait waits until all events are with the brokers. It returns ctx's error if
// that ends first; the feed then goes on.
func (f *Feed) Wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed once nothing more will be written.
func (f *Feed) Done() <-chan struct{} { return f.done }

// Stop ends the feed and waits for it.
func (f *Feed) Stop() {
	f.cancel()
	<-f.done
}

// Files writes the lines of files, gzipped where the name ends in .gz, one after
// the other, as fast as they are taken: what a feed of files is started with.
func Files(paths []string) func(context.Context, Send) error {
	return func(ctx context.Context, send Send) error {
		_, err := replay.Run(ctx, replay.Options{Paths: paths}, send)
		return err
	}
}
