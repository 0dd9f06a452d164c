package kafka

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

func off(format string, args ...any) source.Offset {
	return source.Offset(fmt.Sprintf(format, args...))
}

// holey fills a compacted topic so that its log has holes at the start, in the
// middle and at the end of record batches, aborted transactions and markers. It
// returns the end, and what is left to read of it.
func holey(t testing.TB, c *kfake.Cluster) (int64, []string) {
	t.Helper()
	compact := "compact"
	if err := c.CreateTopic("holes", 1, map[string]string{"cleanup.policy": compact}); err != nil {
		t.Fatal(err)
	}
	plain := newTestClient(t, bootstrap(c))
	tx := newTestClient(t, bootstrap(c), kgo.TransactionalID("holes"))
	put := func(cl *kgo.Client, keys ...string) {
		var recs []*kgo.Record
		for _, k := range keys {
			recs = append(recs, &kgo.Record{Topic: "holes", Key: []byte(k), Value: []byte(k)})
		}
		if err := cl.ProduceSync(ctxOf(t), recs...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 4 {
		put(plain, "a", "b", "c", fmt.Sprint("only", round), "d")
		for _, commit := range []bool{true, false} {
			if err := tx.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			put(tx, "e", fmt.Sprint("tx", round, commit), "a")
			endTransaction(t, tx, commit)
		}
		put(plain, "f", "f", "f")
	}
	c.Compact()
	put(plain, "last")
	return c.PartitionInfo("holes", 0).HighWatermark, oracle(t, bootstrap(c), "holes")
}

// oracle reads a topic with the client library's own consumer.
func oracle(t testing.TB, servers, topic string) []string {
	t.Helper()
	cl := newTestClient(t, servers, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	var rows []string
	for {
		fs := cl.PollFetches(ctxOf(t))
		if err := fs.Err(); err != nil {
			t.Fatal(err)
		}
		for _, r := range fs.Records() {
			rows = append(rows, fmt.Sprintf("%s-%d@%d=%s", r.Topic, r.Partition, r.Offset, r.Value))
			if string(r.Value) == "last" {
				return rows
			}
		}
	}
}

// Any cut of a log gives each record once, whatever lies between, however it is
// read.
func TestAnyCutGivesEachRecordOnce(t *testing.T) {
	c := broker(t)
	end, want := holey(t, c)
	t.Logf("%d records in %d offsets", len(want), end)
	if int64(len(want)) > end/2 {
		t.Fatal("the topic has no holes")
	}
	sources := []opened{
		stream1(t, bootstrap(c), "subscribe=holes", "startingOffsets=earliest"),
		batch1(t, bootstrap(c), "subscribe=holes"),
		batch1(t, bootstrap(c), "subscribe=holes", "minPartitions=5"),
		openSpec(t, bootstrap(c), true, func(s *source.Spec) { s.Views = true }, NewProvider(), "subscribe=holes", "kafka.max.partition.fetch.bytes=1024"),
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := sources[rapid.IntRange(0, len(sources)-1).Draw(rt, "source")]
		var got []string
		for at := int64(0); at < end; {
			to := min(end, at+rapid.Int64Range(1, end).Draw(rt, "size"))
			got = append(got, s.read(off(`{"holes":{"0":%d}}`, at), off(`{"holes":{"0":%d}}`, to))...)
			at = to
		}
		equal(t, got, append([]string(nil), want...))
	})
}

func TestDeletedRecords(t *testing.T) {
	for _, streaming := range []bool{true, false} {
		c := broker(t, kfake.SeedTopics(1, "dns"))
		cl := newTestClient(t, bootstrap(c))
		for i := range 10 {
			produce(t, cl, "dns", 0, fmt.Sprint(i))
		}
		var mu sync.Mutex
		var lost []string
		count := OnDataLoss(func(l Loss) {
			mu.Lock()
			defer mu.Unlock()
			lost = append(lost, fmt.Sprintf("%s-%d [%d,%d)", l.Topic, l.Partition, l.From, l.To))
		})
		strict := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=dns", "startingOffsets=earliest")
		loose := openSpec(t, bootstrap(c), streaming, nil, NewProvider(count), "subscribe=dns", "startingOffsets=earliest", "failOnDataLoss=false")
		if err := c.DeleteRecords("dns", 0, 6); err != nil {
			t.Fatal(err)
		}
		_, err := strict.tryRead(off(`{"dns":{"0":2}}`), off(`{"dns":{"0":10}}`))
		if !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), "dns-0: offsets 2 to 6 are lost") {
			t.Fatalf("error %v", err)
		}
		equal(t, loose.read(off(`{"dns":{"0":2}}`), off(`{"dns":{"0":10}}`)), []string{"dns-0@6=6", "dns-0@7=7", "dns-0@8=8", "dns-0@9=9"})
		equal(t, loose.read(off(`{"dns":{"0":1}}`), off(`{"dns":{"0":4}}`)), nil)
		equal(t, lost, []string{"dns-0 [2,6)", "dns-0 [1,4)"})
		equal(t, strict.read(off(`{"dns":{"0":8}}`), off(`{"dns":{"0":10}}`)), []string{"dns-0@8=8", "dns-0@9=9"})
	}
}

