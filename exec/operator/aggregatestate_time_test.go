package operator

import (
	"fmt"
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
)

// Groups go with the watermark alike, with the same values in the same order,
// whether they are in memory, recorded, on disk, or now here and now there, and
// however often the query begins anew.
func TestGroupsGoAlike(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		emit := rapid.SampledFrom([]Emit{EmitFinal, EmitUpdate, EmitChanges}).Draw(rt, "emit")
		o := StateOptions{Emit: emit, Time: GroupTime{Column: 1, Lag: int64(rapid.IntRange(0, 2).Draw(rt, "lag"))}}
		sample := batch.Batch{Record: must(types.Record(storySchema, nil))}
		var calls []expr.Expr
		if rapid.Bool().Draw(rt, "calls") {
			for _, name := range []string{"count", "collect_list", "collect_set", "first", "avg", "stddev"} {
				calls = append(calls, call(t, sample, name, 2))
			}
		}
		agg, err := NewAggregation(refs(sample, 0, 1), calls, true)
		noError(rt, err)
		disk := o
		disk.Disk = true
		var ways []*aggregates
		for _, o := range []StateOptions{o, o, disk, o} {
			ways = append(ways, &aggregates{aggs: []*Aggregation{agg}, opts: []StateOptions{o}, tasks: 1})
		}
		for _, w := range ways {
			w.open(rt, nil)
		}
		wm := int64(NoWatermark)
		for version := range int64(rapid.IntRange(1, 6).Draw(rt, "batches")) {
			var rows [][]any
			for range rapid.IntRange(0, 8).Draw(rt, "rows") {
				at := max(wm, 0) + int64(rapid.IntRange(0, 5).Draw(rt, "t")) + 1
				rows = append(rows, []any{fmt.Sprint(rapid.IntRange(0, 2).Draw(rt, "k")), time.UnixMicro(at).UTC(), rapid.IntRange(0, 9).Draw(rt, "v")})
			}
			wm = max(wm, 0) + int64(rapid.IntRange(0, 4).Draw(rt, "step"))
			b := batch.Batch{Record: must(types.Record(storySchema, rows))}
			var want []string
			for i, w := range ways {
				if again := rapid.SampledFrom([]string{"", "rollback", "restart"}).Draw(rt, "again"); i > 0 && again != "" {
					w.run(rt, b, 3, wm)
					if w.rollback(rt); again == "restart" {
						w.tasks = rapid.IntRange(1, 2).Draw(rt, "tasks")
						w.opts[0].Disk = w.opts[0].Disk != (i == 3)
						w.open(rt, w.store.Versions[version-1])
					}
				}
				got := exact(w.run(rt, b, 3, wm))
				if w.commit(rt, version); i == 0 {
					want = got
				}
				same := slices.Equal(got, want)
				if w.tasks > 1 {
					same = slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
				}
				if !same {
					rt.Fatalf("way %d, batch %d gives\n%s\nand not\n%s", i, version, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if w.due(wm) {
					rt.Fatalf("way %d: something is due again at %d", i, wm)
				}
				if w.due(wm+3) != ways[0].due(wm+3) || w.rows() != ways[0].rows() {
					rt.Fatalf("way %d: due at %d: %v; %d groups, want %d", i, wm+3, w.due(wm+3), w.rows(), ways[0].rows())
				}
			}
		}
	})
}

// rows is the number of groups of the first aggregation.
func (c *aggregates) rows() (n int64) {
	for _, s := range c.states[0] {
		n += s.Stats().Rows
	}
	return n
}

func (c *aggregates) due(wm int64) bool {
	for _, s := range c.states[0] {
		if s.Due(wm) {
			return true
		}
	}
	return false
}

// A deduplication passes on the first row of each key until it is forgotten.
func TestDeduplication(t *testing.T) {
	for _, disk := range []bool{false, true} {
		d, err := NewDeduplication(storySchema, []int{0}, 1)
		noError(t, err)
		s, err := d.NewState(StateOptions{Budget: state.NewBudget(1 << 20), Disk: disk, Time: GroupTime{Column: 1, Lag: 10e6}})
		noError(t, err)
		store := exectest.NewState(nil)
		table, err := store.Table(state.Spec{Operator: "dedup-0"}, state.AllGroups, s.Kind())
		noError(t, err)
		noError(t, s.Attach(table))
		for i, c := range []struct {
			wm         int64
			rows, want string
		}{
			{0, "+ a 1 1\n+ b 2 2\n+ a 3 3\n", "1 2"},
			{10, "+ b 3 4\n+ c 4 5\n+ . 4 6\n+ . 5 7\n", "5 6"},
			{11, "+ a 12 8\n", ""}, // remembered until the end of the batch at 11
			{11, "+ a 13 9\n+ b 13 10\n", "9"},
		} {
			in, err := d.Rows(stream(storyRows(t, c.rows), 2), s, c.wm*1e6, testEnv)
			noError(t, err)
			var got []string
			for _, line := range read(t, in) {
				got = append(got, line[strings.LastIndex(line, " ")+1:])
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("disk %v, batch %d passes %v, not %s", disk, i, got, c.want)
			}
			noError(t, s.Flush())
			noError(t, s.Commit())
			noError(t, store.Commit(int64(i)))
		}
	}
}
