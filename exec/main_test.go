package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a session on a local engine, with memory streams to feed it.
type bench struct {
	*dataframe.Session
	t       testing.TB
	streams *memory.Streams
	out     *strings.Builder
}

func open(t testing.TB, opts ...exec.Option) *bench {
	t.Helper()
	b := &bench{t: t, streams: memory.NewStreams(), out: &strings.Builder{}}
	e := exec.Local(append([]exec.Option{exec.Cores(2), exec.Streams(b.streams)}, opts...)...)
	b.Session = dataframe.Open(t.Context(), e, dataframe.Output(b.out))
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing the session: %v", err)
		}
	})
	return b
}

// frame is a dataframe of rows, of a schema in DDL.
func (b *bench) frame(ddl string, rows ...[]any) *dataframe.DataFrame {
	b.t.Helper()
	return b.CreateDataFrame(schemaOf(b.t, ddl), rows)
}

func schemaOf(t testing.TB, ddl string) *types.Schema {
	t.Helper()
	s, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func record(t testing.TB, ddl string, rows ...[]any) arrow.RecordBatch {
	t.Helper()
	rec, err := types.Record(schemaOf(t, ddl), rows)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// stream adds a memory stream, and returns it with the dataframe that reads it.
func (b *bench) stream(name, ddl string) (*memory.Stream, *dataframe.DataFrame) {
	b.t.Helper()
	s := b.streams.Add(name, schemaOf(b.t, ddl))
	return s, b.ReadStream().Format("memory").Option("name", name).Load()
}

// rows computes a dataframe: its rows as text, in order.
func rowsOf(t testing.TB, d *dataframe.DataFrame) []string {
	t.Helper()
	rows, err := d.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.String()
	}
	return out
}

// sorted is rowsOf in the order of the texts.
func sorted(t testing.TB, d *dataframe.DataFrame) []string {
	t.Helper()
	rows := rowsOf(t, d)
	sort.Strings(rows)
	return rows
}

// start starts a query; the end of the test stops it.
func start(t testing.TB, w *dataframe.StreamWriter) *dataframe.StreamingQuery {
	t.Helper()
	q, err := w.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Stop() }) // a test that wants its error stops it itself
	return q
}

// settle waits until a query has read all there is.
func settle(t testing.TB, q *dataframe.StreamingQuery) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := q.ProcessAllAvailable(ctx); err != nil {
		t.Fatal(err)
	}
}

// failure waits for a query to fail.
func failure(t testing.TB, q *dataframe.StreamingQuery) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := q.AwaitTermination(ctx)
	if err == nil {
		t.Fatal("the query did not fail")
	}
	return err
}

func want(t testing.TB, what string, got, expected any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(expected) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, expected)
	}
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// waitFor waits until something holds.
func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
