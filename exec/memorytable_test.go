package exec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

func TestByteCap(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	q := start(t, df.WriteStream().Format("memory").QueryName("small").Option("maxBytes", 4000))
	rows := make([][]any, 20)
	for i := range rows {
		rows[i] = []any{strings.Repeat("x", 20), i}
	}
	in.Append(record(t, hits, rows...))
	settle(t, q)
	before := rowsOf(t, b.Table("small"))
	for range 10 {
		in.Append(record(t, hits, rows...))
	}
	err := failure(t, q)
	for _, part := range []string{"small", "4000", "maxBytes", "riffle.memory.table.bytes"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v lacks %q", err, part)
		}
	}
	if len(rowsOf(t, b.Table("small"))) < len(before) {
		t.Error("what was committed is gone")
	}
	if err := b.Conf().Set("riffle.memory.table.bytes", "1000"); err != nil {
		t.Fatal(err)
	}
	q = start(t, df.WriteStream().Format("memory").QueryName("smaller"))
	if err := failure(t, q); !strings.Contains(err.Error(), "1000") {
		t.Error(err)
	}
}

// A large result does not count its memory more than once.
func TestByteCapOfLargeResult(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	rows := make([][]any, 60_000)
	for i := range rows {
		rows[i] = []any{"host", i}
	}
	in.Append(record(t, hits, rows...))
	q := start(t, df.GroupBy(fn.Col("n")).Count().WriteStream().Format("memory").QueryName("large").OutputMode(dataframe.Complete).Option("maxBytes", 60_000*16*2))
	settle(t, q)
	want(t, "groups", len(rowsOf(t, b.Table("large"))), 60_000)
}

// A reader sees the result of whole batches alone: every batch adds rows whose
// sum is 0, ten at a time.
func TestSnapshots(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	a := start(t, df.WriteStream().Format("memory").QueryName("raw"))
	c := start(t, df.GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Sum(fn.Col("n")).Alias("s")).WriteStream().
		Format("memory").QueryName("grouped").OutputMode(dataframe.Complete))
	u := start(t, df.GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Sum(fn.Col("n")).Alias("s")).WriteStream().
		Format("memory").QueryName("upserted").OutputMode(dataframe.Update))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 60 {
			var rows [][]any
			for j := range 5 {
				rows = append(rows, []any{fmt.Sprint("h", (i+j)%7), i + 1}, []any{fmt.Sprint("h", j), -i - 1})
			}
			in.Append(record(t, hits, rows...))
			time.Sleep(time.Millisecond)
		}
	}()
	last := map[string]int64{}
	check := func() {
		for query, name := range map[string]string{"SELECT count(*), coalesce(sum(n), 0) FROM raw": "raw",
			"SELECT coalesce(sum(c), 0), coalesce(sum(s), 0) FROM grouped": "grouped", "SELECT coalesce(sum(c), 0), coalesce(sum(s), 0) FROM upserted": "upserted"} {
			row, _, err := b.SQL(query).First(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			count, sum := row.At(0).(int64), row.At(1).(int64)
			if count%10 != 0 || sum != 0 || count < last[name] {
				t.Fatalf("%s: %d rows with sum %d after %d rows", name, count, sum, last[name])
			}
			last[name] = count
		}
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			check()
		}
	}
	settle(t, a)
	settle(t, c)
	settle(t, u)
	check()
	want(t, "rows at the end", last, "map[grouped:600 raw:600 upserted:600]")
}
