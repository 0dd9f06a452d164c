package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// answer makes the part of a fetch response for one partition.
func answer(change func(*kmsg.FetchResponseTopicPartition)) *kmsg.FetchResponseTopicPartition {
	p := kmsg.NewFetchResponseTopicPartition()
	p.HighWatermark, p.LastStableOffset, p.LogStartOffset = 50, 40, 0
	if change != nil {
		change(&p)
	}
	return &p
}

func TestAnswers(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	s := batch1(t, bootstrap(c), "subscribe=t", "kafka.client.rack=here")
	k := tp{"t", 0}
	for _, test := range []struct {
		name   string
		answer *kmsg.FetchResponseTopicPartition
		to     int64
		pos    int64  // after it; the range begins at 10
		done   bool   // there is a chunk
		says   string // in the error
	}{
		{"records", answer(func(p *kmsg.FetchResponseTopicPartition) { p.RecordBatches = recordBatch(10, 0, -1, "a", "b") }), 40, 15, true, ""},
		{"a hole up to the end of the range", answer(nil), 40, 40, true, ""},
		{"nothing, and the log is not stable that far", answer(nil), 41, 10, false, ""},
		{"not one whole batch", answer(func(p *kmsg.FetchResponseTopicPartition) { p.RecordBatches = recordBatch(10, 0, -1, "a")[:50] }), 40, 10, false, ""},
		{"a moved leader", answer(func(p *kmsg.FetchResponseTopicPartition) { p.ErrorCode = kerr.NotLeaderForPartition.Code }), 40, 10, false, ""},
		{"a nearer replica", answer(func(p *kmsg.FetchResponseTopicPartition) { p.PreferredReadReplica = 3 }), 40, 10, false, ""},
		{"a forbidden topic", answer(func(p *kmsg.FetchResponseTopicPartition) { p.ErrorCode = kerr.TopicAuthorizationFailed.Code }), 40, 10, false, "TOPIC_AUTHORIZATION_FAILED"},
		{"a log cut back and written anew", answer(func(p *kmsg.FetchResponseTopicPartition) { p.DivergingEpoch.EndOffset = 7 }), 40, 10, false, "offsets from 10 on are lost"},
		{"damage", answer(func(p *kmsg.FetchResponseTopicPartition) {
			p.RecordBatches = controlBatch(10, 1, 0)
			p.RecordBatches[headerSize+2] ^= 1
		}), 40, 10, false, "damaged"},
	} {
		p := &puller{s: s.kafkaSource, at: k, pos: 10, to: test.to, replica: -1, lastEpoch: -1, bytes: 1024}
		got, done, err := p.accept(ctxOf(t), s.cluster.take(k, 10, test.answer))
		if p.pos != test.pos || done != test.done || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: position %d, done %t, error %v", test.name, p.pos, done, err)
		}
		if done && (got.from != 10 || got.next != test.pos) {
			t.Errorf("%s: chunk [%d, %d)", test.name, got.from, got.next)
		}
	}
}

// A broker over its quota answers with nothing: that is no hole.
func TestThrottledAnswerIsNoHole(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	produce(t, newTestClient(t, bootstrap(c)), "t", 0, "a", "b")
	for _, streaming := range []bool{false, true} {
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=t", "startingOffsets=earliest", "kafka.retry.backoff.ms=10")
		id := s.id("t")
		left := 5
		c.ControlKey(1, func(r kmsg.Request) (kmsg.Response, error, bool) {
			if left--; left < 0 {
				return nil, nil, false
			}
			c.KeepControl()
			resp := r.ResponseKind().(*kmsg.FetchResponse)
			resp.ThrottleMillis = 1
			top := kmsg.NewFetchResponseTopic()
			top.Topic, top.TopicID = "t", id
			top.Partitions = append(top.Partitions, *answer(nil))
			resp.Topics = append(resp.Topics, top)
			return resp, nil, true
		})
		equal(t, s.read(off(`{"t":{"0":0}}`), off(`{"t":{"0":2}}`)), []string{"t-0@0=a", "t-0@1=b"})
	}
}

