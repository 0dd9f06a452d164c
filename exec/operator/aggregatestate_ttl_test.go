package operator

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

func TestStamp(t *testing.T) {
	for _, c := range []struct{ life, now, want int64 }{
		{100, 0, 0}, {100, 1, 10}, {100, 10, 10}, {100, 11, 20}, {100, -1, 0}, {100, -10, -10}, {100, -11, -10}, {3, 7, 7}, {19, 8, 8},
	} {
		if got := Lifetime(c.life).stamp(c.now); got != c.want {
			t.Errorf("with a lifetime of %d, a change at %d is kept as one at %d, want %d", c.life, c.now, got, c.want)
		}
	}
	if got := Lifetime(5).limit(math.MinInt64 + 2); got != math.MinInt64 {
		t.Errorf("the limit at the beginning of time is %d", got)
	}
}

// lives is what groups by a key are, told by maps.
type lives struct {
	life  Lifetime
	alone bool // keys alone: a change does not prolong
	count map[string]int64
	last  map[string]int64 // stamps; none for a group of unknown time
}

// batch forgets groups, and counts keys. It returns how many it forgot.
func (l *lives) batch(now int64, keys []string) (forgotten int64) {
	stamp := l.life.stamp(now)
	if l.life == 0 {
		clear(l.last)
	}
	for _, k := range slices.Sorted(maps.Keys(l.count)) {
		at, known := l.last[k]
		switch {
		case l.life == 0:
		case !known:
			l.last[k] = stamp
		case at <= now-int64(l.life):
			delete(l.count, k)
			delete(l.last, k)
			forgotten++
		}
	}
	for _, k := range keys {
		_, there := l.count[k]
		if l.count[k]++; l.life > 0 && (!there || !l.alone) {
			l.last[k] = stamp
		}
	}
	return forgotten
}

// seen applies what leaves a state in a batch to what left before.
func seen(emit Emit, have map[string]string, list []batch.Batch) map[string]string {
	if emit == EmitComplete {
		clear(have)
	}
	for _, b := range list {
		for i := range b.NumRows() {
			key, value := b.Record.Column(0).ValueStr(i), ""
			if b.Record.NumCols() > 1 {
				value = b.Record.Column(1).ValueStr(i)
			}
			switch {
			case b.Change(i) > 0:
				have[key] = value
			case have[key] == value:
				delete(have, key)
			default:
				have[key] = "taken back as " + value
			}
		}
	}
	return have
}

