package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	keys      = 40
	joinDelay = "2 seconds"
	// step is the event time between two records, tick how often some are sent.
	step = 20 * time.Millisecond
	tick = 20 * time.Millisecond
)

// feed writes records into the topics of a workload while the query runs.
type feed struct {
	c      Config
	client *kgo.Client
	random *rand.Rand
	seq    [keys]int64
	now    time.Time // of events

	sent  atomic.Int64
	most  atomic.Int64 // no more are sent than these
	mu    sync.Mutex
	err   error
	stop  context.CancelFunc
	ended chan struct{}
}

func startFeed(ctx context.Context, c Config) (*feed, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(c.Brokers, ",")...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		return nil, err
	}
	for _, name := range append(inputs(c.Workload), outputs(c.Workload)...) {
		if err := create(ctx, client, topic(c.prefix(), name), c.Partitions); err != nil {
			client.Close()
			return nil, fmt.Errorf("creating the topics of a run: %w", err)
		}
	}
	ctx, stop := context.WithCancel(ctx)
	f := &feed{c: c, client: client, random: rand.New(rand.NewPCG(c.Seed, 2)), stop: stop, ended: make(chan struct{}),
		now: time.Now().Add(-20 * time.Hour).Truncate(time.Second)}
	if err := f.begin(ctx); err != nil {
		stop()
		client.Close()
		return nil, err
	}
	go f.run(ctx)
	return f, nil
}

// begin sees to it that the first batch of a join has a record of each partition: one
// that has none yet does not hold the watermark back, and what its leader takes later
// than others do would be late.
func (f *feed) begin(ctx context.Context) error {
	if f.c.Workload != Join {
		return nil
	}
	for _, name := range inputs(Join) {
		for p := range f.c.Partitions {
			f.send(name, p, "begin-"+name, name)
		}
	}
	return f.flush(ctx)
}

// create makes a topic that keeps its records, and waits until brokers show it.
func create(ctx context.Context, client *kgo.Client, name string, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	admin, forever := kadm.NewClient(client), "-1"
	if _, err := admin.CreateTopic(ctx, int32(n), -1, map[string]*string{"retention.ms": &forever}, name); err != nil {
		return err
	}
	for {
		all, err := admin.ListTopics(ctx, name)
		if err != nil {
			return err
		}
		led := 0
		for _, p := range all[name].Partitions {
			if p.Err == nil && p.Leader >= 0 {
				led++
			}
		}
		if led == n {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *feed) run(ctx context.Context) {
	defer close(f.ended)
	every := time.NewTicker(tick)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			for range f.c.Rate * int(tick/time.Millisecond) / 1000 {
				if f.sent.Load() < f.most.Load() {
					f.one()
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// one sends a record: mostly of a few keys.
func (f *feed) one() {
	k := f.random.IntN(1 + f.random.IntN(keys))
	f.now = f.now.Add(step)
	name := "in"
	var value string
	switch {
	case f.c.Workload == Join:
		name = []string{"left", "right"}[f.random.IntN(2)]
		value = fmt.Sprintf("%s%d", name[:1], f.sent.Load())
	case f.random.IntN(f.c.BadOf) == 0:
		value = bad(f.c.Workload, f.sent.Load())
	default:
		f.seq[k]++
		value = good(f.c.Workload, f.seq[k])
	}
	f.send(name, k%f.c.Partitions, fmt.Sprintf("k%d", k), value)
}

func (f *feed) send(name string, partition int, key, value string) {
	r := &kgo.Record{Topic: topic(f.c.prefix(), name), Partition: int32(partition), Key: []byte(key), Value: []byte(value), Timestamp: f.now}
	f.sent.Add(1)
	f.client.Produce(context.Background(), r, func(_ *kgo.Record, err error) {
		if err != nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.err = err
		}
	})
}

// finish ends the load. For joins it sends what moves all watermarks on.
func (f *feed) finish(ctx context.Context) error {
	f.halt()
	if f.c.Workload == Join {
		f.now = f.now.Add(time.Minute)
		for _, name := range inputs(Join) {
			for p := range f.c.Partitions {
				f.send(name, p, closing+name, name)
			}
		}
	}
	return f.flush(ctx)
}

func (f *feed) flush(ctx context.Context) error {
	if err := f.client.Flush(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// closing begins the keys of records that only move the watermark.
const closing = "end-"

func (f *feed) halt() {
	f.stop()
	<-f.ended
}

func (f *feed) close() {
	f.halt()
	f.client.Close()
}
