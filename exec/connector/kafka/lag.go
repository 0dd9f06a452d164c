package kafka

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/riffledata/riffle/exec/source"
)

// lag publishes what a query has read as the offsets of a consumer group, so that
// the usual tools show how far it is behind. They are never read back, and that
// they cannot be published is no error. One goroutine publishes the newest ones.
type lag struct {
	admin *kadm.Client
	group string

	mu      sync.Mutex
	next    offsets // to be published; nil for none
	running sync.WaitGroup
	busy    bool
}

func newLag(c *cluster, group string) *lag { return &lag{admin: kadm.NewClient(c.cl), group: group} }

// publish returns at once.
func (l *lag) publish(ctx context.Context, at offsets) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = at
	if l.busy || ctx.Err() != nil {
		return
	}
	l.busy = true
	l.running.Go(func() { l.run(ctx) })
}

func (l *lag) run(ctx context.Context) {
	for {
		l.mu.Lock()
		at := l.next
		l.next = nil
		if at == nil || ctx.Err() != nil {
			l.busy = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		all := kadm.Offsets{}
		for _, k := range at.sorted() {
			all.AddOffset(k.topic, k.partition, at[k], -1)
		}
		_, _ = l.admin.CommitOffsets(ctx, l.group, all) // best effort
	}
}

// wait returns once nothing is being published; the context has ended before.
func (l *lag) wait() { l.running.Wait() }

// Committed publishes the offsets, if the query has a consumer group for that.
func (s *kafkaSource) Committed(_ context.Context, to source.Offset) error {
	if s.lag == nil {
		return nil
	}
	at, err := parseOffsets(to)
	if err != nil {
		return err
	}
	s.lag.publish(s.ctx, at)
	return nil
}
