package kafka

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A stream that waits for data asks the broker once in each
// kafka.fetch.max.wait.ms, and for nothing else.
func TestIdle(t *testing.T) {
	c := broker(t, kfake.SeedTopics(4, "t"))
	produce(t, newTestClient(t, bootstrap(c)), "t", 0, "a", "b")
	const wait = 100 * time.Millisecond
	s := stream1(t, bootstrap(c), "subscribe=t", "startingOffsets=earliest", "kafka.fetch.max.wait.ms=100")
	at, err := s.Initial(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	if at, err = s.kafkaSource.Next(ctxOf(t), at); err != nil {
		t.Fatal(err)
	}
	rest := func(length time.Duration) {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctxOf(t), length)
		defer cancel()
		if err := s.Wait(ctx, at); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the wait ended with %v", err)
		}
	}
	for begin := time.Now(); !s.ahead.rests(4); rest(wait) { // until all partitions are at their end
		if time.Since(begin) > 20*time.Second {
			t.Fatal("the stream does not come to rest")
		}
	}
	var asked atomic.Int64
	c.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		asked.Add(1)
		c.KeepControl()
		return nil, nil, false
	})
	begin := time.Now()
	rest(10 * wait)
	if n, most := asked.Load(), int64(time.Since(begin)/wait)+4; n > most {
		t.Errorf("an idle stream made %d requests in %v, more than %d", n, time.Since(begin), most)
	}
}

// rests tells whether one request waits for all of n partitions.
func (a *ahead) rests(n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.parts {
		if !p.caught || !p.outTail {
			return false
		}
	}
	return len(a.parts) == n
}
