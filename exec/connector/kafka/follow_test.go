package kafka

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestNewPartitionsAndTopicsAreFound(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "zeek_dns", "other"))
	cl := newTestClient(t, bootstrap(c), kgo.MetadataMinAge(10*time.Millisecond))
	adm := kadm.NewClient(cl)
	s := stream1(t, bootstrap(c), "subscribePattern=zeek_.*", "startingOffsets=latest", "kafka.metadata.max.age.ms=30")
	produce(t, cl, "zeek_dns", 0, "old")
	produce(t, cl, "other", 0, "not wanted")
	at := s.initial()
	wait := func(do func()) []string {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- s.Wait(ctxOf(t), at) }()
		time.Sleep(10 * time.Millisecond)
		do()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		to := s.next(at)
		rows := s.read(at, to)
		at = to
		return rows
	}
	// What is in a new partition before it is found is read too.
	equal(t, wait(func() {
		if _, err := adm.CreatePartitions(ctxOf(t), 1, "zeek_dns"); err != nil {
			t.Fatal(err)
		}
		produce(t, newTestClient(t, bootstrap(c)), "zeek_dns", 1, "a", "b")
	}), []string{"zeek_dns-1@0=a", "zeek_dns-1@1=b"})
	equal(t, wait(func() {
		if err := c.CreateTopic("zeek_conn", 2, nil); err != nil {
			t.Fatal(err)
		}
		produce(t, newTestClient(t, bootstrap(c)), "zeek_conn", 1, "c")
	}), []string{"zeek_conn-1@0=c"})
	// An empty partition is not yet part of the offsets.
	if string(at) != `{"zeek_conn":{"1":1},"zeek_dns":{"0":1,"1":2}}` {
		t.Errorf("offsets %s", at)
	}
}

func TestMaxOffsetsPerTrigger(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "dns"))
	cl := newTestClient(t, bootstrap(c))
	for p, n := range []int{60, 30, 2} {
		for range n {
			produce(t, cl, "dns", int32(p), "x")
		}
	}
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest", "maxOffsetsPerTrigger=10")
	at := s.initial()
	rows := 0
	for i := 0; ; i++ {
		to := s.next(at)
		if string(to) == string(at) {
			break
		}
		if i == 0 && string(to) != `{"dns":{"0":6,"1":3,"2":1}}` {
			t.Errorf("the first batch ends at %s", to)
		}
		if got := fmt.Sprint(s.Metrics(to)); i == 0 && got != "map[avgOffsetsBehindLatest:27.333333333333332 maxOffsetsBehindLatest:54 minOffsetsBehindLatest:1]" {
			t.Errorf("after the first batch the source tells %s", got)
		}
		rows += len(s.read(at, to))
		at = to
	}
	if rows != 92 {
		t.Errorf("%d rows", rows)
	}
}