// A leader that was elected after a range was planned must have all of it.
func TestLaterLeader(t *testing.T) {
	c := broker(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "t"))
	produce(t, newTestClient(t, bootstrap(c)), "t", 0, "a", "b")
	s := batch1(t, bootstrap(c), "subscribe=t", "kafka.retry.backoff.ms=10")
	r := s.rangesOf(off(`{}`), off(`{"t":{"0":2}}`))[0]
	for i := range int32(2) {
		if err := c.MoveTopicPartition("t", 0, i); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(20 * time.Millisecond)
	if _, err := s.catalog(ctxOf(t), true); err != nil {
		t.Fatal(err)
	}
	st, err := s.Open(ctxOf(t), r)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := drain(st)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, textOf(rows), []string{"t-0@0=a", "t-0@1=b"})
	c.ControlKey(23, func(req kmsg.Request) (kmsg.Response, error, bool) {
		resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		top := kmsg.NewOffsetForLeaderEpochResponseTopic()
		top.Topic = "t"
		p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
		p.EndOffset = 1
		top.Partitions = append(top.Partitions, p)
		resp.Topics = append(resp.Topics, top)
		return resp, nil, true
	})
	if _, err := s.Open(ctxOf(t), r); !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), "t-0: offsets 1 to 2 are lost") {
		t.Fatal(err)
	}
}

// A log that ends before what was read: a broker lost its end.
func TestLogThatWentBack(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	produce(t, newTestClient(t, bootstrap(c)), "t", 0, "a", "b")
	strict := stream1(t, bootstrap(c), "subscribe=t", "startingOffsets=earliest", "kafka.default.api.timeout.ms=300")
	var lost []string
	loose := openSpec(t, bootstrap(c), true, nil, NewProvider(OnDataLoss(func(l Loss) { lost = append(lost, fmt.Sprint(l.From, "-", l.To)) })), "subscribe=t", "failOnDataLoss=false")
	at := off(`{"t":{"0":9}}`)
	if _, err := strict.Next(ctxOf(t), at); !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), "t-0: offsets 2 to 9 are lost: the log ends at 2") {
		t.Fatal(err)
	}
	if err := strict.Wait(ctxOf(t), at); err != nil {
		t.Fatal(err) // Next has the error
	}
	if err := loose.Wait(ctxOf(t), at); err != nil {
		t.Fatal(err)
	}
	back := loose.next(at)
	if string(back) != `{"t":{"0":0}}` || fmt.Sprint(lost) != "[2-9]" {
		t.Fatalf("goes back to %s, lost %v", back, lost)
	}
	equal(t, loose.read(at, back), nil)
	equal(t, loose.read(back, loose.next(back)), []string{"t-0@0=a", "t-0@1=b"})
	if _, err := strict.tryRead(off(`{"t":{"0":0}}`), off(`{"t":{"0":9}}`)); err == nil || !strings.Contains(err.Error(), "the log is readable up to 2, the range goes to 9") {
		t.Fatal(err)
	}
}

// Messages of the formats before record batches, as brokers still serve them.
func TestLegacyMessages(t *testing.T) {
	message := func(offset int64, value string) []byte {
		m := kmsg.MessageV1{Offset: offset, Magic: 1, Timestamp: 5, Key: []byte("k"), Value: []byte(value)}
		return sealLegacy(m.AppendTo(nil))
	}
	raw := append(message(3, "three"), message(4, "a value of some length")...)
	raw = append(raw, recordBatch(7, 0, -1, "new")...)
	for pos := int64(2); pos < 9; pos++ {
		want, wantNext, err := theirs(raw, pos, 1<<40, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, next, err := ours(raw, pos, 1<<40, nil)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || next != wantNext {
			t.Fatalf("from %d: to %d %q, %v\nwant to %d %q", pos, next, got, err, wantNext, want)
		}
	}
	if got, _, _ := ours(raw, 0, 1<<40, nil); len(got) != 3 {
		t.Fatalf("rows %q", got)
	}
}
