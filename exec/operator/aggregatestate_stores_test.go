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
			distinct := call(t, sample, "count", 2).(*expr.Call)
			distinct.Distinct = true
			agg, err := NewAggregation(refs(sample, 0, 1), []expr.Expr{call(t, sample, "count"), call(t, sample, "collect_set", 2), call(t, sample, "avg", 2),
				distinct, call(t, sample, "collect_list", 2), call(t, sample, "median", 2)}, true)
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
			if _, err := readAll(s.Stream(NewValues(agg.PartialSchema()), 1e9)); err != nil {
				t.Fatal(err)
			}
			noError(t, s.Flush())
			noError(t, s.Commit())
			noError(t, c.store.Commit(25))
			left := map[[2]string]string{}
			noError(t, s.table.Scan(nil, nil, func(key, value []byte) error {
				left[[2]string{"aggregate-0", string(key)}] = string(value)
				return nil
			}))
			if n := groupsOfPairs(t, agg, left); n != s.Stats().Rows || n > 20 {
				t.Errorf("%d groups are left in the table, and %d by the state's own count, of 20 that never go", n, s.Stats().Rows)
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

// windowRows draws rows of times after a watermark; of some it is not known.
func windowRows(t testing.TB, rng *rand.Rand, wm int64) batch.Batch {
	var rows [][]any
	for range rng.IntN(300) {
		row := []any{fmt.Sprint(rng.IntN(20)), time.UnixMicro(wm + 1 + rng.Int64N(40)).UTC(), rng.IntN(9)}
		if rng.IntN(20) == 0 {
			row[1] = nil
		}
		rows = append(rows, row)
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
		if n := s.Stats().Rows; within >= 0 && n > 20 {
			t.Errorf("%d keys are remembered of 20", n)
		}
		if n := s.Stats().Rows; n != plain.Stats().Rows || n > 1000 {
			t.Errorf("within %d: %d keys are remembered, %d in memory", within, n, plain.Stats().Rows)
		}
	}
}

// A first row without a time is forgotten with the batch that it is in, once there
// is a watermark: it must not hide its key for ever.
func TestDeduplicationWithoutTime(t *testing.T) {
	d, err := NewDeduplication(storySchema, []int{0}, 1)
	noError(t, err)
	at := func(us int64) any { return time.UnixMicro(us).UTC() }
	for _, onDisk := range []bool{false, true} {
		s, err := d.NewState(StateOptions{Budget: state.NewBudget(1 << 20), Disk: onDisk, Time: GroupTime{Column: 1, Lag: 10}})
		noError(t, err)
		store := memory.New(state.NewBudget(1 << 20))
		table, err := store.Table(d.Aggregation().StateSpec("dedup-0"), state.AllGroups, s.Kind())
		noError(t, err)
		noError(t, s.Attach(table))
		for v, c := range []struct {
			wm   int64
			rows [][]any
			want string
			kept int64
		}{
			{NoWatermark, [][]any{{"a", nil, 1}, {"a", nil, 2}, {"b", at(5), 3}}, `["a" | (null) | 1 "b" | 1970-01-01T00:00:00.000005Z | 3]`, 2},
			{NoWatermark, [][]any{{"a", at(6), 4}}, `[]`, 2},
			{5, [][]any{{"a", at(7), 5}, {"b", nil, 6}}, `[]`, 1},
			{6, [][]any{{"a", at(8), 7}, {"c", nil, 8}, {"c", at(9), 9}}, `["a" | 1970-01-01T00:00:00.000008Z | 7 "c" | (null) | 8]`, 2},
			{15, [][]any{{"c", at(16), 10}}, `["c" | 1970-01-01T00:00:00.000016Z | 10]`, 2},
			{26, nil, `[]`, 0},
		} {
			in, err := d.Rows(stream(batch.Batch{Record: must(types.Record(storySchema, c.rows))}, 7), s, c.wm, testEnv)
			noError(t, err)
			got := fmt.Sprint(read(t, in))
			noError(t, s.Flush())
			noError(t, s.Commit())
			noError(t, store.Commit(int64(v)))
			if kept := s.Stats().Rows; got != c.want || kept != c.kept {
				t.Errorf("on disk %v, batch %d: %s passes and %d keys stay, want %s and %d", onDisk, v, got, kept, c.want, c.kept)
			}
		}
		noError(t, s.Close())
	}
}
