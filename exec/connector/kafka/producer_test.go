package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func newTestProducer(t *testing.T, servers string, options map[string]string) *Producer {
	t.Helper()
	p, err := NewProducer(servers, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// All records arrive, and those of one key in order in one partition.
func TestProducer(t *testing.T) {
	c := broker(t)
	p := newTestProducer(t, bootstrap(c), nil)
	for range 2 { // the second time it is there
		if err := p.CreateTopic(t.Context(), "dns", 4); err != nil {
			t.Fatal(err)
		}
	}
	const n = 2000
	for i := range n {
		var key []byte
		if i%2 == 0 {
			key = fmt.Append(nil, "host ", i%10)
		}
		if err := p.Send(t.Context(), "dns", key, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	cl := newTestClient(t, bootstrap(c), kgo.ConsumeTopics("dns"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	seen, last, place := map[string]bool{}, map[string]int{}, map[string]int32{}
	for len(seen) < n {
		fetches := cl.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			seen[string(r.Value)] = true
			if r.Key == nil {
				return
			}
			key, at := string(r.Key), 0
			fmt.Sscan(string(r.Value), &at)
			if before, ok := place[key]; ok && (before != r.Partition || last[key] > at) {
				t.Errorf("%s: %d in partition %d after %d in %d", key, at, r.Partition, last[key], before)
			}
			last[key], place[key] = at, r.Partition
		})
	}
}

// Mistakes are told before anything is written, and how to mend them.
func TestProducerErrors(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "zeek_dns"))
	p := newTestProducer(t, bootstrap(c), nil)
	err := p.Send(t.Context(), "zeek-dns", nil, []byte("x"))
	if !errors.Is(err, ErrNoTopic) || !strings.Contains(fmt.Sprint(err), "did you mean zeek_dns?") {
		t.Errorf("a topic that is not there: %v", err)
	}
	for topic, partitions := range map[string]int{"a b": 1, "none": 0} {
		if err := p.CreateTopic(t.Context(), topic, partitions); err == nil {
			t.Errorf("topic %q of %d partitions was created", topic, partitions)
		}
	}
	for key, want := range map[string]string{
		"kafka.fetch.max.bytes":    "no option of a connection that writes",
		"subscribe":                "no option of a connection that writes",
		"kafka.security.protocoll": "did you mean kafka.security.protocol?",
	} {
		if _, err := NewProducer("localhost", map[string]string{key: "1024"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", key, err, want)
		}
	}
	if _, err := NewProducer("", nil); err == nil {
		t.Error("no brokers, and no error")
	}
	gone := newTestProducer(t, "127.0.0.1:1", map[string]string{"kafka.socket.connection.setup.timeout.ms": "300"})
	begin := time.Now()
	err = gone.Send(t.Context(), "dns", nil, []byte("x"))
	if err == nil || !strings.Contains(err.Error(), "no answer from kafka at 127.0.0.1:1") || time.Since(begin) > 5*time.Second {
		t.Errorf("no broker, after %v: %v", time.Since(begin), err)
	}
}

// A broker that goes away is an error of Flush, not a wait for ever.
func TestProducerBrokerGone(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	p := newTestProducer(t, bootstrap(c), map[string]string{"kafka.default.api.timeout.ms": "500", "kafka.metadata.max.age.ms": "500"})
	if err := p.Send(t.Context(), "dns", nil, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := p.Send(t.Context(), "dns", nil, []byte("b")); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "writing to topic dns") {
		t.Errorf("after the broker is gone: %v", err)
	}
}
