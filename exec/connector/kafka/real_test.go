package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// On a real broker: transactions and their markers, records that were deleted,
// and any way to cut what is left, in each codec.
func TestRealKafkaExactRanges(t *testing.T) {
	servers := exectest.Kafka(t)
	for name, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "zstd": kgo.ZstdCompression()} {
		topic := exectest.Topic(t, servers, 1)
		plain := newTestClient(t, servers, kgo.ProducerBatchCompression(codec))
		tx := newTestClient(t, servers, kgo.ProducerBatchCompression(codec), kgo.TransactionalID(topic))
		produce(t, plain, topic, 0, "gone", "gone too", "gone as well")
		for i := range 4 {
			inTransaction(t, tx, i%2 == 0, topic, 0, fmt.Sprint("tx", i), fmt.Sprint("more", i))
			produce(t, plain, topic, 0, fmt.Sprint("plain", i))
		}
		produce(t, plain, topic, 0, "last")
		inTransaction(t, tx, false, topic, 0, "aborted at the end")
		cut := kadm.Offsets{}
		cut.Add(kadm.Offset{Topic: topic, At: 3})
		if _, err := kadm.NewClient(plain).DeleteRecords(ctxOf(t), cut); err != nil {
			t.Fatal(err)
		}
		want := oracle(t, servers, topic)
		views := func(s *source.Spec) { s.Views = true }
		for _, s := range []opened{
			openSpec(t, servers, true, views, NewProvider(), "subscribe="+topic, "startingOffsets=earliest"),
			openSpec(t, servers, false, nil, NewProvider(), "subscribe="+topic),
		} {
			from := s.initial()
			to := s.next(from)
			if string(from) != string(off(`{%q:{"0":3}}`, topic)) {
				t.Fatalf("%s: begins at %s", name, from)
			}
			ends, err := parseOffsets(to)
			if err != nil {
				t.Fatal(err)
			}
			end := ends[tp{topic, 0}]
			for size := int64(1); size <= end; size++ {
				var got []string
				for at := int64(3); at < end; at += size {
					got = append(got, s.read(off(`{%q:{"0":%d}}`, topic, at), off(`{%q:{"0":%d}}`, topic, min(end, at+size)))...)
				}
				equal(t, got, append([]string(nil), want...))
			}
			if _, err := s.tryRead(off(`{%q:{"0":1}}`, topic), to); err == nil || !strings.Contains(err.Error(), "offsets 1 to 3 are lost") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A stream follows eight partitions while they are written to, and hears of each
// event when it is there, not when a fetch has waited in vain.
func TestRealKafkaFollow(t *testing.T) {
	servers := exectest.Kafka(t)
	topic := exectest.Topic(t, servers, 8)
	cl := newTestClient(t, servers)
	s := stream1(t, servers, "subscribe="+topic, "kafka.fetch.max.wait.ms=15000")
	at := s.initial()
	var got, want []string
	var slowest time.Duration
	for i := range 40 {
		heard := make(chan time.Time, 1)
		go func() {
			if err := s.Wait(ctxOf(t), at); err != nil {
				t.Error(err)
			}
			heard <- time.Now()
		}()
		time.Sleep(5 * time.Millisecond)
		produce(t, cl, topic, int32(i%8), fmt.Sprint(i))
		sent := time.Now()
		slowest = max(slowest, (<-heard).Sub(sent))
		want = append(want, fmt.Sprintf("%s-%d@%d=%d", topic, i%8, i/8, i))
		to := s.next(at)
		got = append(got, s.read(at, to)...)
		at = to
	}
	equal(t, got, want)
	t.Logf("the slowest event was heard of %s after its acknowledgement", slowest)
	if slowest > 10*time.Second {
		t.Errorf("an event was heard of %s after its acknowledgement", slowest)
	}
}

// A topic that is deleted and made anew is another one.
func TestRealKafkaRecreated(t *testing.T) {
	servers := exectest.Kafka(t)
	topic := exectest.Topic(t, servers, 1)
	cl := newTestClient(t, servers)
	produce(t, cl, topic, 0, "a", "b")
	s := stream1(t, servers, "subscribe="+topic, "startingOffsets=earliest", "kafka.metadata.max.age.ms=50")
	at := s.next(s.initial())
	done := make(chan error, 1)
	go func() { done <- s.Wait(ctxOf(t), at) }()
	adm := kadm.NewClient(cl)
	if _, err := adm.DeleteTopics(ctxOf(t), topic); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := adm.CreateTopic(ctxOf(t), 1, 1, nil, topic); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "deleted") {
		t.Fatalf("Wait: %v", err)
	}
}

// A query that was stopped knows the topic again, and its log by the leader's epoch;
// one that was made anew is another, with more records than before.
func TestRealKafkaRecall(t *testing.T) {
	servers := exectest.Kafka(t)
	topic := exectest.Topic(t, servers, 1)
	produce(t, newTestClient(t, servers), topic, 0, "a", "b")
	first := stream1(t, servers, "subscribe="+topic, "startingOffsets=earliest")
	to := first.next(first.initial())
	pinned := first.Pin(to)
	k := tp{topic, 0}
	epoch, ok := first.epochs[k]
	if !ok || first.id(topic) == [16]byte{} {
		t.Fatalf("pinned to %s", pinned)
	}
	if ends, err := first.cluster.epochEnds(ctxOf(t), offsets{k: epoch}); err != nil || ends[k] != 2 {
		t.Fatalf("epoch %d ends at %v, %v", epoch, ends, err)
	}
	if ends, err := first.cluster.epochEnds(ctxOf(t), offsets{k: epoch + 7}); err != nil || len(ends) != 0 {
		t.Fatalf("an epoch to come ends at %v, %v", ends, err)
	}
	if err := stream1(t, servers, "subscribe="+topic).Recall(ctxOf(t), to, pinned); err != nil {
		t.Fatal(err)
	}
	adm := kadm.NewClient(newTestClient(t, servers))
	if _, err := adm.DeleteTopics(ctxOf(t), topic); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := adm.CreateTopic(ctxOf(t), 1, 1, nil, topic); err == nil || time.Now().After(deadline) {
			break
		}
	}
	produce(t, newTestClient(t, servers), topic, 0, "A", "B", "C")
	err := stream1(t, servers, "subscribe="+topic).Recall(ctxOf(t), to, pinned)
	if !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), "made anew (its id is ") {
		t.Fatalf("Recall: %v", err)
	}
	var lost []string
	loose := openSpec(t, servers, true, nil, NewProvider(OnDataLoss(func(l Loss) { lost = append(lost, fmt.Sprint(l.From, "-", l.To)) })),
		"subscribe="+topic, "failOnDataLoss=false")
	if err := loose.Recall(ctxOf(t), to, pinned); err != nil {
		t.Fatal(err)
	}
	back := loose.next(to)
	equal(t, loose.read(to, back), nil)
	equal(t, loose.read(back, loose.next(back)), []string{topic + "-0@0=A", topic + "-0@1=B", topic + "-0@2=C"})
	if fmt.Sprint(lost) != "[2--1]" {
		t.Errorf("lost %v", lost)
	}
}
