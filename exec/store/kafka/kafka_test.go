package kafka

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func embedded(t testing.TB, opts broker.Options) string {
	t.Helper()
	b, err := broker.Embedded(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b.Addr()
}

func TestStore(t *testing.T) {
	conf := Config{Brokers: []string{embedded(t, broker.Options{})}, Topic: "checkpoint"}
	storetest.Run(t, func() (store.Store, error) { return Open(conf) }, storetest.Options{Names: 5})
}

// A broker of its own would be most of the package's time.
func TestStoreOnKafka(t *testing.T) {
	if os.Getenv(exectest.KafkaEnv) == "" {
		t.Skipf("no real Kafka: %s is not set; name its bootstrap servers there", exectest.KafkaEnv)
	}
	conf := Config{Brokers: strings.Split(exectest.Kafka(t), ","), Topic: fmt.Sprintf("checkpoint-%d", time.Now().UnixNano())}
	storetest.Run(t, func() (store.Store, error) { return Open(conf) }, storetest.Options{Names: 3})
}

func TestTopicIsRefused(t *testing.T) {
	addr := embedded(t, broker.Options{Topics: map[string]int{"wide": 2, "old": 1, "dns": 1}})
	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	policy := "compact"
	if _, err := kadm.NewClient(client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "cleanup.policy", Value: &policy}}, "dns"); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "dns", Key: []byte("k"), Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]string{
		"wide": "has 2 partitions; a checkpoint's has one",
		"old":  "set cleanup.policy=compact",
		"dns":  "is none of a checkpoint; give the checkpoint a topic of its own",
	} {
		s, err := Open(Config{Brokers: []string{addr}, Topic: topic})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.PutIfAbsent(t.Context(), "meta", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", topic, err, want)
		}
		s.Close()
	}
}

// Pieces without the last one are no object, and the first complete attempt wins.
func TestFirstCompleteWins(t *testing.T) {
	l := newLog()
	offset := int64(0)
	add := func(id string, piece int, value string) {
		t.Helper()
		r := &kgo.Record{Key: key("n", id, piece), Value: []byte(value), Offset: offset}
		if value == "" {
			r.Value = nil
		}
		if err := l.add(r); err != nil {
			t.Fatal(err)
		}
		offset++
	}
	wins := func(want string) {
		t.Helper()
		got := ""
		if w := l.winner("n"); w != nil {
			got = w.id
		}
		if got != want {
			t.Errorf("after %d records %q wins, want %q", offset, got, want)
		}
	}
	add("a", 0, "mx")
	wins("")
	add("b", 0, "ly")
	wins("b")
	add("a", 1, "lx")
	wins("b")
	add("c", 1, "l-without its first piece")
	add("a", 0, "") // tombstones: of a loser first
	add("a", 1, "")
	wins("b")
	add("b", 0, "")
	wins("")
	add("d", 0, "l")
	wins("d")
	for _, bad := range []*kgo.Record{{}, {Key: []byte("n\na")}, {Key: []byte("n\na\nx")}, {Key: key("n", "a", 0), Value: []byte("x")}, {Key: key("n", "a", 0), Value: []byte{}}} {
		if l.add(bad) == nil {
			t.Errorf("%q was taken", bad.Key)
		}
	}
}

func TestParse(t *testing.T) {
	for location, want := range map[string]string{
		"kafka://a:1,b/t":        "[a:1 b:9092] t false",
		"kafka://a/t?tls=true":   "[a:9092] t true",
		"kafka://a":              "write kafka://host:9092",
		"kafka:///t":             "write kafka://host:9092",
		"kafka://a/t/u":          "write kafka://host:9092",
		"kafka://a,/t":           "is no broker",
		"kafka://u:p@a/t":        "is no broker",
		"kafka://a/t?sasl=plain": `parameter "sasl" is unknown`,
		"kafka://a/t?tls=maybe":  "true or false",
	} {
		c, err := Parse(location)
		got := fmt.Sprintf("%v %s %t", c.Brokers, c.Topic, c.TLS)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s: %s, want %s", location, got, want)
		}
	}
}

func BenchmarkPutIfAbsent(b *testing.B) {
	s, err := Open(Config{Brokers: []string{embedded(b, broker.Options{})}, Topic: "checkpoint"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	data := make([]byte, 1000)
	b.SetBytes(int64(len(data)))
	for i := 0; b.Loop(); i++ {
		if _, _, err := s.PutIfAbsent(b.Context(), fmt.Sprint("offsets/", i), data); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever the records are, the log takes or refuses them, and a winner is complete.
func FuzzLog(f *testing.F) {
	f.Add([]byte("n\na\n0"), []byte("lx"), []byte("n\nb\n0"), []byte("mx"))
	f.Fuzz(func(t *testing.T, key1, value1, key2, value2 []byte) {
		l := newLog()
		for i, r := range []*kgo.Record{{Key: key1, Value: value1}, {Key: key2, Value: value2}, {Key: key1}} {
			r.Offset = int64(i)
			if l.add(r) != nil {
				return
			}
		}
		for _, name := range l.names("") {
			if w := l.winner(name); !w.complete || len(w.offsets) == 0 {
				t.Errorf("%q wins with %+v", name, w)
			}
		}
	})
}
