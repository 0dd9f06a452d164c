package operator

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
)

// heldChanges draws changes of few join keys and many rows, so that rows of one key
// come to lie in the tree; some go again.
func heldChanges(t *rapid.T, now int, bounded bool) []joinChange {
	var out []joinChange
	for range rapid.IntRange(0, 80).Draw(t, "changes") {
		r := joinRow{rapid.IntRange(0, 2).Draw(t, "k"), rapid.IntRange(0, 9).Draw(t, "v"), 0}
		if bounded {
			r.t = now + rapid.IntRange(0, 12).Draw(t, "t")
		}
		c := joinChange{rapid.IntRange(0, 1).Draw(t, "side"), r, 1}
		if out = append(out, c); rapid.IntRange(0, 3).Draw(t, "goes") == 0 {
			c.n = -1
			out = append(out, c)
		}
	}
	if rapid.Bool().Draw(t, "shuffled") {
		out = rapid.Permutation(out).Draw(t, "order")
	}
	return out
}

// withoutTimes is a version of a state without the index of times, which only a
// table has.
func withoutTimes(from map[[2]string]string) map[[2]string]string {
	out := maps.Clone(from)
	maps.DeleteFunc(out, func(key [2]string, _ string) bool {
		return slices.Contains(timerSpaces[:], key[1][state.KeyPrefix-1])
	})
	return out
}

// Rows that are held in memory give what rows in a table give, in the same order,
// and leave the same state, also after batches that failed, and after each has gone
// on from the state of the other.
func TestHeldJoinIsJoinInTable(t *testing.T) {
	less := lessThan(t)
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(joinKinds).Draw(rt, "type")
		spec, bounded := streamJoinSpec(kind, less, false), rapid.Bool().Draw(rt, "bounded")
		if spec.Emit = EmitChanges; bounded {
			spec = boundedSpec(t, kind, -7, 5, true)
			spec.Emit = rapid.SampledFrom([]Emit{EmitChanges, EmitFinal}).Draw(rt, "emit")
		}
		both := []*joinBench{newJoinBench(rt, spec, 1, true), newJoinBench(rt, spec, 1, false)}
		wm := int64(0)
		for range rapid.IntRange(1, 8).Draw(rt, "batches") {
			changes, size := heldChanges(rt, int(wm), bounded), rapid.IntRange(1, 40).Draw(rt, "size")
			if rapid.IntRange(0, 3).Draw(rt, "fails") == 0 {
				sameJoined(rt, both[0].fail(changes, wm, size), both[1].fail(changes, wm, size))
			}
			switch rapid.IntRange(0, 5).Draw(rt, "restarts") {
			case 0:
				both[0].restart(1)
				both[1].restart(1)
			case 1:
				both[0].held, both[1].held = both[1].held, both[0].held
				both[0].restart(1)
				both[1].restart(1)
			}
			sameJoined(rt, both[0].apply(changes, wm, size), both[1].apply(changes, wm, size))
			sameStates(rt, both[0], both[1])
			wm += int64(rapid.IntRange(0, 9).Draw(rt, "watermark"))
		}
		sameJoined(rt, both[0].apply(nil, 1e6, 1), both[1].apply(nil, 1e6, 1))
		sameStates(rt, both[0], both[1])
		for _, b := range both {
			if h, ok := b.tasks[0].kept.(*heldJoin); ok && bounded {
				emptyHeld(rt, h)
			}
		}
	})
}

