package kafka

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestBatchReadsAll(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "dns"))
	cl := newTestClient(t, bootstrap(c))
	produce(t, cl, "dns", 0, "a", "b")
	produce(t, cl, "dns", 1, "c")
	s := batch1(t, bootstrap(c), "subscribe=dns")
	from, to, err := s.Bounds(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	if string(from) != `{"dns":{"0":0,"1":0}}` || string(to) != `{"dns":{"0":2,"1":1}}` {
		t.Fatalf("bounds %s %s", from, to)
	}
	equal(t, s.read(from, to), []string{"dns-0@0=a", "dns-0@1=b", "dns-1@0=c"})
}

// Wait hears of an event when it is there, not when a fetch has waited in vain.
func TestStreamWaitsForData(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "dns"))
	cl := newTestClient(t, bootstrap(c))
	s := stream1(t, bootstrap(c), "subscribe=dns", "kafka.fetch.max.wait.ms=15000")
	at := s.initial()
	if to := s.next(at); string(to) != string(at) {
		t.Fatalf("there is nothing, but Next says %s", to)
	}
	for i := range 5 {
		heard := make(chan time.Time, 1)
		go func() {
			if err := s.Wait(ctxOf(t), at); err != nil {
				t.Error(err)
			}
			heard <- time.Now()
		}()
		time.Sleep(30 * time.Millisecond)
		produce(t, cl, "dns", int32(i%2), fmt.Sprint("v", i))
		sent := time.Now()
		late := (<-heard).Sub(sent)
		t.Logf("event to Wait: %s after the acknowledgement", late)
		if late > 10*time.Second {
			t.Errorf("Wait returned %s after the event", late)
		}
		to := s.next(at)
		equal(t, s.read(at, to), []string{fmt.Sprintf("dns-%d@%d=v%d", i%2, i/2, i)})
		at = to
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	s := stream1(t, bootstrap(c), "subscribe=dns")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Wait(ctx, s.initial()); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestTransactions(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "tx"))
	plain := newTestClient(t, bootstrap(c))
	cl := newTestClient(t, bootstrap(c), kgo.TransactionalID("one"))
	inTransaction(t, cl, true, "tx", 0, "a", "b")  // 0 1, marker 2
	inTransaction(t, cl, false, "tx", 0, "x", "y") // 3 4, marker 5
	produce(t, plain, "tx", 0, "c")                // 6
	inTransaction(t, cl, false, "tx", 0, "z")      // 7, marker 8
	want := []string{"tx-0@0=a", "tx-0@1=b", "tx-0@6=c"}
	all := append([]string{"tx-0@3=x", "tx-0@4=y", "tx-0@7=z"}, want...)
	for _, streaming := range []bool{true, false} {
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=tx", "startingOffsets=earliest")
		equal(t, s.read(source.Offset(`{"tx":{"0":0}}`), source.Offset(`{"tx":{"0":9}}`)), want)
		// Each cut, so each range that is a marker or aborted data alone.
		var got []string
		for i := range 9 {
			got = append(got, s.read(source.Offset(fmt.Sprintf(`{"tx":{"0":%d}}`, i)), source.Offset(fmt.Sprintf(`{"tx":{"0":%d}}`, i+1)))...)
		}
		equal(t, got, append([]string(nil), want...))
		u := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=tx", "startingOffsets=earliest", "kafka.isolation.level=read_uncommitted")
		equal(t, u.read(source.Offset(`{"tx":{"0":0}}`), source.Offset(`{"tx":{"0":9}}`)), append([]string(nil), all...))
	}
}

func TestOpenTransactionIsNotRead(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "tx"))
	cl := newTestClient(t, bootstrap(c), kgo.TransactionalID("one"))
	plain := newTestClient(t, bootstrap(c))
	s := stream1(t, bootstrap(c), "subscribe=tx", "startingOffsets=earliest")
	produce(t, plain, "tx", 0, "a")
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	produce(t, cl, "tx", 0, "b")
	produce(t, plain, "tx", 0, "c")
	at := s.next(source.Offset(`{"tx":{"0":0}}`))
	if string(at) != `{"tx":{"0":1}}` {
		t.Fatalf("reads to %s while a transaction is open from 1 on", at)
	}
	done := make(chan error, 1)
	go func() { done <- s.Wait(ctxOf(t), at) }()
	endTransaction(t, cl, true)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	equal(t, s.read(at, s.next(at)), []string{"tx-0@1=b", "tx-0@2=c"})
}
