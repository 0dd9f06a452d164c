package exec_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/exec/exectest/broker"
)

// A record batch that holds more than max.batch.bytes ends a query with all that one
// needs to know, or is left out, counted, and in the quarantine with its offsets, as
// records and decoded.
func TestRecordBatchTooLarge(t *testing.T) {
	k, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"in": 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	cl, err := kgo.NewClient(kgo.SeedBrokers(k.Addr()), kgo.DefaultProduceTopic("in"), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	value := func(n int) *kgo.Record { return kgo.StringRecord(`{"a":"` + strings.Repeat("x", n) + `"}`) }
	for _, batch := range [][]*kgo.Record{{value(1)}, {value(3000), value(3000)}, {value(2)}} {
		if err := cl.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"", "json"} {
		b := open(t)
		in := b.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", k.Addr()).Option("subscribe", "in").
			Option("startingOffsets", "earliest").Option("max.batch.bytes", "4096")
		size := "length(value) AS n"
		if format != "" {
			in, size = in.Option("value.format", format).Schema("a STRING"), "length(a) AS n"
		}
		run := func(failOnDataLoss string) (*dataframe.StreamingQuery, error) {
			name := "good_" + format + failOnDataLoss
			q, err := in.Option("failOnDataLoss", failOnDataLoss).Load().SelectExpr(size).WriteStream().Format("memory").QueryName(name).
				Quarantine("memory", "bad_"+format+failOnDataLoss, nil).Trigger(dataframe.AvailableNow()).Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return q, q.AwaitTermination(t.Context())
		}
		if _, err := run("true"); err == nil || !strings.Contains(err.Error(), kafka.ErrBatchTooLarge.Error()) || !strings.Contains(err.Error(), "in-0: the record batch at offsets 1 to 2, of ") ||
			!strings.Contains(err.Error(), "set max.batch.bytes higher") || !strings.Contains(err.Error(), "set failOnDataLoss=false") {
			t.Errorf("format %q: %v", format, err)
		}
		q, err := run("false")
		if err != nil {
			t.Fatal(err)
		}
		p := q.LastProgress()
		if p.Bad.Quarantined != 2 || p.Bad.Dropped != 0 || p.NumInputRows != 4 || !strings.Contains(p.Bad.LastError, "offsets 1 to 2") || p.Sources[0].Metrics["recordBatchesTooLarge"] != "1" {
			t.Errorf("format %q: %+v of %d rows, %v", format, p.Bad, p.NumInputRows, p.Sources[0].Metrics)
		}
		got, err := b.SQL("SELECT topic, partition, offset, length(record) AS bytes, error LIKE '%offsets 1 to 2%' AS told FROM bad_"+format+"false").ShowString(t.Context(), dataframe.ShowTruncate(0))
		want := "+-----+---------+------+-----+----+\n|topic|partition|offset|bytes|told|\n+-----+---------+------+-----+----+\n|in   |0        |1     |0    |true|\n+-----+---------+------+-----+----+\n"
		if err != nil || got != want {
			t.Errorf("format %q: %v\n%s", format, err, got)
		}
		got, err = b.SQL("SELECT count(*) AS n FROM good_" + format + "false").ShowString(t.Context())
		if err != nil || !strings.Contains(got, "|  2|") {
			t.Errorf("format %q: %v\n%s", format, err, got)
		}
	}
}
