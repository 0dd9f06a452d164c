package operator

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// A row leaves the table once it was not given for the lifetime, and one that is
// given again as it was lives on.
func TestRowsAreForgotten(t *testing.T) {
	store := memory.New(state.NewBudget(1 << 30))
	u := upserting(t, EmitChanges, store)
	u.Live(10)
	for i, c := range []struct {
		now  int64
		rows []upsertRow
		want string
	}{
		{0, []upsertRow{{1, "a", 1}, {1, "b", 1}}, "+a=1 +b=1"},
		{5, []upsertRow{{1, "a", 1}}, ""},
		{9, nil, ""},
		{10, []upsertRow{{1, "b", 2}}, "-b=1 +b=2"},
		{14, []upsertRow{{-1, "a", 1}}, "-a=1"},
		{20, nil, "-b=2"},
		{21, []upsertRow{{-1, "b", 2}}, ""},
	} {
		u.Begin(c.now)
		got := strings.Join(upsertOut(t, u, c.rows, 2), " ")
		if noError(t, store.Commit(int64(i))); got != c.want {
			t.Errorf("at %d: %s, want %s", c.now, got, c.want)
		}
	}
	if n := store.Stats("upsert-0").Rows; n != 0 || u.NextTime() != never {
		t.Errorf("%d pairs are left, the next is forgotten at %d", n, u.NextTime())
	}
}

// However batches fail and programs begin again, tables with a lifetime are what
// maps tell.
func TestTablesWithLifetime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := memory.New(state.NewBudget(1 << 30))
		life := Lifetime(rapid.IntRange(1, 40).Draw(t, "life"))
		u := upserting(t, EmitChanges, store)
		u.Live(life)
		table, last, out := map[string]int64{}, map[string]int64{}, map[string]int{}
		now := int64(0)
		for v := range int64(rapid.IntRange(1, 8).Draw(t, "batches")) {
			now += int64(rapid.IntRange(0, 25).Draw(t, "step"))
			rows := rapid.SliceOfN(rapid.Custom(drawUpsert), 0, 6).Draw(t, "rows")
			if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
				u.Begin(now)
				upsertOut(t, u, rows, 3)
				u.Rollback()
				noError(t, store.Rollback())
			}
			for k, at := range last {
				if at+int64(life) <= now {
					delete(table, k)
					delete(last, k)
				}
			}
			was := maps.Clone(table)
			upsertModel(table, rows)
			for _, r := range rows {
				if _, there := table[r.key]; there && r.change > 0 {
					last[r.key] = life.stamp(now)
				} else if _, had := was[r.key]; !there && had {
					delete(last, r.key)
				}
			}
			maps.DeleteFunc(last, func(k string, _ int64) bool { _, there := table[k]; return !there })
			u.Begin(now)
			for _, line := range upsertOut(t, u, rows, 3) {
				if out[line[1:]] += map[byte]int{'+': 1, '-': -1}[line[0]]; out[line[1:]] == 0 {
					delete(out, line[1:])
				}
			}
			noError(t, store.Commit(v))
			want := map[string]int{}
			for k, n := range table {
				want[upsertRow{0, k, n}.text()] = 1
			}
			if !maps.Equal(out, want) {
				t.Fatalf("batch %d at %d: %v, want %v", v, now, out, want)
			}
		}
	})
}
