package memory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// A table that is updated by key holds what a map would, whatever was replaced and
// deleted, whenever it was read; what a reader was given never changes.
func TestUpsert(t *testing.T) {
	schema := schemaOf(t, "k STRING, j INT, n BIGINT")
	rapid.Check(t, func(r *rapid.T) {
		tables, want := NewTables(), map[string]string{}
		s := openSink(t, tables, schema, sink.Update, 0, 1)
		keys := rapid.IntRange(1, 40).Draw(r, "keys")
		var given *Snapshot
		var then []string
		for id := range int64(rapid.IntRange(1, 40).Draw(r, "batches")) {
			var batches []batch.Batch
			for range rapid.IntRange(0, 3).Draw(r, "parts") {
				batches = append(batches, drawUpserts(r, t, keys, want))
			}
			commit(t, s, id, batches...)
			if rapid.Bool().Draw(r, "read") {
				same(r, content(t, tables), want)
			}
			if given == nil && rapid.Bool().Draw(r, "keep") {
				table, _ := tables.Find("t")
				given, then = table.Snapshot(), content(t, tables)
			}
		}
		same(r, content(t, tables), want)
		if given != nil && !slices.Equal(shown(t, tables, given), then) {
			r.Fatal("what a reader was given has changed")
		}
	})
}

func drawUpserts(r *rapid.T, t *testing.T, keys int, want map[string]string) batch.Batch {
	var rows [][]any
	var changes []int8
	for range rapid.IntRange(1, 30).Draw(r, "rows") {
		k, n := rapid.IntRange(0, keys-1).Draw(r, "k"), rapid.Int64Range(0, 99).Draw(r, "n")
		row := []any{fmt.Sprint("k", k), k % 3, n}
		change := int8(1)
		key := fmt.Sprint(k)
		want[key] = fmt.Sprintf("[k%d,%d,%d]", k, k%3, n)
		if rapid.IntRange(0, 4).Draw(r, "gone") == 0 {
			change = -1
			delete(want, key)
		}
		rows, changes = append(rows, row), append(changes, change)
	}
	b := rowsOf(t, schemaOf(t, "k STRING, j INT, n BIGINT"), rows...)
	b.Changes = changes
	return b
}

func same(r *rapid.T, got []string, want map[string]string) {
	var rows []string
	for _, row := range want {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	if !slices.Equal(got, rows) {
		r.Fatalf("the table has %v, want %v", got, rows)
	}
}

// Many small updates of a large table leave few parts, and no more than twice
// the rows that count.
func TestUpsertSettles(t *testing.T) {
	schema := schemaOf(t, "k INT, n BIGINT")
	x := newKeyIndex([]int{0})
	for i := range 3000 {
		if err := x.apply([]batch.Batch{rowsOf(t, schema, []any{i * 7 % 1000, i}, []any{i % 10, i})}); err != nil {
			t.Fatal(err)
		}
	}
	held := 0
	for _, id := range x.parts.order {
		held += len(x.parts.byID[id].slot)
	}
	if x.parts.rows != 1000 || held > 2000 || len(x.parts.order) > 20 {
		t.Errorf("%d rows count, %d are held in %d parts", x.parts.rows, held, len(x.parts.order))
	}
}

// A batch by which a table would outgrow its limit leaves it as it was; one that
// replaces what is there may come.
func TestUpsertLimit(t *testing.T) {
	schema, tables := schemaOf(t, "k STRING, n BIGINT"), NewTables()
	row := func(k string) batch.Batch { return rowsOf(t, schema, []any{k + strings.Repeat("x", 1000), 1}) }
	p := NewSinkProvider(tables)
	set, err := option.Check("the sink", map[string]string{"maxBytes": fmt.Sprint(2*recordBytes(row("a")) + 1)}, p.Options())
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(t.Context(), sink.Spec{Options: set, Schema: schema, Mode: sink.Update, Keys: []int{0}, QueryName: "t"})
	if err != nil {
		t.Fatal(err)
	}
	for id, k := range []string{"a", "b", "a", "b"} {
		commit(t, s, int64(id), row(k))
	}
	had := content(t, tables)
	w, err := s.Begin(t.Context(), 9)
	if err == nil {
		err = w.Write(t.Context(), row("c"))
	}
	if err == nil {
		err = w.Commit(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "maxBytes") || !slices.Equal(content(t, tables), had) {
		t.Errorf("got %v and %d rows, want a refusal and what was there", err, len(content(t, tables)))
	}
}

// A commit of 100 rows into a table of a million, a reader at every hundredth.
func BenchmarkUpsert(b *testing.B) {
	schema := schemaOf(b, "k BIGINT, n BIGINT")
	x := newKeyIndex([]int{0})
	next := uint64(1)
	rows := func(n int, key func(i int) int64) batch.Batch {
		all := make([][]any, n)
		for i := range all {
			all[i] = []any{key(i), int64(i)}
		}
		return rowsOf(b, schema, all...)
	}
	for i := range 1000 {
		if err := x.apply([]batch.Batch{rows(1000, func(row int) int64 { return int64(i*1000 + row) })}); err != nil {
			b.Fatal(err)
		}
	}
	var made []batch.Batch
	for range 64 {
		made = append(made, rows(100, func(int) int64 { next = next*6364136223846793005 + 1; return int64(next>>33) % 1_000_000 }))
	}
	for i := 0; b.Loop(); i++ {
		if err := x.apply([]batch.Batch{made[i%64]}); err != nil {
			b.Fatal(err)
		}
		if i%100 == 0 {
			x.parts.batches()
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