func TestFreeze(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	cl := newTestClient(t, bootstrap(c))
	produce(t, cl, "dns", 0, "a", "b")
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest")
	if err := s.Freeze(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	produce(t, cl, "dns", 0, "c")
	at := s.next(off(`{"dns":{"0":0}}`))
	if string(at) != `{"dns":{"0":2}}` || string(s.next(at)) != string(at) {
		t.Fatalf("goes on to %s, then %s", at, s.next(at))
	}
	if string(s.Latest()) != `{"dns":{"0":3}}` {
		t.Errorf("latest is %s", s.Latest())
	}
}

func TestPlaces(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "dns"))
	cl := newTestClient(t, bootstrap(c))
	for i := range 5 {
		for p := range int32(2) {
			r := &kgo.Record{Topic: "dns", Partition: p, Value: []byte("x"), Timestamp: time.UnixMilli(int64(1000 * (i + 1)))}
			if err := cl.ProduceSync(ctxOf(t), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct{ kv, from, to, err string }{
		{"startingTimestamp=2500 endingTimestamp=4000", `{"dns":{"0":2,"1":2}}`, `{"dns":{"0":3,"1":3}}`, ""},
		{`startingOffsetsByTimestamp={"dns":{"0":1000,"1":5000}} endingTimestamp=9000`, `{"dns":{"0":0,"1":4}}`, `{"dns":{"0":5,"1":5}}`, ""},
		{"startingTimestamp=9000", "", "", "dns-0 has no record at or after 9000"},
		{"startingTimestamp=9000 startingOffsetsByTimestampStrategy=latest", `{"dns":{"0":5,"1":5}}`, `{"dns":{"0":5,"1":5}}`, ""},
		{`startingOffsets={"dns":{"0":3,"1":-2}} endingOffsets={"dns":{"0":-1,"1":1}}`, `{"dns":{"0":3,"1":0}}`, `{"dns":{"0":5,"1":1}}`, ""},
		{`startingOffsets={"dns":{"0":3}}`, "", "", "it must name all partitions"},
		{`startingOffsets={"dns":{"0":3,"1":9}}`, "", "", "dns-1 has no offset 9 yet, it ends at 5"},
	} {
		s := batch1(t, bootstrap(c), append([]string{"subscribe=dns"}, strings.Fields(test.kv)...)...)
		from, to, err := s.Bounds(ctxOf(t))
		if err != nil && test.err != "" && strings.Contains(err.Error(), test.err) {
			continue
		}
		if err != nil || string(from) != test.from || string(to) != test.to {
			t.Errorf("%s: %s to %s, %v", test.kv, from, to, err)
		}
	}
}

func TestAssign(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "dns"))
	cl := newTestClient(t, bootstrap(c))
	for p := range int32(3) {
		produce(t, cl, "dns", p, "x")
	}
	s := batch1(t, bootstrap(c), `assign={"dns":[0,2]}`)
	from, to, err := s.Bounds(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, s.read(from, to), []string{"dns-0@0=x", "dns-2@0=x"})
}

// Leaders move, and a broker goes away, while a stream follows.
func TestLeadersMove(t *testing.T) {
	c := broker(t, kfake.NumBrokers(3), kfake.SeedTopics(3, "dns"))
	cl := newTestClient(t, bootstrap(c), kgo.MetadataMinAge(10*time.Millisecond))
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest", "kafka.retry.backoff.ms=10")
	at := s.initial()
	var got, want []string
	for round := range 6 {
		for p := range int32(3) {
			v := fmt.Sprint("r", round)
			produce(t, cl, "dns", p, v)
			want = append(want, fmt.Sprintf("dns-%d@%d=%s", p, round, v))
		}
		if err := c.MoveTopicPartition("dns", int32(round%3), int32((round+1)%3)); err != nil {
			t.Fatal(err)
		}
		if err := s.Wait(ctxOf(t), at); err != nil {
			t.Fatal(err)
		}
		for {
			to := s.next(at)
			if string(to) == string(at) {
				break
			}
			got = append(got, s.read(at, to)...)
			at = to
		}
	}
	equal(t, got, want)
}

// Records larger than every budget come through, one by one.
func TestLargeRecords(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "big"))
	cl := newTestClient(t, bootstrap(c), kgo.ProducerBatchMaxBytes(1<<20))
	big := strings.Repeat("0123456789", 50_000)
	for i := range 5 {
		produce(t, cl, "big", 0, fmt.Sprint(i, big))
	}
	for _, streaming := range []bool{true, false} {
		kv := []string{"subscribe=big", "startingOffsets=earliest", "kafka.max.partition.fetch.bytes=1024"}
		if streaming {
			kv = append(kv, "prefetch.bytes=65536")
		}
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), kv...)
		rows := s.read(off(`{"big":{"0":0}}`), off(`{"big":{"0":5}}`))
		if len(rows) != 5 || len(rows[4]) < len(big) {
			t.Fatalf("%d rows", len(rows))
		}
	}
}

