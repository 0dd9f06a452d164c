package broker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, opts Options) (*Broker, *kgo.Client) {
	t.Helper()
	b, err := Embedded(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics("dns"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return b, client
}

func TestProduceAndConsume(t *testing.T) {
	b, client := start(t, Options{Topics: map[string]int{"dns": 3}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	topics, err := kadm.NewClient(client).ListTopics(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(topics["dns"].Partitions); got != 3 {
		t.Errorf("dns has %d partitions, want 3", got)
	}
	for i := range 100 {
		client.Produce(ctx, &kgo.Record{Topic: "dns", Value: fmt.Append(nil, i)}, nil)
	}
	if err := client.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for len(seen) < 100 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d records: %v", len(seen), err)
		}
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = true })
	}
	client.Close()
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCreateTopic(t *testing.T) {
	b, _ := start(t, Options{})
	if err := b.CreateTopic(t.Context(), "dns", 1); err != nil {
		t.Fatal(err)
	}
	if err := b.CreateTopic(t.Context(), "dns", 1); !errors.Is(err, ErrTopicExists) {
		t.Errorf("creating it twice: %v, want %v", err, ErrTopicExists)
	}
	for name, n := range map[string]int{"zero": 0, "two words": 1, "": 1} {
		if err := b.CreateTopic(t.Context(), name, n); err == nil {
			t.Errorf("%q with %d partitions was created", name, n)
		}
	}
	if _, err := Embedded(t.Context(), Options{Topics: map[string]int{"a b": 1}}); err == nil {
		t.Error("a broker started with a topic that cannot be")
	}
}

// A broker with a folder has its topics and records again after a restart.
func TestDir(t *testing.T) {
	opts := Options{Topics: map[string]int{"dns": 1}, Dir: t.TempDir()}
	b, client := start(t, opts)
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "dns", Value: []byte("kept")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if _, err := Embedded(t.Context(), opts); !errors.Is(err, ErrInUse) {
		t.Errorf("a second broker in the folder: %v, want %v", err, ErrInUse)
	}
	client.Close()
	b.Close()

	_, client = start(t, opts)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	records := client.PollFetches(ctx).Records()
	if len(records) != 1 || string(records[0].Value) != "kept" {
		t.Errorf("after a restart there are %d records, want the one", len(records))
	}
}