// Groups are forgotten alike, and as maps tell it, whether they are in memory or on
// disk, or now here and now there, with lifetimes that change, and however often a
// batch is rolled back or the query begins anew.
func TestGroupsAreForgotten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sample := batch.Batch{Record: must(types.Record(storySchema, nil))}
		calls := []expr.Expr{call(t, sample, "count", 2)}
		for _, name := range []string{"collect_list", "min", "first"} { // with entries beside the groups
			calls = append(calls, call(t, sample, name, 2))
		}
		o := StateOptions{Emit: rapid.SampledFrom([]Emit{EmitUpdate, EmitChanges, EmitComplete}).Draw(rt, "emit"), Time: GroupTime{Column: -1}}
		model := &lives{count: map[string]int64{}, last: map[string]int64{}}
		if model.alone = rapid.IntRange(0, 3).Draw(rt, "alone") == 0; model.alone {
			calls, o.Emit = nil, EmitComplete
		}
		agg, err := NewAggregation(refs(sample, 0), calls, true)
		noError(rt, err)
		if rapid.Bool().Draw(rt, "retract") && !model.alone {
			agg, err = agg.WithRetract()
			noError(rt, err)
		}
		disk := o
		disk.Disk = true
		var ways []*aggregates
		var have []map[string]string
		for _, o := range []StateOptions{o, o, disk, o} {
			ways, have = append(ways, &aggregates{aggs: []*Aggregation{agg}, opts: []StateOptions{o}, tasks: 1}), append(have, map[string]string{})
		}
		now := int64(rapid.IntRange(-30, 30).Draw(rt, "begin"))
		for version := range int64(rapid.IntRange(1, 9).Draw(rt, "batches")) {
			if version == 0 || rapid.IntRange(0, 5).Draw(rt, "change") == 0 {
				model.life = Lifetime(rapid.SampledFrom([]int{0, 7, 20, 100}).Draw(rt, "life"))
				for _, w := range ways {
					w.opts[0].Life = model.life
					w.reopen(rt, version-1)
				}
			}
			var keys []string
			var rows [][]any
			for range rapid.IntRange(0, 6).Draw(rt, "rows") {
				keys = append(keys, fmt.Sprint(rapid.IntRange(0, 4).Draw(rt, "k")))
				rows = append(rows, []any{keys[len(keys)-1], time.UnixMicro(0).UTC(), rapid.IntRange(0, 2).Draw(rt, "v")})
			}
			now += int64(rapid.SampledFrom([]int{0, 1, 6, 8, 21, 110}).Draw(rt, "step"))
			b := batch.Batch{Record: must(types.Record(storySchema, rows))}
			forgotten := model.batch(now, keys)
			want := map[string]string{}
			for k, n := range model.count {
				if want[k] = fmt.Sprint(n); model.alone {
					want[k] = ""
				}
			}
			var first []string
			for i, w := range ways {
				again := rapid.SampledFrom([]string{"", "rollback", "restart"}).Draw(rt, "again")
				if i > 0 && again != "" {
					w.runAt(rt, b, now)
					if w.rollback(rt); again == "restart" {
						w.tasks = rapid.IntRange(1, 2).Draw(rt, "tasks")
						w.opts[0].Disk = w.opts[0].Disk != (i == 3)
						w.reopen(rt, version-1)
					}
				}
				if i == 3 && version > 0 && !w.opts[0].Disk && rapid.Bool().Draw(rt, "spill") {
					w.spill(rt, version-1)
				}
				out := w.runAt(rt, b, now)
				w.commit(rt, version)
				if have[i] = seen(o.Emit, have[i], out); !maps.Equal(have[i], want) {
					rt.Fatalf("way %d, batch %d at %d: %v, want %v", i, version, now, have[i], want)
				}
				if i == 0 {
					first = exact(out)
				} else if got := exact(out); w.tasks == 1 && o.Emit != EmitComplete && !slices.Equal(got, first) {
					rt.Fatalf("way %d, batch %d gives\n%s\nand not\n%s", i, version, strings.Join(got, "\n"), strings.Join(first, "\n"))
				}
				w.checkLives(rt, model, now, forgotten, w.store.Versions[version])
			}
		}
	})
}

// reopen begins anew from what was committed at a version.
func (c *aggregates) reopen(t rapid.TB, version int64) {
	if version < 0 {
		c.open(t, nil)
		return
	}
	committed := c.store.Versions[version]
	c.open(t, committed)
	c.store.Versions[version] = committed
}

// spill goes on, on disk, with what the states dump.
func (c *aggregates) spill(t rapid.TB, version int64) {
	to := exectest.NewState(nil)
	for k, r := range state.Ranges(len(c.states[0])) {
		table, err := to.Table(state.Spec{Operator: "aggregate-0"}, r, state.Keyed)
		noError(t, err)
		noError(t, c.states[0][k].Dump(table))
	}
	noError(t, to.Commit(version))
	c.opts[0].Disk, c.store = true, to
	c.reopen(t, version)
}

// runAt runs a batch at a time.
func (c *aggregates) runAt(t rapid.TB, b batch.Batch, now int64) []batch.Batch {
	for _, states := range c.states {
		for _, s := range states {
			s.SetTime(now)
		}
	}
	return c.run(t, b, 3, NoWatermark)
}

// checkLives compares how many groups there are, how many were forgotten, when the
// next is, and what the table holds.
func (c *aggregates) checkLives(t rapid.TB, l *lives, now, forgotten int64, table map[[2]string]string) {
	next, removed := int64(never), int64(0)
	for _, s := range c.states[0] {
		next, removed = min(next, s.NextTime()), removed+s.Stats().Removed
	}
	last := int64(never)
	for _, at := range l.last {
		last = min(last, at+int64(l.life))
	}
	if c.rows() != int64(len(l.count)) || removed != forgotten {
		t.Fatalf("%d groups, %d removed; want %d, %d", c.rows(), removed, len(l.count), forgotten)
	}
	if next <= now || next > last || l.life == 0 && next != never {
		t.Fatalf("at %d the next group is forgotten at %d, want %d at most", now, next, last)
	}
	times := 0
	for k := range table {
		if k[1][state.KeyPrefix-1] == SpaceChanged {
			times++
		}
	}
	if times != len(l.last) {
		t.Fatalf("the table has %d times, want %d", times, len(l.last))
	}
}

