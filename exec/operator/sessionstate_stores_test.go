package operator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
)

// sessionBatch draws rows of few owners after a watermark; where rows can be taken
// back, some of those in had are.
func sessionBatch(rng *rand.Rand, wm int64, had *[][]any, retract bool) batch.Batch {
	var rows [][]any
	var changes []int8
	kept := (*had)[:0]
	for _, r := range *had {
		if retract && rng.IntN(3) == 0 && r[1].(time.Time).UnixMicro() > wm {
			rows, changes = append(rows, r), append(changes, -1)
		} else {
			kept = append(kept, r)
		}
	}
	*had = kept
	for range max(0, rng.IntN(60)-12) {
		r := []any{fmt.Sprint(rng.IntN(12)), time.UnixMicro(wm + 1 + rng.Int64N(30)).UTC(), rng.IntN(9)}
		rows, changes, *had = append(rows, r), append(changes, 1), append(*had, r)
	}
	b := batch.Batch{Record: must(storySchemaRecord(rows))}
	if retract {
		b.Changes = changes
	}
	return sessionParts(b, 4)
}

// Sessions on disk give what those in memory do, in the same order: with batches
// that are rolled back, and with the state opened anew, in memory and on disk.
func TestSessionsInStores(t *testing.T) {
	for _, emit := range []Emit{EmitFinal, EmitUpdate, EmitChanges, EmitComplete} {
		for _, retract := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/retract=%t", emit, retract), func(t *testing.T) {
				sessionsInStore(t, newSessions(t, t, retract), emit, retract)
			})
		}
	}
	for _, emit := range []Emit{EmitUpdate, EmitChanges, EmitComplete} {
		for _, retract := range []bool{false, true} {
			t.Run(fmt.Sprintf("lives/%s/retract=%t", emit, retract), func(t *testing.T) {
				sessionsInStore(t, newSessions(t, t, retract), emit, retract, 30)
			})
		}
	}
	for _, emit := range []Emit{EmitFinal, EmitComplete} {
		for _, retract := range []bool{false, true} {
			t.Run(fmt.Sprintf("values/%s/retract=%t", emit, retract), func(t *testing.T) {
				b := sessionParts(batch.Batch{Record: must(storySchemaRecord(nil))}, 1)
				agg, err := NewAggregation([]expr.Expr{ref(b, 3), ref(b, 0)}, []expr.Expr{call(t, b, "count"), call(t, b, "collect_list", 2), call(t, b, "collect_set", 2), call(t, b, "max", 2), call(t, b, "mode", 2)}, true)
				noError(t, err)
				if retract {
					agg, err = agg.WithRetract()
					noError(t, err)
				}
				sessions, err := agg.Sessions(0)
				noError(t, err)
				sessionsInStore(t, sessions, emit, retract)
			})
		}
	}
	t.Run("of nobody", func(t *testing.T) {
		b := sessionParts(batch.Batch{Record: must(storySchemaRecord(nil))}, 1)
		agg, err := NewAggregation([]expr.Expr{ref(b, 3)}, []expr.Expr{call(t, b, "count")}, true)
		noError(t, err)
		sessions, err := agg.Sessions(0)
		noError(t, err)
		sessionsInStore(t, sessions, EmitFinal, false)
	})
}

func sessionsInStore(t *testing.T, sessions *Sessions, emit Emit, retract bool, life ...Lifetime) {
	dir, budget := t.TempDir(), state.NewBudget(1<<30)
	rng := rand.New(rand.NewPCG(uint64(emit), 3))
	opts := StateOptions{Budget: budget, Emit: emit, Time: GroupTime{Column: 0, Lag: 2}}
	if len(life) > 0 {
		opts.Time.Column, opts.Life = -1, life[0]
	}
	made := func(onDisk bool) *SessionState {
		o := opts
		o.Disk = onDisk
		s, err := sessions.NewState(o)
		noError(t, err)
		return s
	}
	var store state.Store
	open := func(onDisk bool) *SessionState {
		if store != nil {
			noError(t, store.Close())
		}
		var err error
		store, err = disk.Open(dir, disk.Options{CacheBytes: 8 << 20, Budget: budget})
		noError(t, err)
		s := made(onDisk)
		table, err := store.Table(sessions.Parts().StateSpec("session-0"), state.AllGroups, s.Kind())
		noError(t, err)
		noError(t, s.Attach(table))
		return s
	}
	plain, s := made(false), open(true)
	var had [][]any
	for v := range int64(30) {
		wm := v * 7
		b := sessionBatch(rng, wm, &had, retract)
		run := func(s *SessionState) []string {
			in := partial(t, sessions.Parts(), b, 20)
			s.SetTime(wm)
			rows := exact(allOf(t, s.Stream(in, wm)))
			if emit == EmitComplete { // in the order of the table
				slices.Sort(rows)
			}
			return rows
		}
		if rng.IntN(3) == 0 {
			run(s)
			s.Rollback()
			noError(t, store.Rollback())
		}
		if rng.IntN(7) == 0 {
			noError(t, s.Close())
			s = open(rng.IntN(3) > 0)
		}
		due := s.Due(wm)
		got, want := run(s), run(plain)
		if !due && b.NumRows() == 0 && len(want) > 0 && emit == EmitFinal {
			t.Fatalf("before batch %d nothing is due, and sessions go", v)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("batch %d gives\n%s\nand not\n%s", v, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		noError(t, s.Flush())
		noError(t, s.Commit())
		noError(t, store.Commit(v))
		noError(t, plain.Commit())
		if a, b := s.Stats().Rows, plain.Stats().Rows; a != b {
			t.Fatalf("batch %d leaves %d parts, want %d", v, a, b)
		}
		if s.Due(wm) {
			t.Fatalf("after batch %d something is due at the watermark that it had", v)
		}
	}
	if len(life) > 0 { // nothing comes any more
		none := batch.Batch{Record: must(storySchemaRecord(nil))}
		for _, s := range []*SessionState{s, plain} {
			s.SetTime(1000)
			leave := allOf(t, s.Stream(partial(t, sessions.Parts(), sessionParts(none, 4), 20), NoWatermark))
			noError(t, s.Flush())
			noError(t, s.Commit())
			if n, next := s.Stats().Rows, s.NextTime(); n != 0 || next != never || (len(leave) == 0) != (emit == EmitComplete) {
				t.Errorf("in the end %d parts are left, the next goes at %d, and %d rows leave", n, next, len(leave))
			}
		}
		noError(t, store.Commit(30))
	}
	noError(t, s.Close())
	noError(t, plain.Close())
	noError(t, store.Close())
	if n := budget.Used(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
