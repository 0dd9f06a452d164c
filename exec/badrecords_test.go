package exec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// A row on which a function fails is left out and counted before the first
// aggregate; after it, the query fails and says where.
func TestRowsThatFail(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	before := df.WithColumn("x", fn.Lit(10).Div(fn.Col("n"))).GroupBy().Agg(fn.Count().Alias("c"), fn.Sum(fn.Col("x")).Alias("s"))
	q := start(t, before.WriteStream().Format("memory").QueryName("before").OutputMode(dataframe.Complete))
	after := df.GroupBy(fn.Col("host")).Agg(fn.Sum(fn.Col("n")).Alias("s")).WithColumn("x", fn.Lit(10).Div(fn.Col("s")))
	bad := start(t, after.WriteStream().Format("memory").QueryName("after").OutputMode(dataframe.Complete))
	in.Append(record(t, hits, []any{"a", 2}, []any{"b", 0}, []any{"c", 5}))
	settle(t, q)
	want(t, "before", rowsOf(t, b.Table("before")), "[[2,7]]")
	p := q.LastProgress()
	if p.Bad.Dropped != 1 || p.NumInputRows != 3 || !strings.Contains(strings.ToLower(p.Bad.LastError), "zero") {
		t.Errorf("bad: %+v of %d rows", p.Bad, p.NumInputRows)
	}
	want(t, "bad in all", q.Totals().Bad, 1)
	if err := failure(t, bad); !strings.Contains(err.Error(), "the query after failed: batch 0: ") || !strings.Contains(strings.ToLower(err.Error()), "zero") {
		t.Errorf("after: %v", err)
	}
	if bad.Exception() == nil || bad.IsActive() || !strings.HasPrefix(bad.Status().Message, "Terminated with exception: ") {
		t.Errorf("status of a failed query: %+v", bad.Status())
	}
	if err := bad.ProcessAllAvailable(t.Context()); err == nil {
		t.Error("waiting for a failed query succeeded")
	}
	want(t, "its table", rowsOf(t, b.Table("after")), "[]")
}

var explodes = fn.UDF1("test_explodes", func(n int64) int64 {
	if n == 13 {
		panic("thirteen")
	}
	return n
}, fn.Deterministic)

func TestUDFPanics(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	q := start(t, df.Select(explodes(fn.Col("n")).Alias("n")).WriteStream().Format("memory").QueryName("udf"))
	in.Append(record(t, hits, []any{"a", 1}, []any{"b", 13}, []any{"c", 3}))
	settle(t, q)
	want(t, "in a stream", sorted(t, b.Table("udf")), "[[1] [3]]")
	want(t, "dropped", q.LastProgress().Bad.Dropped, 1)
	if e := q.LastProgress().Bad.LastError; !strings.Contains(e, "test_explodes panicked: thirteen") {
		t.Errorf("last error: %s", e)
	}
	_, err := b.frame("n BIGINT", []any{13}).Select(explodes(fn.Col("n"))).Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "test_explodes panicked: thirteen") || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("in a batch query: %v", err)
	}
}

// Records that cannot be parsed are counted, and stop a query only if told to.
func TestBadRecords(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		var lines strings.Builder
		for j := range 500 {
			if j%10 == 0 && i > 0 {
				lines.WriteString("{\"n\":\n")
			} else {
				fmt.Fprintf(&lines, "{\"n\":%d,\"host\":\"h\"}\r\n\n", j)
			}
		}
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), []byte(lines.String()), 0o644))
	}
	b := open(t)
	df := b.ReadStream().Format("json").Schema(hits).Option("maxFilesPerTrigger", 1).Load(dir)
	q := start(t, df.WriteStream().Format("memory").QueryName("kept").Trigger(dataframe.AvailableNow()))
	must(t, q.AwaitTermination(t.Context()))
	good, err := b.Table("kept").Count(t.Context())
	must(t, err)
	var read, bad, out int64
	for _, p := range q.RecentProgress() {
		read, bad, out = read+p.NumInputRows, bad+p.Bad.Dropped+p.Bad.Quarantined, out+p.Sink.NumOutputRows
	}
	if good != 1850 || bad != 150 || out != good || q.Totals().Bad != bad || q.Totals().Rows != read {
		t.Errorf("%d good, %d bad, %d read; totals %+v", good, bad, read, q.Totals())
	}
	if read != good+bad {
		t.Errorf("good %d + bad %d is not the %d read", good, bad, read)
	}
	batch, err := b.Read().Format("json").Schema(hits).Load(dir).Count(t.Context())
	if batch != good || err != nil {
		t.Errorf("a batch query reads %d, %v", batch, err)
	}

	waste := filepath.Join(t.TempDir(), "waste.json")
	must(t, os.WriteFile(waste, []byte("[\n{\n}\n"), 0o644))
	if n, err := b.Read().Format("json").Schema(hits).Load(waste).Count(t.Context()); n != 0 || err != nil {
		t.Errorf("a file of bad records has %d rows, %v", n, err)
	}

	must(t, b.Conf().Set("riffle.badRecords.maxRate", "0.05"))
	q = start(t, df.WriteStream().Format("memory").QueryName("strict"))
	if err := failure(t, q); !strings.Contains(err.Error(), "riffle.badRecords.maxRate") || !strings.Contains(err.Error(), `{\"n\":`) {
		t.Errorf("too many bad records: %v", err)
	}
	if _, err := b.Read().Format("json").Schema(hits).Load(dir).Count(t.Context()); err == nil || !strings.Contains(err.Error(), "riffle.badRecords.maxRate") {
		t.Errorf("too many bad records in a batch query: %v", err)
	}
	strict := b.Read().Format("json").Schema(hits).Option("mode", "FAILFAST").Load(dir)
	if err := collected(strict); err == nil || !strings.Contains(err.Error(), "FAILFAST") {
		t.Errorf("FAILFAST: %v", err)
	}
}
