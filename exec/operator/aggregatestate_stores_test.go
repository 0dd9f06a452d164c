package operator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/state/memory"
)

// Groups in a table give the same, in the stores there are, as groups in memory:
// with rollbacks, and with the state opened anew.
func TestGroupsInStores(t *testing.T) {
	dir := t.TempDir()
	budget := state.NewBudget(1 << 30)
	reopened := func(old state.Store) state.Store {
		if old != nil {
			noError(t, old.Close())
		}
		s, err := disk.Open(dir, disk.Options{CacheBytes: 8 << 20, Budget: budget})
		noError(t, err)
		return s
	}
	for name, c := range map[string]struct {
		store  state.Store
		reopen func(state.Store) state.Store
	}{"memory": {memory.New(budget), nil}, "disk": {reopened(nil), reopened}} {
		t.Run(name, func(t *testing.T) {
			sample := batch.Batch{Record: must(types.Record(storySchema, nil))}
			agg, err := NewAggregation(refs(sample, 0, 1), []expr.Expr{call(t, sample, "count"), call(t, sample, "collect_set", 2), call(t, sample, "avg", 2)}, true)
			noError(t, err)
			plain, err := agg.NewState(StateOptions{Budget: budget, Emit: EmitFinal, Time: GroupTime{Column: 1}})
			noError(t, err)
			open := func() *AggregateState {
				s, err := agg.NewState(StateOptions{Budget: budget, Emit: EmitFinal, Time: GroupTime{Column: 1}, Disk: true})
				noError(t, err)
				table, err := c.store.Table(agg.StateSpec("aggregate-0"), state.AllGroups, s.Kind())
				noError(t, err)
				noError(t, s.Attach(table))
				return s
			}
			s, rng := open(), rand.New(rand.NewPCG(7, 7))
			for v := range int64(25) {
				wm := v * 10
				b := windowRows(t, rng, wm)
				if rng.IntN(3) == 0 {
					exact(allOf(t, s.Stream(partial(t, agg, b, 50), wm)))
					s.Rollback()
					noError(t, c.store.Rollback())
				}
				if c.reopen != nil && rng.IntN(4) == 0 {
					noError(t, s.Close())
					c.store = c.reopen(c.store)
					s = open()
				}
				want := exact(allOf(t, plain.Stream(partial(t, agg, b, 50), wm)))
				got := exact(allOf(t, s.Stream(partial(t, agg, b, 50), wm)))
				if !slices.Equal(got, want) {
					t.Fatalf("batch %d gives\n%s\nand not\n%s", v, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				noError(t, s.Flush())
				noError(t, s.Commit())
				noError(t, c.store.Commit(v))
				noError(t, plain.Commit())
				if s.Stats().Rows != plain.Stats().Rows {
					t.Fatalf("batch %d leaves %d groups, want %d", v, s.Stats().Rows, plain.Stats().Rows)
				}
			}
			noError(t, c.store.Close())
			noError(t, s.Close())
			noError(t, plain.Close())
		})
	}
	if n := budget.Used(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}

// windowRows draws rows of times after a watermark.
func windowRows(t testing.TB, rng *rand.Rand, wm int64) batch.Batch {
	var rows [][]any
	for range rng.IntN(300) {
		rows = append(rows, []any{fmt.Sprint(rng.IntN(20)), time.UnixMicro(wm + 1 + rng.Int64N(40)).UTC(), rng.IntN(9)})
	}
	record, err := types.Record(storySchema, rows)
	noError(t, err)
	return batch.Batch{Record: record}
}

// A deduplication forgets alike in memory and on disk, whether by a key or by the
// time of the first row, and however often it begins anew.
func TestDeduplicationAlike(t *testing.T) {
	for _, within := range []int{-1, 1} {
		keys, when := []int{0, 1}, GroupTime{Column: 1, Lag: 3}
		if within >= 0 {
			keys = []int{0}
		}
		d, err := NewDeduplication(storySchema, keys, within)
		noError(t, err)
		store := memory.New(state.NewBudget(1 << 30))
		s, err := d.NewState(StateOptions{Budget: state.NewBudget(1 << 20), Disk: true, Time: when})
		noError(t, err)
		table, err := store.Table(d.Aggregation().StateSpec("dedup-0"), state.AllGroups, s.Kind())
		noError(t, err)
		plain, err := d.NewState(StateOptions{Budget: state.NewBudget(1 << 20), Time: when})
		noError(t, err)
		noError(t, s.Attach(table))
		passed := func(s *AggregateState, b batch.Batch, wm int64) []string {
			in, err := d.Rows(stream(b, 7), s, wm, testEnv)
			noError(t, err)
			return read(t, in)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for v := range int64(30) {
			b, wm := windowRows(t, rng, v*9), v*9
			if v%4 == 1 {
				passed(s, b, wm)
				s.Rollback()
				noError(t, store.Rollback())
			}
			got, want := passed(s, b, wm), passed(plain, b, wm)
			if !slices.Equal(got, want) {
				t.Fatalf("within %d, batch %d passes\n%s\nand not\n%s", within, v, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			noError(t, s.Flush())
			noError(t, s.Commit())
			noError(t, store.Commit(v))
			noError(t, plain.Commit())
		}
		if n := s.Stats().Rows; n != plain.Stats().Rows || n > 1000 {
			t.Errorf("within %d: %d keys are remembered, %d in memory", within, n, plain.Stats().Rows)
		}
	}
}
