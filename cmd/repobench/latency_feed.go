package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/jobs/zeek/gen"
)

// pacer produces events at a given rate into a topic of its own, and keeps when it
// has sent each.
type pacer struct {
	client *kgo.Client
	admin  *kadm.Client
	topic  string
	lines  [][]byte
	sent   [][]time.Time // by partition and offset
	n      int
	failed kgo.FirstErrPromise
}

var topics atomic.Int64

// pacedLines is how many different events there are; they come again and again.
const pacedLines = 100_000

func newPacer(ctx context.Context, addr string, parts int) (*pacer, error) {
	topic := fmt.Sprintf("latency-%d-%d", time.Now().UnixNano(), topics.Add(1))
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic(topic))
	if err != nil {
		return nil, err
	}
	p := &pacer{client: client, admin: kadm.NewClient(client), topic: topic, sent: make([][]time.Time, parts)}
	if _, err := p.admin.CreateTopic(ctx, int32(parts), 1, nil, topic); err != nil {
		client.Close()
		return nil, fmt.Errorf("creating topic %s: %w", topic, err)
	}
	g := gen.New(seed)
	for range pacedLines {
		p.lines = append(p.lines, g.Append(nil))
	}
	return p, nil
}

// run sends events for a while, and returns once the broker has all of them.
func (p *pacer) run(ctx context.Context, rate int, length time.Duration) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	begin, first := time.Now(), p.n
	for time.Since(begin) < length {
		due := first + int(time.Since(begin).Seconds()*float64(rate))
		for ; p.n < due; p.n++ {
			part := p.n % len(p.sent)
			p.sent[part] = append(p.sent[part], time.Now())
			p.client.Produce(ctx, &kgo.Record{Partition: int32(part), Value: p.lines[p.n%len(p.lines)]}, p.failed.Promise())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := p.client.Flush(ctx); err != nil {
		return err
	}
	return p.failed.Err()
}

// close removes the topic.
func (p *pacer) close(ctx context.Context) error {
	_, err := p.admin.DeleteTopic(ctx, p.topic)
	p.client.Close()
	return err
}
