package operator

import (
	"context"
	"math"
	"testing"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// One join key with more rows than are worked off at once: all of them match, are
// counted, and go.
func TestStreamJoinOfOneHotKey(t *testing.T) {
	const n = 2*batch.MaxRows + 500
	for i, kind := range append(joinKinds, joinKinds...) {
		store := memory.New(state.NewBudget(1 << 30))
		spec := boundedSpec(t, kind, -10, 10, false)
		spec.Emit = EmitChanges
		join, err := openJoin(spec, store, state.AllGroups, i >= len(joinKinds))
		if err != nil {
			t.Fatal(err)
		}
		var left []joinChange
		for i := range n {
			left = append(left, joinChange{LeftSide, joinRow{1, i, 100}, 1})
		}
		right := []joinChange{{RightSide, joinRow{1, 1, 100}, 1}, {RightSide, joinRow{1, 2, 100}, 1}}
		back := []joinChange{{RightSide, joinRow{1, 1, 100}, -1}, {RightSide, joinRow{1, 2, 100}, -1}}
		run := func(changes []joinChange, wm int64) int {
			s := join.Stream(joinInput(t, changes, LeftSide, batch.MaxRows, true), joinInput(t, changes, RightSide, 1, true), wm, testEnv)
			rows, err := drain(context.Background(), s, -1)
			if !batch.IsEnd(err) {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			join.Commit()
			return rows
		}
		alone := map[string]int{"left": n, "full": n, "anti": n}[kind.name]
		pairs, once := 2*n, 0
		switch kind.name {
		case "semi", "anti":
			pairs, once = 0, n
		case "left", "full":
			once = n
		}
		for _, step := range []struct {
			changes []joinChange
			wm      int64
			want    int
		}{{left, 0, alone}, {right, 0, pairs + once}, {back, 0, pairs + once}, {nil, math.MaxInt64 / 2, 0}} {
			if got := run(step.changes, step.wm); got != step.want {
				t.Errorf("%s: %d rows, not %d", kind.name, got, step.want)
			}
		}
		if st := join.Stats(); st.Left != 0 || st.Right != 0 || st.Removed != n {
			t.Errorf("%s: in the end %+v", kind.name, st)
		}
	}
}

// A stream that is closed before its end leaves nothing running, and a stream that
// was cancelled does not look as if it had ended.
func TestStreamJoinClosedEarly(t *testing.T) {
	bench := newJoinBench(t, streamJoinSpec(joinKinds[0], nil, false), 1, true)
	changes := []joinChange{{LeftSide, joinRow{1, 1, 0}, 1}, {RightSide, joinRow{1, 2, 0}, 1}, {LeftSide, joinRow{1, 3, 0}, 1}}
	left, right := joinInput(t, changes, LeftSide, 1, false), joinInput(t, changes, RightSide, 1, false)
	s := bench.tasks[0].Stream(left, right, math.MinInt64, testEnv)
	if _, err := s.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Next(ctx); err == nil || batch.IsEnd(err) {
		t.Errorf("after a cancellation: %v", err)
	}
	if err := s.Close(); err != nil || left.closed != 1 || right.closed != 1 {
		t.Errorf("closing: %v, inputs %d and %d times", err, left.closed, right.closed)
	}
	if _, err := s.Next(context.Background()); err == nil || batch.IsEnd(err) {
		t.Errorf("after Close: %v", err)
	}
}