// A group that has been forgotten may yet see rows go that it no longer knows: they
// change nothing.
func TestForgottenRowsTakenBack(t *testing.T) {
	for _, disk := range []bool{false, true} {
		sample := batch.Batch{Record: must(types.Record(storySchema, nil))}
		agg := must(NewAggregation(refs(sample, 0), []expr.Expr{call(t, sample, "sum", 2)}, true))
		agg = must(agg.WithRetract())
		w := &aggregates{aggs: []*Aggregation{agg}, tasks: 1, opts: []StateOptions{{Emit: EmitChanges, Disk: disk, Time: GroupTime{Column: -1}, Life: 10}}}
		w.open(t, nil)
		at := time.UnixMicro(0).UTC()
		for i, c := range []struct {
			now    int64
			row    []any
			change int8
			want   string
		}{
			{0, []any{"a", at, 5}, 1, "+1|a|5"},
			{11, []any{"b", at, 1}, 1, "-1|a|5 +1|b|1"},
			{12, []any{"a", at, 5}, -1, ""},
			{13, []any{"a", at, 7}, 1, "+1|a|7"},
			{14, []any{"a", at, 8}, -1, "-1|a|7"},
			{15, []any{"a", at, 2}, 1, "+1|a|2"},
			{23, nil, 0, "-1|b|1"},
			{25, nil, 0, "-1|a|2"},
		} {
			var rows [][]any
			if c.row != nil {
				rows = append(rows, c.row)
			}
			b := batch.Batch{Record: must(types.Record(storySchema, rows)), Changes: []int8{c.change}[:len(rows)]}
			got := strings.Join(exact(w.runAt(t, b, c.now)), " ")
			if w.commit(t, int64(i)); got != c.want {
				t.Errorf("disk %v, at %d: %s, want %s", disk, c.now, got, c.want)
			}
		}
	}
}

// With ever new keys, memory and table stay as large as what lives.
func TestForgettingBounds(t *testing.T) {
	sample := batch.Batch{Record: must(types.Record(storySchema, nil))}
	agg := must(NewAggregation(refs(sample, 0), []expr.Expr{call(t, sample, "count", 2)}, true))
	for _, disk := range []bool{false, true} {
		s, err := agg.NewState(StateOptions{Budget: state.NewBudget(1 << 30), Emit: EmitUpdate, Disk: disk, Time: GroupTime{Column: -1}, Life: 10})
		noError(t, err)
		store := memory.New(state.NewBudget(1 << 30))
		table := must(store.Table(agg.StateSpec("aggregate-0"), state.AllGroups, state.Keyed))
		noError(t, s.Attach(table))
		var early, late int64
		for now := range int64(120) {
			var rows [][]any
			for i := range 500 {
				rows = append(rows, []any{fmt.Sprint("host-", now, "-", i), time.UnixMicro(0).UTC(), 1})
			}
			s.SetTime(now)
			out, err := s.StreamRows(stream(batch.Batch{Record: must(types.Record(storySchema, rows))}, 500), NoWatermark, testEnv)
			noError(t, err)
			allOf(t, out)
			noError(t, s.Flush())
			noError(t, s.Commit())
			noError(t, store.Commit(now))
			if st := s.Stats(); st.Rows > 500*11 || now > 20 && st.Removed != 500 {
				t.Fatalf("disk %v: %d groups after batch %d, which removed %d", disk, st.Rows, now, st.Removed)
			}
			if now < 60 {
				early = max(early, s.Stats().Bytes)
			} else {
				late = max(late, s.Stats().Bytes)
			}
		}
		if late > early+early/10 {
			t.Errorf("disk %v: %d bytes in the end, %d in the first half", disk, late, early)
		}
		if n := store.Stats("aggregate-0").Rows; n > 500*11*2+2*state.KeyGroups {
			t.Errorf("disk %v: the table has %d pairs", disk, n)
		}
		noError(t, store.Close())
	}
}
