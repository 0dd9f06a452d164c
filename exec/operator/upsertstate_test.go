package operator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

var upsertSchema = types.NewSchema(types.Field{Name: "k", Type: types.String, Nullable: true}, types.Field{Name: "v", Type: types.Long, Nullable: true})

// upserting is a state of upsertSchema by k, where v = null deletes.
func upserting(t failer, emit Emit, store state.Store) *UpsertState {
	gone, err := expr.BindCall(expr.NewCall("isnull", expr.RefTo(upsertSchema, 1)))
	if err != nil {
		t.Fatal(err)
	}
	u, err := NewUpsertState(upsertSchema.Arrow(), []int{0}, gone, emit, "Upsert [k]")
	if err != nil {
		t.Fatal(err)
	}
	tab, err := store.Table(state.Spec{Operator: "upsert-0"}, state.Range{To: state.KeyGroups}, state.Keyed)
	if err != nil {
		t.Fatal(err)
	}
	u.Attach(tab)
	return u
}

// upsertRow is a row of a test: its change, its key ("" is null) and its value
// (below 0 is null).
type upsertRow struct {
	change int8
	key    string
	value  int64
}

func (r upsertRow) text() string { return fmt.Sprint(r.key, "=", r.value) }

func upsertBatch(t failer, rows []upsertRow) batch.Batch {
	var values [][]any
	b := batch.Batch{}
	for _, r := range rows {
		row := []any{nil, nil}
		if r.key != "" {
			row[0] = r.key
		}
		if r.value >= 0 {
			row[1] = r.value
		}
		values, b.Changes = append(values, row), append(b.Changes, r.change)
	}
	rec, err := types.Record(upsertSchema, values)
	if err != nil {
		t.Fatal(err)
	}
	b.Record = rec
	return b
}

// upsertOut runs a batch and returns what leaves: "+a=1".
func upsertOut(t failer, u *UpsertState, rows []upsertRow, size int) []string {
	s, err := u.Stream(stream(upsertBatch(t, rows), size), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		b, err := s.Next(context.Background())
		if batch.IsEnd(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.NumRows() {
			key, value := "", int64(-1)
			if k := b.Record.Column(0); k.IsValid(i) {
				key = k.ValueStr(i)
			}
			if v := b.Record.Column(1); v.IsValid(i) {
				value = batch.Values[int64](v)[i]
			}
			out = append(out, map[int8]string{1: "+", -1: "-"}[b.Change(i)]+upsertRow{0, key, value}.text())
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// upsertModel is what the rows make of a table.
func upsertModel(table map[string]int64, rows []upsertRow) {
	for _, r := range rows {
		now, is := table[r.key]
		switch {
		case r.change < 0:
			if is && now == r.value {
				delete(table, r.key)
			}
		case r.value < 0:
			delete(table, r.key)
		default:
			table[r.key] = r.value
		}
	}
}

// However the rows are cut into batches, with batches that fail and programs
// that begin again, the changes add up to the table that a map has, the updates
// too, and the whole table is that table.
func TestUpsertState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stores := map[Emit]*memory.Store{}
		states := map[Emit]*UpsertState{}
		for _, e := range []Emit{EmitChanges, EmitUpdate, EmitComplete} {
			stores[e] = memory.New(state.NewBudget(1 << 30))
			states[e] = upserting(t, e, stores[e])
		}
		model, changed, updated := map[string]int64{}, map[string]int{}, map[string]string{}
		for v := range int64(rapid.IntRange(1, 6).Draw(t, "batches")) {
			rows := rapid.SliceOfN(rapid.Custom(drawUpsert), 1, 12).Draw(t, "rows")
			size := rapid.IntRange(1, 5).Draw(t, "size")
			if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
				for e, u := range states {
					upsertOut(t, u, rows, size)
					if err := stores[e].Rollback(); err != nil {
						t.Fatal(err)
					}
				}
			}
			upsertModel(model, rows)
			for _, line := range upsertOut(t, states[EmitChanges], rows, size) {
				if changed[line[1:]] += map[byte]int{'+': 1, '-': -1}[line[0]]; changed[line[1:]] == 0 {
					delete(changed, line[1:])
				}
			}
			for _, line := range upsertOut(t, states[EmitUpdate], rows, size) {
				key, _, _ := strings.Cut(line[1:], "=")
				if updated[key] = line[1:]; line[0] == '-' {
					delete(updated, key)
				}
			}
			var want []string
			for k, value := range model {
				want = append(want, upsertRow{0, k, value}.text())
			}
			slices.Sort(want)
			whole := upsertOut(t, states[EmitComplete], rows, size)
			for i := range whole {
				whole[i] = strings.TrimPrefix(whole[i], "+")
			}
			slices.Sort(whole)
			got := slices.Sorted(maps.Keys(changed))
			if last := slices.Sorted(maps.Values(updated)); !slices.Equal(got, want) || !slices.Equal(last, want) || !slices.Equal(whole, want) {
				t.Fatalf("after batch %d: changes %v, updates %v, complete %v, want %v", v, got, last, whole, want)
			}
			for _, n := range changed {
				if n != 1 {
					t.Fatalf("a row is there %d times", n)
				}
			}
			for _, s := range stores {
				if err := s.Commit(v); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func drawUpsert(t *rapid.T) upsertRow {
	return upsertRow{rapid.SampledFrom([]int8{1, 1, -1}).Draw(t, "change"), rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "key"),
		rapid.Int64Range(-1, 3).Draw(t, "value")}
}

// Many rows of few keys are put together as they come, in their order.
func TestLatestRowsCompact(t *testing.T) {
	const n = 1 << 18
	var rows []upsertRow
	for i := range int64(8192) {
		rows = append(rows, upsertRow{1, fmt.Sprint(i % 100), i})
	}
	one := upsertBatch(t, rows)
	one.Changes = nil
	in := &given{schema: one.Record.Schema()}
	for range n / len(rows) {
		in.batches = append(in.batches, one)
	}
	l, err := NewLatest(in, []int{0}, nil, "Upsert [k]", Env{Env: &kernel.Env{ANSI: true}}, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	var got []arrow.RecordBatch
	total := 0
	for {
		b, err := l.Next(t.Context())
		if batch.IsEnd(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got, total = append(got, b.Record), total+b.NumRows()
	}
	if total != 100 || l.rows.rows > 1<<17 {
		t.Errorf("%d rows in %d records, %d held", total, len(got), l.rows.rows)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
