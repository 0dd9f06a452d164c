package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	errPort  = errors.New("another process took its port")
	errEnded = errors.New("it ended while starting")
)

// ready waits until the broker answers and counts itself and the others of its cluster
// as members.
func (b *Broker) ready(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	for {
		if b.ended(100 * time.Millisecond) {
			return errEnded
		}
		once, cancel := context.WithTimeout(ctx, time.Second)
		brokers, err := admin.ListBrokers(once)
		cancel()
		switch {
		case err == nil && len(brokers) >= b.size:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("it does not answer at %s: %w", b.addr, ctx.Err())
		}
	}
}