func TestWaitSeesLoss(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	cl := newTestClient(t, bootstrap(c))
	produce(t, cl, "dns", 0, "0", "1", "2", "3")
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest")
	if err := c.DeleteRecords("dns", 0, 3); err != nil {
		t.Fatal(err)
	}
	at := off(`{"dns":{"0":1}}`)
	if err := s.Wait(ctxOf(t), at); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tryRead(at, s.next(at)); !errors.Is(err, ErrDataLoss) {
		t.Fatal(err)
	}
}

func TestRecreatedTopic(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	cl := newTestClient(t, bootstrap(c))
	produce(t, cl, "dns", 0, "a", "b")
	fast := []string{"subscribe=dns", "startingOffsets=earliest", "kafka.metadata.max.age.ms=50", "kafka.retry.backoff.ms=10"}
	strict := stream1(t, bootstrap(c), fast...)
	n := 0
	loose := openSpec(t, bootstrap(c), true, nil, NewProvider(OnDataLoss(func(Loss) { n++ })), append(fast, "failOnDataLoss=false")...)
	first := strict.next(off(`{}`))
	loose.next(off(`{}`))
	old := strict.rangesOf(off(`{}`), first)[0]
	if err := c.DeleteTopic("dns"); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateTopic("dns", 1, nil); err != nil {
		t.Fatal(err)
	}
	again := newTestClient(t, bootstrap(c))
	produce(t, again, "dns", 0, "c", "d", "e")
	time.Sleep(60 * time.Millisecond)
	if _, err := strict.Next(ctxOf(t), first); !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), "made anew") {
		t.Fatalf("error %v", err)
	}
	if err := strict.Wait(ctxOf(t), first); !errors.Is(err, ErrDataLoss) {
		t.Fatalf("error %v", err)
	}
	if _, err := strict.Open(ctxOf(t), old); !errors.Is(err, ErrDataLoss) {
		t.Fatalf("error %v", err)
	}
	// First the offset goes back, in a batch of its own; then all of the new topic is read.
	back := loose.next(first)
	if string(back) != `{"dns":{"0":0}}` || string(loose.next(back)) != string(back) || n != 1 {
		t.Fatalf("goes back to %s, then to %s, %d losses told", back, loose.next(back), n)
	}
	equal(t, loose.read(first, back), nil)
	equal(t, loose.read(back, loose.next(back)), []string{"dns-0@0=c", "dns-0@1=d", "dns-0@2=e"})
}

func TestDeletedTopic(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns", "conn"))
	cl := newTestClient(t, bootstrap(c))
	produce(t, cl, "dns", 0, "a")
	fast := []string{"subscribe=dns,conn", "startingOffsets=earliest", "kafka.metadata.max.age.ms=50", "kafka.retry.backoff.ms=10"}
	strict := stream1(t, bootstrap(c), fast...)
	loose := stream1(t, bootstrap(c), append(fast, "failOnDataLoss=false")...)
	at := strict.next(off(`{}`))
	if err := c.DeleteTopic("dns"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(60 * time.Millisecond)
	if _, err := strict.Next(ctxOf(t), at); !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), "deleted") {
		t.Fatalf("error %v", err)
	}
	if to := loose.next(at); string(to) != string(at) {
		t.Fatalf("nothing is new, but Next says %s", to)
	}
	done := make(chan error, 1)
	go func() { done <- loose.Wait(ctxOf(t), at) }()
	time.Sleep(20 * time.Millisecond)
	produce(t, cl, "conn", 0, "b")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	equal(t, loose.read(at, loose.next(at)), []string{"conn-0@0=b"})
}
