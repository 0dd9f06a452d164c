package memory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func schemaOf(t testing.TB, ddl string) *types.Schema {
	t.Helper()
	s, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rowsOf(t testing.TB, schema *types.Schema, rows ...[]any) batch.Batch {
	t.Helper()
	rec, err := types.Record(schema, rows)
	if err != nil {
		t.Fatal(err)
	}
	return batch.Batch{Record: rec}
}

func openSink(t testing.TB, tables *Tables, schema *types.Schema, mode sink.Mode, keys ...int) sink.Sink {
	t.Helper()
	p := NewSinkProvider(tables)
	set, err := option.Check("the sink", nil, p.Options())
	if err != nil {
		t.Fatal(err)
	}
	spec := sink.Spec{Options: set, Schema: schema, Mode: mode, Keys: keys, QueryName: "T"}
	if err := p.Check(spec); err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t testing.TB, s sink.Sink, id int64, batches ...batch.Batch) {
	t.Helper()
	w, err := s.Begin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// content is the rows that count, as sorted text.
func content(t testing.TB, tables *Tables) []string {
	t.Helper()
	table, ok := tables.Find("t")
	if !ok {
		t.Fatal("no table")
	}
	return shown(t, tables, table.Snapshot())
}

// shown is the content of a snapshot, sorted.
func shown(t testing.TB, tables *Tables, snap *Snapshot) []string {
	t.Helper()
	table, _ := tables.Find("t")
	out := []string{}
	for _, b := range snap.Batches {
		for i, row := range types.Rows(table.Schema(), b.Record) {
			counts := b.Sel == nil
			for _, s := range b.Sel {
				counts = counts || int(s) == i
			}
			if counts {
				out = append(out, row.String())
			}
		}
	}
	if int64(len(out)) != snap.Rows {
		t.Errorf("the snapshot says %d rows, and has %d", snap.Rows, len(out))
	}
	sort.Strings(out)
	return out
}

// A table in mode update is what a map would be, whatever comes: keys in place
// of others, keys that disappear and come back.
func TestUpsertIsAMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	schema := schemaOf(t, "k STRING, n BIGINT")
	tables := NewTables()
	s := openSink(t, tables, schema, sink.Update, 0)
	want := map[string]string{}
	for id := range int64(60) {
		var batches []batch.Batch
		for range rng.IntN(3) {
			n := 1 + rng.IntN(30)
			rows, changes := make([][]any, n), make([]int8, n)
			for i := range rows {
				key := fmt.Sprint("k", rng.IntN(50))
				rows[i] = []any{key, rng.IntN(1000)}
				if changes[i] = 1; rng.IntN(4) == 0 {
					changes[i] = -1
					delete(want, key)
				} else {
					want[key] = fmt.Sprintf("[%v,%v]", key, rows[i][1])
				}
			}
			b := rowsOf(t, schema, rows...)
			b.Changes = changes
			batches = append(batches, b)
		}
		commit(t, s, id, batches...)
		expected := []string{}
		for _, row := range want {
			expected = append(expected, row)
		}
		sort.Strings(expected)
		if diff := cmp.Diff(expected, content(t, tables)); diff != "" {
			t.Fatalf("after batch %d: %s", id, diff)
		}
	}
	table, _ := tables.Find("T")
	held := 0
	for _, b := range table.Snapshot().Batches {
		held += int(b.Record.NumRows())
	}
	if held > 3*len(want)+60 {
		t.Errorf("%d rows are held for %d that count", held, len(want))
	}
}

// Keys that print alike are not the same.
func TestKeysApart(t *testing.T) {
	st, list := schemaOf(t, "a STRING, b STRING"), "k STRUCT<a: STRING, b: STRING>, l ARRAY<STRING>, n BIGINT"
	schema, tables := schemaOf(t, list), NewTables()
	s := openSink(t, tables, schema, sink.Update, 0, 1)
	row := func(a, b any) types.Row { return types.NewRow(st, []any{a, b}) }
	commit(t, s, 0, rowsOf(t, schema,
		[]any{row("x,y", "z"), []any{"p q"}, 1}, []any{row("x", "y,z"), []any{"p q"}, 2}, []any{row("x", "y,z"), []any{"p", "q"}, 3},
		[]any{row("null", nil), nil, 4}, []any{row(nil, "null"), nil, 5}, []any{nil, []any{}, 6}, []any{nil, nil, 7}, []any{nil, []any{nil}, 8}))
	if n := len(content(t, tables)); n != 8 {
		t.Errorf("%d of 8 keys are there: %v", n, content(t, tables))
	}
}

// A batch that is begun again after its commit is shown once; one that is
// aborted, never.
func TestOnce(t *testing.T) {
	schema, tables := schemaOf(t, "a INT"), NewTables()
	s := openSink(t, tables, schema, sink.Append)
	commit(t, s, 0, rowsOf(t, schema, []any{1}))
	commit(t, s, 0, rowsOf(t, schema, []any{1}))
	w, err := s.Begin(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(t.Context(), rowsOf(t, schema, []any{2})), w.Abort()); err != nil {
		t.Fatal(err)
	}
	commit(t, s, 1, rowsOf(t, schema, []any{3}))
	if diff := cmp.Diff([]string{"[1]", "[3]"}, content(t, tables)); diff != "" {
		t.Error(diff)
	}
	p := NewSinkProvider(tables)
	if _, err := p.Open(t.Context(), sink.Spec{Schema: schema, QueryName: "t"}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second writer: %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if len(content(t, tables)) != 2 {
		t.Error("the content is gone with its writer")
	}
}

func TestStreamSource(t *testing.T) {
	schema := schemaOf(t, "a INT, b STRING")
	streams := NewStreams()
	st := streams.Add("S", schema)
	set, err := option.Check("x", map[string]string{"name": "s", "maxBatchesPerTrigger": "2"}, streams.Options())
	if err != nil {
		t.Fatal(err)
	}
	src, err := streams.Open(t.Context(), source.Spec{Options: set, Columns: []string{"b"}, Streaming: true})
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 1)
	go func() { waited <- src.Wait(t.Context(), source.Offset("0")) }()
	for i := range 3 {
		st.Append(rowsOf(t, schema, []any{i, fmt.Sprint("b", i)}).Record)
	}
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	to, err := src.Next(t.Context(), source.Offset("0"))
	if err != nil || string(to) != "2" {
		t.Fatalf("next is %s, %v", to, err)
	}
	ranges, err := src.Plan(t.Context(), source.Offset("0"), to)
	if err != nil || len(ranges) != 2 {
		t.Fatal(ranges, err)
	}
	r, err := src.Open(t.Context(), ranges[1])
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Next(t.Context())
	if err != nil || b.Record.NumCols() != 1 || b.Record.Column(0).ValueStr(0) != "b1" || !b.Record.Schema().Equal(r.Schema()) {
		t.Errorf("%v, %v", b.Record, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := src.Wait(gone, source.Offset("3")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := src.Next(t.Context(), source.Offset("-1")); err == nil {
		t.Error("a negative offset is taken")
	}
}
