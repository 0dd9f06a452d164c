package kafka

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

// broker starts an embedded broker that ends with the test.
func broker(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func bootstrap(c *kfake.Cluster) string { return strings.Join(c.ListenAddrs(), ",") }

func newTestClient(t testing.TB, servers string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(strings.Split(servers, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produce(t testing.TB, cl *kgo.Client, topic string, partition int32, values ...string) {
	t.Helper()
	var recs []*kgo.Record
	for _, v := range values {
		recs = append(recs, &kgo.Record{Topic: topic, Partition: partition, Value: []byte(v)})
	}
	if err := cl.ProduceSync(context.Background(), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// inTransaction produces values in one transaction, and commits or aborts it.
func inTransaction(t testing.TB, cl *kgo.Client, commit bool, topic string, partition int32, values ...string) {
	t.Helper()
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	produce(t, cl, topic, partition, values...)
	endTransaction(t, cl, commit)
}

// endTransaction commits or aborts a transaction whose records the broker has. The
// client may not know yet that there are some: see shard.settle.
func endTransaction(t testing.TB, cl *kgo.Client, commit bool) {
	t.Helper()
	ctx := ctxOf(t)
	if err := cl.AbortBufferedRecords(ctx); err != nil {
		t.Fatal(err)
	}
	if err := cl.EndTransaction(ctx, kgo.TransactionEndTry(commit)); err != nil {
		t.Fatal(err)
	}
}

func ctxOf(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

type opened struct {
	*kafkaSource
	t testing.TB
}

// spec checks options, written "key=value", against the provider's.
func spec(p source.Provider, streaming bool, kv ...string) (source.Spec, error) {
	given := map[string]string{}
	for _, s := range kv {
		k, v, _ := strings.Cut(s, "=")
		given[k] = v
	}
	set, err := option.Check("the kafka source", given, p.Options())
	return source.Spec{Options: set, Streaming: streaming}, err
}

func tryOpen(t testing.TB, servers string, streaming bool, change func(*source.Spec), p source.Provider, kv ...string) (source.Source, error) {
	t.Helper()
	sp, err := spec(p, streaming, append([]string{"kafka.bootstrap.servers=" + servers}, kv...)...)
	if err != nil {
		return nil, err
	}
	if change != nil {
		change(&sp)
	}
	return p.Open(ctxOf(t), sp)
}

func openSpec(t testing.TB, servers string, streaming bool, change func(*source.Spec), p source.Provider, kv ...string) opened {
	t.Helper()
	src, err := tryOpen(t, servers, streaming, change, p, kv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return opened{src.(*kafkaSource), t}
}

func stream1(t testing.TB, servers string, kv ...string) opened {
	t.Helper()
	return openSpec(t, servers, true, nil, NewProvider(), kv...)
}

func batch1(t testing.TB, servers string, kv ...string) opened {
	t.Helper()
	return openSpec(t, servers, false, nil, NewProvider(), kv...)
}

// drain reads a stream to its end.
func drain(st batch.Stream) ([]batch.Batch, error) {
	defer st.Close()
	var out []batch.Batch
	for {
		b, err := st.Next(context.Background())
		if batch.IsEnd(err) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, b)
	}
}

func (o opened) rangesOf(from, to source.Offset) []source.Range {
	o.t.Helper()
	rs, err := o.Plan(ctxOf(o.t), from, to)
	if err != nil {
		o.t.Fatal(err)
	}
	return rs
}

// read returns the rows of [from, to) as text, range by range.
func (o opened) read(from, to source.Offset) []string {
	o.t.Helper()
	rows, err := o.tryRead(from, to)
	if err != nil {
		o.t.Fatal(err)
	}
	return rows
}

func (o opened) tryRead(from, to source.Offset) ([]string, error) {
	var rows []string
	for _, r := range o.rangesOf(from, to) {
		st, err := o.Open(ctxOf(o.t), r)
		if err != nil {
			return rows, err
		}
		got, err := drain(st)
		if err != nil {
			return rows, err
		}
		rows = append(rows, textOf(got)...)
	}
	return rows, nil
}

// textOf prints rows as topic-partition@offset=value, as far as there are such
// columns.
func textOf(batches []batch.Batch) []string {
	var out []string
	for _, b := range batches {
		for i := range int(b.Record.NumRows()) {
			cell := map[string]string{}
			for c, f := range b.Record.Schema().Fields() {
				cell[f.Name] = b.Record.Column(c).ValueStr(i)
				if v, ok := b.Record.Column(c).(*array.BinaryView); ok && !v.IsNull(i) {
					cell[f.Name] = string(v.Value(i))
				} else if v, ok := b.Record.Column(c).(*array.Binary); ok && !v.IsNull(i) {
					cell[f.Name] = string(v.Value(i))
				}
			}
			out = append(out, fmt.Sprintf("%s-%s@%s=%s", cell["topic"], cell["partition"], cell["offset"], cell["value"]))
		}
	}
	return out
}

func (o opened) next(from source.Offset) source.Offset {
	o.t.Helper()
	to, err := o.Next(ctxOf(o.t), from)
	if err != nil {
		o.t.Fatal(err)
	}
	return to
}

func (o opened) initial() source.Offset {
	o.t.Helper()
	at, err := o.Initial(ctxOf(o.t))
	if err != nil {
		o.t.Fatal(err)
	}
	return at
}

func equal(t testing.TB, got, want []string) {
	t.Helper()
	sort.Strings(got)
	sort.Strings(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("got %d rows\n  %s\nwant %d rows\n  %s", len(got), strings.Join(got, "\n  "), len(want), strings.Join(want, "\n  "))
	}
}