func sameJoined(t rapid.TB, a, b []string) {
	t.Helper()
	if !slices.Equal(a, b) {
		t.Fatalf("one gives\n%s\nthe other\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

func sameStates(t rapid.TB, a, b *joinBench) {
	t.Helper()
	x, y := withoutTimes(a.store.Versions[a.version]), withoutTimes(b.store.Versions[b.version])
	if !maps.Equal(x, y) {
		t.Fatalf("one keeps\n%q\nthe other\n%q", x, y)
	}
	p, q := a.tasks[0].Stats(), b.tasks[0].Stats()
	if p.Bytes, q.Bytes = 0, 0; p != q {
		t.Fatalf("one says %+v, the other %+v", p, q)
	}
}

// emptyHeld checks that nothing is left behind rows that have gone.
func emptyHeld(t rapid.TB, h *heldJoin) {
	t.Helper()
	if h.keys.n != 0 || h.tree.Len() != 0 || h.ghosts != 0 || len(h.times[0].runs)+len(h.times[1].runs) != 0 {
		t.Fatalf("%d join keys, %d rows in the tree, %d ghosts and %d runs of times stay", h.keys.n, h.tree.Len(), h.ghosts, len(h.times[0].runs)+len(h.times[1].runs))
	}
}

// Rows that differ though their hashes do not are kept apart, in memory, in the
// state and by who goes on from it; in a list as well as in the tree.
func TestHeldJoinOfEqualHashes(t *testing.T) {
	for _, others := range []int{0, 40} {
		for _, bounded := range []bool{false, true} {
			spec := streamJoinSpec(joinKinds[1], nil, false)
			if bounded {
				spec = boundedSpec(t, joinKinds[1], -5, 5, false)
			}
			spec.Emit = EmitChanges
			store := exectest.NewState(nil)
			join, err := openJoin(spec, store, state.AllGroups, true)
			if err != nil {
				t.Fatal(err)
			}
			put := func(n int8, values ...int) {
				var changes []joinChange
				for _, v := range values {
					changes = append(changes, joinChange{LeftSide, joinRow{1, v, 5}, n})
				}
				in := &join.scratch.rows
				if err := in.read(join.sides[LeftSide], spec.NullSafe, joinInput(t, changes, LeftSide, 1000, bounded).batches[0]); err != nil {
					t.Fatal(err)
				}
				if values[0] < 100 {
					for i := range in.encoded.hashes {
						in.encoded.hashes[i] = 7
					}
				}
				join.kept.locate(in)
				for i := range values {
					if _, err := join.kept.put(in, i); err != nil {
						t.Fatal(err)
					}
				}
				if err := join.kept.settle(); err != nil {
					t.Fatal(err)
				}
			}
			for i := range others {
				put(1, 100+i)
			}
			put(1, 3, 1, 2, 1)
			commitJoin(t, join, store, 1)
			put(-1, 3)
			put(1, 4)
			join.Rollback()
			put(-1, 2)
			commitJoin(t, join, store, 2)
			dumped := exectest.NewState(nil)
			table, _ := dumped.Table(spec.State("join-0"), state.AllGroups, state.Keyed)
			if err := join.Dump(table); err != nil {
				t.Fatal(err)
			}
			if err := dumped.Commit(2); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(dumped.Versions[2], store.Versions[2]) {
				t.Errorf("the state is\n%q\nand is dumped as\n%q", store.Versions[2], dumped.Versions[2])
			}
			want := append(slices.Repeat([]string{"1"}, others), "1", "1", "1") // one row is there twice
			for _, held := range []bool{true, false} {
				again, err := openJoin(spec, exectest.NewState(store.Versions[2]), state.AllGroups, held)
				if err != nil {
					t.Fatal(err)
				}
				got, err := readAll(again.Stream(joinInput(t, nil, LeftSide, 1, bounded), joinInput(t, []joinChange{{RightSide, joinRow{1, 0, 5}, 1}}, RightSide, 1, bounded), math.MinInt64, testEnv))
				if err != nil || len(got) != 2*len(want) || again.Stats().Left != int64(len(want)) {
					t.Errorf("%d others, held=%v: %v, %d rows and %+v:\n%s", others, held, err, len(got), again.Stats(), strings.Join(got, "\n"))
				}
			}
		}
	}
}

func commitJoin(t *testing.T, join *JoinState, store *exectest.State, version int64) {
	t.Helper()
	if err := join.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := store.Commit(version); err != nil {
		t.Fatal(err)
	}
	join.Commit()
}

// A state that rows cannot be read from is refused; a budget that is too small
// fails the batch, and gets back what was taken when the state is closed.
func TestHeldJoinErrors(t *testing.T) {
	spec := streamJoinSpec(joinKinds[0], nil, false)
	key := appendKey(nil, 5, []byte{2, 1, 0, 0, 0, 0, 0, 0, 0})
	id := "\x01\x00\x05\x08\x00\x00\x0012345678"
	for _, pair := range [][2]string{{"\x00\x05", ""}, {"\x00\x05r", "x"}, {string(key), "x"}, {string(key) + id, "x"}, {"\x00\x05n", "short"}} {
		store := exectest.NewState(map[[2]string]string{{"join-0", pair[0]}: pair[1]})
		if _, err := openJoin(spec, store, state.AllGroups, true); err == nil {
			t.Errorf("a pair %q was taken", pair)
		}
	}
	budget := state.NewBudget(64 << 10)
	join, err := NewHeldJoinState(spec, nil, budget)
	if err != nil {
		t.Fatal(err)
	}
	var left []joinChange
	for i := range 4000 {
		left = append(left, joinChange{LeftSide, joinRow{i, i, 0}, 1})
	}
	if _, err := readAll(join.Stream(joinInput(t, left, LeftSide, 100, false), joinInput(t, nil, RightSide, 1, false), math.MinInt64, testEnv)); err == nil || !strings.Contains(err.Error(), state.Setting) {
		t.Errorf("a budget that is too small: %v", err)
	}
	join.Rollback()
	if h := join.kept.(*heldJoin); h.keys.n != 0 {
		t.Errorf("after a rollback there are %d join keys", h.keys.n)
	}
	if join.Close(); budget.Used() != 0 {
		t.Errorf("%d bytes are still counted", budget.Used())
	}
}

// Records keep their bytes however others come and go, and memory that was given
// back is used again.
func TestSlab(t *testing.T) {
	sizes := []int{4, 16, 17, 64, 1000, 1024, 1025, 5000, slabLarge, slabLarge + 1, 300_000}
	rapid.Check(t, func(rt *rapid.T) {
		s, held := slab{}, map[uint32][]byte{}
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			if refs := slices.Sorted(maps.Keys(held)); len(refs) > 0 && rapid.IntRange(0, 2).Draw(rt, "what") == 0 {
				ref := rapid.SampledFrom(refs).Draw(rt, "gone")
				s.release(ref, len(held[ref]))
				delete(held, ref)
				continue
			}
			n := rapid.SampledFrom(sizes).Draw(rt, "size")
			ref, err := s.alloc(n)
			if err != nil || ref <= inTree || held[ref] != nil {
				rt.Fatalf("record %d of %d bytes: %v, had %d", ref, n, err, len(held[ref]))
			}
			held[ref] = []byte(strings.Repeat(fmt.Sprintf("%04d", len(held)), n/4+1))[:n]
			copy(s.at(ref)[:n], held[ref])
		}
		sum := int64(0)
		for ref, want := range held {
			if got := string(s.at(ref)[:len(want)]); got != string(want) {
				rt.Fatalf("record %d of %d bytes was changed", ref, len(want))
			}
		}
		for _, c := range s.chunks {
			sum += int64(len(c))
		}
		if sum != s.bytes {
			rt.Fatalf("%d bytes are counted as %d", sum, s.bytes)
		}
	})
}
