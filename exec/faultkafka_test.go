package exec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	feeds "github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/memory"
)

// A batch that runs again in the same process, since its checkpoint had no space,
// reads the same records of Kafka again, and writes them to Kafka once.
func TestAgainFromKafka(t *testing.T) {
	kafka, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"in": 3, "out": 2}})
	must(t, err)
	t.Cleanup(func() { kafka.Close() })
	client := exectest.Client(t, kafka.Addr(), kgo.DefaultProduceTopic("in"))
	var full atomic.Int64
	random := rand.New(rand.NewPCG(1, 1))
	plan := func(_ int, op, name string) storetest.Fault {
		writes := op == "put" && strings.HasPrefix(name, "commits/") || op != "put" && strings.HasPrefix(name, "state/") && op != "delete" && op != "open"
		if writes && full.Load() > 0 && random.IntN(2) == 0 {
			full.Add(-1)
			return storetest.Full
		}
		return storetest.Fine
	}
	b := again(t, feeds.NewStreams(), exectest.NewCollect(), exec.Stores(func(string) (store.Store, error) {
		return storetest.Faulty(memory.New(), plan), nil
	}))
	q := start(t, b.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", kafka.Addr()).Option("subscribe", "in").Option("startingOffsets", "earliest").Load().
		Select(fn.Expr("CAST(value AS STRING) AS value")).GroupBy(fn.Col("value")).Count().
		Select(fn.Col("value").Alias("key"), fn.Expr("CAST(count AS STRING) AS value")).
		WriteStream().Format("kafka").Option("kafka.bootstrap.servers", kafka.Addr()).Option("topic", "out").Option("allow.tv1", "true").
		Checkpoint("memory").OutputMode(dataframe.Update))
	counts := map[string]int{}
	for range 6 {
		for i := range 3000 { // so many that the state needs files
			value := fmt.Sprintf("v%d-%s", i%2500, strings.Repeat("x", 30))
			counts[value]++
			client.Produce(t.Context(), &kgo.Record{Value: []byte(value)}, nil)
		}
		must(t, client.Flush(t.Context()))
		full.Store(3)
		settle(t, q)
	}
	must(t, q.Stop())
	if n := full.Load(); n > 2 {
		t.Errorf("%d times there was space after all", n)
	}
	out := b.Read().Format("kafka").Option("kafka.bootstrap.servers", kafka.Addr()).Option("subscribe", "out").Load().
		Select(fn.Expr("CAST(key AS STRING) AS k"), fn.Expr("CAST(CAST(value AS STRING) AS INT) AS n")).
		GroupBy(fn.Col("k")).Agg(fn.Max(fn.Col("n")).Alias("last"), fn.Count().Alias("all"), fn.CountDistinct(fn.Col("n")).Alias("different"))
	rows, err := out.Collect(t.Context())
	must(t, err)
	if len(rows) != len(counts) {
		t.Errorf("%d values, want %d", len(rows), len(counts))
	}
	for _, r := range rows {
		value, last := r.At(0).(string), r.At(1).(int32)
		if int(last) != counts[value] || r.At(2) != r.At(3) {
			t.Fatalf("%s was counted %v times up to %d, %v of them different; want up to %d", value, r.At(2), last, r.At(3), counts[value])
		}
	}
}
