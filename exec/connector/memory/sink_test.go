package memory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// What each output mode leaves in the table after two batches.
func TestModes(t *testing.T) {
	schema := schemaOf(t, "k STRING, n BIGINT")
	for mode, want := range map[sink.Mode][]string{
		sink.Append:   {"[a,1]", "[a,3]", "[b,2]", "[c,4]"},
		sink.Complete: {"[a,3]", "[c,4]"},
		sink.Update:   {"[a,3]", "[b,2]", "[c,4]"},
	} {
		tables := NewTables()
		s := openSink(t, tables, schema, mode, 0)
		commit(t, s, 0, rowsOf(t, schema, []any{"a", 1}), rowsOf(t, schema, []any{"b", 2}))
		before, _ := tables.Find("T")
		old := before.Snapshot()
		commit(t, s, 1, rowsOf(t, schema, []any{"a", 3}, []any{"c", 4}))
		if diff := cmp.Diff(want, content(t, tables)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", mode, diff)
		}
		rows := 0
		for _, b := range old.Batches {
			rows += b.NumRows()
		}
		if rows != 2 || old.Rows != 2 || old.BatchID != 0 {
			t.Errorf("%v: the snapshot of batch 0 changed to %d rows of batch %d", mode, rows, old.BatchID)
		}
		commit(t, s, 2)
		if mode == sink.Complete {
			want = []string{}
		}
		if diff := cmp.Diff(want, content(t, tables)); diff != "" {
			t.Errorf("%v after a batch without rows (-want +got):\n%s", mode, diff)
		}
	}
}

// A table is there, empty, as soon as its query is, under a name of which case
// does not matter; the query after starts it anew.
func TestTables(t *testing.T) {
	schema, tables := schemaOf(t, "a INT"), NewTables()
	if _, ok := tables.Find("t"); ok || len(tables.Names()) != 0 {
		t.Error("a new catalogue has tables")
	}
	s := openSink(t, tables, schema, sink.Append)
	table, ok := tables.Find("t")
	if !ok || table.Schema() != schema || table.Snapshot().BatchID != -1 || table.Snapshot().Rows != 0 {
		t.Errorf("before its first batch: %v, %+v", ok, table)
	}
	if got := tables.Names(); !slices.Equal(got, []string{"T"}) {
		t.Errorf("the names are %v", got)
	}
	commit(t, s, 0, rowsOf(t, schema, []any{1}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := openSink(t, tables, schema, sink.Append)
	if got := content(t, tables); len(got) != 0 {
		t.Errorf("the table of the next query has %v", got)
	}
	if err := s.Close(); err != nil { // the first one's, once more
		t.Fatal(err)
	}
	if _, err := NewSinkProvider(tables).Open(t.Context(), sink.Spec{Schema: schema, QueryName: "t"}); err == nil {
		t.Error("closing a query again freed the table of the next")
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// A batch that would make the table too large is refused, and leaves it as it
// was.
func TestMaxBytes(t *testing.T) {
	schema := schemaOf(t, "s STRING")
	rows := rowsOf(t, schema, []any{strings.Repeat("x", 1000)})
	for mode, c := range map[sink.Mode]struct{ batches, more int }{sink.Append: {3, 1}, sink.Complete: {10, 4}} {
		tables := NewTables()
		p := NewSinkProvider(tables)
		set, err := option.Check("the sink", map[string]string{"maxBytes": fmt.Sprint(3*recordBytes(rows) + 1)}, p.Options())
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Open(t.Context(), sink.Spec{Options: set, Schema: schema, Mode: mode, QueryName: "t"})
		if err != nil {
			t.Fatal(err)
		}
		for id := range int64(c.batches) {
			commit(t, s, id, rows)
		}
		had := content(t, tables)
		w, err := s.Begin(t.Context(), 50)
		for range c.more {
			if err == nil {
				err = w.Write(t.Context(), rows)
			}
		}
		if err == nil || !strings.Contains(err.Error(), "maxBytes") || !strings.Contains(err.Error(), "riffle.memory.table.bytes") {
			t.Errorf("%v: got %v, want an error that names the option and the setting", mode, err)
		}
		if !slices.Equal(content(t, tables), had) {
			t.Errorf("%v: the refused batch changed the table", mode)
		}
	}
}

func TestSinkRefusals(t *testing.T) {
	p := NewSinkProvider(NewTables())
	for _, c := range []struct {
		what    string
		options map[string]string
		mode    sink.Mode
		keys    []int
		name    string
		want    string
	}{
		{"no name", nil, sink.Append, nil, "", "QueryName"},
		{"update without a key", nil, sink.Update, nil, "t", "grouping key"},
		{"a limit of nothing", map[string]string{"maxBytes": "0"}, sink.Append, nil, "t", "maxBytes"},
		{"update by a key", nil, sink.Update, []int{0}, "t", ""},
	} {
		set, err := option.Check("the sink", c.options, p.Options())
		if err != nil {
			t.Fatal(err)
		}
		err = p.Check(sink.Spec{Options: set, Schema: schemaOf(t, "a INT"), Mode: c.mode, Keys: c.keys, QueryName: c.name})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.what, err, c.want)
		}
	}
	s := openSink(t, NewTables(), schemaOf(t, "a INT"), sink.Append)
	w, err := s.Begin(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	b := rowsOf(t, schemaOf(t, "a INT"), []any{1}, []any{2})
	b.Sel = []int32{1}
	if err := w.Write(t.Context(), b); err == nil {
		t.Error("a selection that was not resolved is taken")
	}
}