// Several tasks read at once: the partitions, and one partition's parts, and the
// same range twice.
func TestConcurrentRanges(t *testing.T) {
	c := broker(t, kfake.SeedTopics(4, "dns"))
	cl := newTestClient(t, bootstrap(c))
	var want []string
	for p := range int32(4) {
		for i := range 200 {
			want = append(want, fmt.Sprintf("dns-%d@%d=%d", p, i, i))
			cl.Produce(ctxOf(t), &kgo.Record{Topic: "dns", Partition: p, Value: fmt.Append(nil, i)}, nil)
		}
	}
	if err := cl.Flush(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	for _, extra := range []string{"minPartitions=1", "minPartitions=11"} {
		s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest", extra)
		at := s.initial()
		ranges := s.rangesOf(at, s.next(at))
		var mu sync.Mutex
		var got []string
		var wg sync.WaitGroup
		for _, r := range append(ranges, ranges...) {
			wg.Go(func() {
				st, err := s.Open(context.Background(), r)
				if err != nil {
					t.Error(err)
					return
				}
				rows, err := drain(st)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, textOf(rows)...)
			})
		}
		wg.Wait()
		equal(t, got, append(append([]string(nil), want...), want...))
	}
}

// While nobody reads a partition, little of it is kept; with a reader, no more
// than its budget and one fetch.
func TestPrefetchIsBounded(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	cl := newTestClient(t, bootstrap(c), kgo.ProducerBatchMaxBytes(64<<10), kgo.ProducerBatchCompression(kgo.NoCompression()))
	value := strings.Repeat("x", 10_000)
	for range 300 {
		cl.Produce(ctxOf(t), &kgo.Record{Topic: "dns", Value: []byte(value)}, nil)
	}
	if err := cl.Flush(ctxOf(t)); err != nil {
		t.Fatal(err)
	}
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest", "prefetch.bytes=500000")
	at := s.initial()
	held := func(least, most int64) {
		t.Helper()
		var n int64
		for begin := time.Now(); n < least && time.Since(begin) < 20*time.Second; n = s.ahead.holds(tp{"dns", 0}) {
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // in which it would fetch on
		if n = s.ahead.holds(tp{"dns", 0}); n < least || n > most {
			t.Errorf("%d bytes are held ahead, want %d to %d", n, least, most)
		}
	}
	if err := s.Wait(ctxOf(t), at); err != nil {
		t.Fatal(err)
	}
	held(1, 3*peekBytes) // for nobody
	equal(t, s.read(at, off(`{"dns":{"0":1}}`)), []string{"dns-0@0=" + value})
	held(250_000, 700_000)
	if rows := s.read(off(`{"dns":{"0":1}}`), off(`{"dns":{"0":300}}`)); len(rows) != 299 {
		t.Errorf("%d rows", len(rows))
	}
}

// holds returns how many bytes are held of a partition.
func (a *ahead) holds(k tp) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.parts[k].bytes
}

// No read waits for the answer to a fetch at another position.
func TestReadsBackAndForth(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	produce(t, newTestClient(t, bootstrap(c)), "dns", 0, strings.Split("0 1 2 3 4 5 6 7 8 9", " ")...)
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest", "kafka.fetch.max.wait.ms=15000")
	for _, r := range [][2]int{{0, 5}, {5, 10}, {0, 10}, {3, 4}, {4, 6}, {9, 10}, {0, 0}, {2, 9}} {
		var want []string
		for i := r[0]; i < r[1]; i++ {
			want = append(want, fmt.Sprintf("dns-0@%d=%d", i, i))
		}
		begin := time.Now()
		equal(t, s.read(off(`{"dns":{"0":%d}}`, r[0]), off(`{"dns":{"0":%d}}`, r[1])), want)
		if d := time.Since(begin); d > 10*time.Second {
			t.Errorf("[%d, %d) took %s", r[0], r[1], d)
		}
	}
}

func TestCloseMidway(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	produce(t, newTestClient(t, bootstrap(c)), "dns", 0, "a", "b")
	for _, streaming := range []bool{true, false} {
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=dns", "startingOffsets=earliest")
		st, err := s.Open(ctxOf(t), s.rangesOf(off(`{}`), off(`{"dns":{"0":2}}`))[0])
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := st.Next(ctxOf(t)); err == nil {
			t.Error("a closed stream gives rows")
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		st, err = s.Open(ctxOf(t), source.Range{Split: []byte(`{"topic":"dns","partition":0,"from":0,"to":1}`)})
		if err != nil {
			continue
		}
		if rows, err := drain(st); err == nil {
			t.Errorf("a closed source gives %v", textOf(rows))
		}
	}
}
