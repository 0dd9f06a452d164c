package state_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

type timer struct {
	group int
	time  int64
	key   string
}

func timerKey(group, n int) []byte {
	return fmt.Append(state.AppendKey(nil, group, 1), "k", n)
}

// TestTimers compares with a sorted slice, over commits and rollbacks, on two
// stores.
func TestTimers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := state.Range{From: 4090, To: 4096}
		stores := []state.Store{exectest.NewState(nil), memory.New(state.NewBudget(1 << 30))}
		store := stores[rapid.IntRange(0, 1).Draw(t, "store")]
		table, err := store.Table(state.Spec{Operator: "dedup-0"}, groups, state.Keyed)
		if err != nil {
			t.Fatal(err)
		}
		timers := state.NewTimers(table, rapid.SampledFrom([]byte{9, 255}).Draw(t, "space"))
		want, committed := map[timer]bool{}, map[timer]bool{}
		copyOf := func(m map[timer]bool) map[timer]bool {
			out := map[timer]bool{}
			for k := range m {
				out[k] = true
			}
			return out
		}
		version := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			x := timer{group: rapid.IntRange(4090, 4095).Draw(t, "group"), time: rapid.Int64Range(-20, 20).Draw(t, "time")}
			key := timerKey(x.group, rapid.IntRange(0, 3).Draw(t, "key"))
			x.key = string(key)
			switch op := rapid.IntRange(0, 9).Draw(t, "op"); {
			case op < 5:
				err, want[x] = timers.Set(x.time, key), true
			case op < 6:
				err = timers.Delete(x.time, key)
				delete(want, x)
			case op < 8:
				due(t, timers, want, x.time)
			case op < 9:
				err, committed = store.Commit(version), copyOf(want)
				version++
			default:
				err, want = store.Rollback(), copyOf(committed)
				timers.Reset()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		due(t, timers, want, 20)
		if next, err := timers.Next(); next != state.NoTime || err != nil {
			t.Fatalf("when all were due, the next is %d, %v", next, err)
		}
	})
}

// due takes what is due from both. A timer that is called at an even time sets
// one for its key; one of key 0 removes those of key 1 in its group.
func due(t *rapid.T, timers *state.Timers, want map[timer]bool, now int64) {
	var list []timer
	first := int64(state.NoTime)
	for x := range want {
		first = min(first, x.time)
		if x.time <= now {
			list = append(list, x)
		}
	}
	if next, err := timers.Next(); err != nil || next > first {
		t.Fatalf("Next is %d, %v, and a timer at %d", next, err, first)
	}
	slices.SortFunc(list, func(a, b timer) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.time, b.time), cmp.Compare(a.key, b.key))
	})
	var got, expected []timer
	after := map[timer]bool{}
	for _, x := range list {
		if !want[x] {
			continue
		}
		delete(want, x)
		expected = append(expected, x)
		if x.time%2 == 0 {
			after[timer{x.group, x.time - 1, x.key}] = true
		}
		if other := (timer{x.group, x.time + 1, string(timerKey(x.group, 1))}); x.key == string(timerKey(x.group, 0)) {
			delete(want, other)
			delete(after, other)
		}
	}
	for x := range after {
		want[x] = true
	}
	err := timers.Due(now, func(time int64, key []byte) error {
		x := timer{state.GroupOf(key), time, string(key)}
		got = append(got, x)
		if time%2 == 0 {
			if err := timers.Set(time-1, key); err != nil {
				return err
			}
		}
		if x.key == string(timerKey(x.group, 0)) {
			return timers.Delete(time+1, timerKey(x.group, 1))
		}
		return nil
	})
	if err != nil || !slices.Equal(got, expected) {
		t.Fatalf("due at %d: %v, %v; want %v", now, got, err, expected)
	}
	for len(after) > 0 { // and what they have set, which sets no more
		after = map[timer]bool{}
		var again []timer
		for x := range want {
			if x.time <= now {
				again = append(again, x)
				delete(want, x)
			}
		}
		n := 0
		if err := timers.Due(now, func(int64, []byte) error { n++; return nil }); err != nil || n != len(again) {
			t.Fatalf("%d timers were set by others and called: %v; want %d", n, err, len(again))
		}
	}
}

func TestTimersRefuse(t *testing.T) {
	table, _ := exectest.NewState(nil).Table(state.Spec{Operator: "x"}, state.Range{From: 0, To: 10}, state.Keyed)
	timers := state.NewTimers(table, 9)
	for _, key := range [][]byte{nil, {0, 1}, state.AppendKey(nil, 10, 0)} {
		if timers.Set(0, key) == nil || timers.Delete(0, key) == nil {
			t.Errorf("the key %x has a timer", key)
		}
	}
}
