package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Cluster is a running cluster of brokers. Restart is for one caller at a time, the
// other methods are safe for concurrent use.
type Cluster struct {
	brokers []*Broker
	next    int // to be restarted
}

// StartCluster starts so many brokers, each of which is a controller too, and returns
// once each of them knows all others. Topics have a replica on each broker, and take
// writes while most of them are there. ctx bounds the start alone; Close ends the
// brokers.
func StartCluster(ctx context.Context, nodes int, opts Options) (*Cluster, error) {
	if nodes < 1 {
		return nil, fmt.Errorf("a cluster of %d brokers; it needs one at least", nodes)
	}
	java, shell, classPath, err := find(opts.Jars)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for try := 1; ; try++ {
		c, err := launchAll(ctx, kit{java, shell, classPath}, opts, nodes)
		if err == nil {
			return c, nil
		}
		if try == starts || !errors.Is(err, errPort) {
			return nil, fmt.Errorf("starting Kafka %s: %w", Version, err)
		}
	}
}

func launchAll(ctx context.Context, k kit, opts Options, nodes int) (*Cluster, error) {
	all, err := nodesOf(nodes)
	if err != nil {
		return nil, err
	}
	c := &Cluster{}
	for _, n := range all {
		b, err := launch(k, opts, n, all)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.brokers = append(c.brokers, b)
	}
	for _, b := range c.brokers {
		if err := b.started(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Addr returns the addresses of all brokers, as bootstrap servers are given.
func (c *Cluster) Addr() string {
	var out []string
	for _, b := range c.brokers {
		out = append(out, b.addr)
	}
	return strings.Join(out, ",")
}

// Close kills the brokers, removes their data and waits for all of that. It may be
// called more than once.
func (c *Cluster) Close() error {
	errs := make([]error, len(c.brokers))
	var closing sync.WaitGroup
	for i, b := range c.brokers {
		closing.Go(func() { errs[i] = b.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// Wait returns when one of the brokers has ended, whoever ended it, or with ctx's
// error.
func (c *Cluster) Wait(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := make(chan error, len(c.brokers))
	for _, b := range c.brokers {
		go func() { ends <- b.Wait(ctx) }()
	}
	err := <-ends
	cancel()
	for range c.brokers[1:] {
		<-ends //nolint:errcheck // they were told to end
	}
	return err
}

// Restart kills the brokers in turn, one at each call, with SIGKILL, starts it again
// with its data and the same address, and returns once no replica of any topic is
// behind, so that the next one may go. It may not be called beside Close.
func (c *Cluster) Restart(ctx context.Context) error {
	b := c.brokers[c.next]
	c.next = (c.next + 1) % len(c.brokers)
	if err := b.Restart(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	return b.caughtUp(ctx)
}

// caughtUp waits until each partition has a leader, and all its replicas are in sync.
func (b *Broker) caughtUp(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	for {
		once, cancel := context.WithTimeout(ctx, time.Second)
		topics, err := admin.ListTopicsWithInternal(once)
		cancel()
		behind := 0
		for _, t := range topics {
			for _, p := range t.Partitions {
				if p.Leader < 0 || len(p.ISR) < len(p.Replicas) {
					behind++
				}
			}
		}
		if err == nil && behind == 0 {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d partitions are still behind after a restart of %s: %w", behind, b.addr, errors.Join(ctx.Err(), err))
		}
	}
}
