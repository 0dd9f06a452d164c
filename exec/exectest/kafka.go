package exectest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/exectest/kafka"
)

// KafkaEnv is the environment variable that names the bootstrap servers of a
// real Kafka for tests.
const KafkaEnv = "RIFFLE_TEST_KAFKA"

// kafkaTime bounds each request of the helpers here.
const kafkaTime = 30 * time.Second

// shared starts the one broker of this process. The broker ends with the
// process, whether its tests pass, fail or are killed; see package kafka.
var shared = sync.OnceValues(func() (*kafka.Broker, error) {
	return kafka.Start(context.Background(), kafka.Options{})
})

// Kafka returns the bootstrap servers of a real Kafka: those that
// RIFFLE_TEST_KAFKA names, else a broker that all tests of this process share.
// With neither it skips the test and says how to get one. Tests share the
// broker with others: each makes topics of its own, see Topic.
func Kafka(t testing.TB) string {
	t.Helper()
	if addrs := os.Getenv(KafkaEnv); addrs != "" {
		return addrs
	}
	b, err := shared()
	switch {
	case errors.Is(err, kafka.ErrMissing):
		t.Skipf("%v; or set %s to the bootstrap servers of one that runs", err, KafkaEnv)
	case err != nil:
		t.Fatal(err)
	}
	return b.Addr()
}

// OwnKafka starts a real Kafka of the test's own, with properties that would
// disturb others, and returns its bootstrap servers. It costs seconds: the test is
// skipped where RIFFLE_TEST_KAFKA does not say that tests with a real Kafka are
// wanted.
func OwnKafka(t testing.TB, properties map[string]string) string {
	t.Helper()
	if os.Getenv(KafkaEnv) == "" {
		t.Skipf("it starts a real Kafka of its own; set %s to run tests that need one", KafkaEnv)
	}
	b, err := kafka.Start(t.Context(), kafka.Options{Properties: properties})
	switch {
	case errors.Is(err, kafka.ErrMissing):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b.Addr()
}

// Client returns a client of the brokers at addrs (comma-separated). It is
// closed at the end of the test.
func Client(t testing.TB, addrs string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(strings.Split(addrs, ",")...)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// topics counts those of this process.
var topics atomic.Int64

// Topic creates a topic of so many partitions with a name that no other test
// uses, and deletes it at the end of the test. configs are the topic's, as
// "retention.ms=1000".
func Topic(t testing.TB, addrs string, partitions int, configs ...string) string {
	t.Helper()
	name := regexp.MustCompile(`[^a-zA-Z0-9._-]+`).ReplaceAllString(t.Name(), "-")
	name = fmt.Sprintf("%.180s-%d-%d", name, os.Getpid(), topics.Add(1))
	values := map[string]*string{}
	for _, c := range configs {
		key, value, ok := strings.Cut(c, "=")
		if !ok {
			t.Fatalf("%q is no config of a topic; write it as retention.ms=1000", c)
		}
		values[key] = &value
	}
	admin := kadm.NewClient(Client(t, addrs))
	ctx, cancel := context.WithTimeout(t.Context(), kafkaTime)
	defer cancel()
	if _, err := admin.CreateTopic(ctx, int32(partitions), -1, values, name); err != nil {
		t.Fatalf("creating topic %s at %s: %v", name, addrs, err)
	}
	if err := shown(ctx, admin, name); err != nil {
		t.Fatalf("the brokers at %s do not show the new topic %s: %v", addrs, name, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), kafkaTime)
		defer cancel()
		if _, err := admin.DeleteTopics(ctx, name); err != nil {
			t.Errorf("deleting topic %s at %s: %v", name, addrs, err)
		}
	})
	return name
}

// shown waits until a topic that was created can be found, with a leader for
// each partition: brokers learn of it a little later than its creator.
func shown(ctx context.Context, admin *kadm.Client, name string) error {
	for {
		topics, err := admin.ListTopics(ctx, name)
		if err != nil {
			return err
		}
		led := 0
		for _, p := range topics[name].Partitions {
			if p.Err == nil && p.Leader >= 0 {
				led++
			}
		}
		if led > 0 && led == len(topics[name].Partitions) {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Produce writes records and waits until the brokers have them. Each goes to its
// own Topic and Partition, in the order given.
func Produce(t testing.TB, addrs string, records ...*kgo.Record) {
	t.Helper()
	client := Client(t, addrs, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	ctx, cancel := context.WithTimeout(t.Context(), kafkaTime)
	defer cancel()
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		t.Fatalf("producing %d records to %s: %v", len(records), addrs, err)
	}
	client.Close()
}

// ProduceValues writes values without keys to one partition of a topic.
func ProduceValues(t testing.TB, addrs, topic string, partition int, values ...string) {
	t.Helper()
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte(v)}
	}
	Produce(t, addrs, records...)
}
