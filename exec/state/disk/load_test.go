package disk

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/exec/state"
)

// A state that is filled holds what it was given and nothing of before, in any
// order, and can be opened again.
func TestLoad(t *testing.T) {
	o := small(vfs.NewMem())
	old, err := Open("state", o)
	must(t, err)
	must(t, tableOf(t, old).Set(append(state.AppendKey(nil, 1, 'g'), "old"...), nil))
	must(t, old.Commit(3))
	must(t, old.Close())

	const keys = 40_000
	key := func(i int) []byte { return fmt.Append(state.AppendKey(nil, i*7919%4096, 'g'), i) }
	fill := func(table func(string, state.Range) (state.Table, error)) error {
		for _, groups := range state.Ranges(3) {
			tab, err := table("aggregate-0", groups)
			if err != nil {
				return err
			}
			for i := range keys {
				if g := state.GroupOf(key(i)); g >= groups.From && g < groups.To {
					if err := tab.Set(key(i), fmt.Append(nil, "value of ", i)); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	s, err := Load("state", o, 7, fill)
	must(t, err)
	if s.Version() != 7 || s.Stats("aggregate-0").Rows != keys {
		t.Errorf("version %d with %d rows", s.Version(), s.Stats("aggregate-0").Rows)
	}
	must(t, s.Close())
	if s, err = Open("state", o); err != nil || s.Version() != 7 {
		t.Fatalf("opened again: version %d, %v", s.Version(), err)
	}
	n := 0
	must(t, tableOf(t, s).Scan(nil, nil, func(k, v []byte) error {
		n++
		if got := fmt.Sprintf("value of %s", k[state.KeyPrefix:]); got != string(v) {
			return fmt.Errorf("%s has %q", k, v)
		}
		return nil
	}))
	if n != keys {
		t.Errorf("%d pairs, want %d", n, keys)
	}
	must(t, s.Close())
}

// What was filled in part is no state of any version.
func TestLoadFails(t *testing.T) {
	o := small(vfs.NewMem())
	broken := errors.New("broken")
	_, err := Load("state", o, 7, func(table func(string, state.Range) (state.Table, error)) error {
		tab, err := table("aggregate-0", state.AllGroups)
		must(t, err)
		batchOf(t, tab, 7, 50_000)
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	s, err := Open("state", o)
	must(t, err)
	if s.Version() != -1 {
		t.Errorf("it has version %d", s.Version())
	}
	must(t, s.Close())
}

// Pairs that were not counted are, once a store is opened for an operator that
// wants to know.
func TestCounted(t *testing.T) {
	o := small(vfs.NewMem())
	for v, c := range []struct {
		kind state.Kind
		want int64
	}{{state.Keyed, 0}, {state.Counted, 200}, {state.Counted, 300}, {state.Keyed, 0}, {state.Counted, 500}} {
		s, err := Open("state", o)
		must(t, err)
		tab, err := s.Table(state.Spec{Operator: "upsert-0"}, state.AllGroups, c.kind)
		must(t, err)
		for i := range 100 {
			must(t, tab.Set(fmt.Append(state.AppendKey(nil, i, 'g'), v), nil))
		}
		must(t, s.Commit(int64(v)))
		if n := s.Stats("upsert-0").Rows; n != c.want {
			t.Errorf("version %d: %d rows, want %d", v, n, c.want)
		}
		must(t, s.Close())
	}
}
