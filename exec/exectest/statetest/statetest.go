package statetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/state"
)

// Run runs all tests on a backend.
func Run(t *testing.T, b Backend) {
	t.Run("random", func(t *testing.T) { random(t, b) })
	t.Run("journal", func(t *testing.T) { journal(t, b) })
	t.Run("errors", func(t *testing.T) { mistakes(t, b) })
	t.Run("concurrent", func(t *testing.T) { concurrent(t, b) })
}

// random compares with the plain store under random operations.
func random(t *testing.T, b Backend) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t, rt, b)
		for range rapid.IntRange(1, 120).Draw(rt, "steps") {
			m.step(rt)
		}
		m.commit()
		m.scanAll()
		if err := m.got.Close(); err != nil {
			rt.Fatalf("Close: %v", err)
		}
	})
}

// journal sees that a table which only records gives what was restored, once,
// and every change to the checkpoint.
func journal(t *testing.T, b Backend) {
	s := b.New(t)
	spec := state.Spec{Operator: "aggregate-0"}
	tab := table(t, s, spec, state.AllGroups, state.Journal)
	var files [][]byte
	var tip state.Hash
	for v, keys := range []string{"abc", "b", "cd"} {
		for _, k := range keys {
			must(t, tab.Set(append(state.AppendKey(nil, int(k), 0), byte(k)), fmt.Append(nil, "v", v)))
		}
		if v == 1 {
			must(t, tab.Delete(append(state.AppendKey(nil, 'a', 0), 'a')))
		}
		var file bytes.Buffer
		info, err := state.WriteDelta(&file, int64(v), tip, s.Changes)
		must(t, err)
		tip, files = info.Tip, append(files, file.Bytes())
		must(t, s.Commit(int64(v)))
	}
	must(t, s.Close())

	s, err := b.Restore(t, 2, readers(files)...)
	must(t, err)
	tab = table(t, s, spec, state.AllGroups, state.Journal)
	var got string
	must(t, tab.Scan(nil, nil, func(key, value []byte) error {
		got += fmt.Sprintf("%s=%s ", key[state.KeyPrefix:], value)
		return nil
	}))
	if want := "b=v1 c=v2 d=v2 "; got != want {
		t.Errorf("restored %q, want %q", got, want)
	}
	must(t, tab.Set(append(state.AppendKey(nil, 'z', 0), 'z'), nil))
	must(t, s.Rollback())
	if c := changesOf(t, s); len(c) != 0 {
		t.Errorf("after Rollback there are changes %v", c)
	}
	must(t, s.Close())
}

// mistakes are refused.
func mistakes(t *testing.T, b Backend) {
	s := b.New(t)
	spec := state.Spec{Operator: "join-0"}
	tab := table(t, s, spec, state.Range{From: 0, To: 100}, state.Keyed)
	for _, key := range [][]byte{nil, {1}, state.AppendKey(nil, 100, 0)} {
		if tab.Set(key, nil) == nil || tab.Delete(key) == nil {
			t.Errorf("the key %x, which is not the table's, is taken", key)
		}
	}
	if _, err := s.Table(spec, state.Range{From: 99, To: 200}, state.Keyed); err == nil {
		t.Error("two tables of one operator have group 99")
	}
	must(t, tab.Set(state.AppendKey(nil, 3, 0), []byte("x")))
	broken := errors.New("broken")
	if err := tab.Scan(nil, nil, func(_, _ []byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Scan returns %v, want the function's error", err)
	}
	if err := s.Changes(func(string, []byte, []byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Changes returns %v, want the function's error", err)
	}
	must(t, s.Commit(4))
	if s.Commit(4) == nil {
		t.Error("version 4 is committed twice")
	}
	must(t, s.Close())
}

// concurrent uses the tables of several tasks at once.
func concurrent(t *testing.T, b Backend) {
	s := b.New(t)
	var wg sync.WaitGroup
	for _, groups := range state.Ranges(4) {
		tab := table(t, s, state.Spec{Operator: "join-0"}, groups, state.Counted)
		wg.Go(func() {
			for i := range 500 {
				key := fmt.Append(state.AppendKey(nil, groups.From+i%7, 1), i)
				if err := tab.Set(key, key); err != nil {
					t.Errorf("Set: %v", err)
				}
				if v, err := tab.Get(key); err != nil || !bytes.Equal(v, key) {
					t.Errorf("Get = %x, %v", v, err)
				}
			}
		})
	}
	wg.Wait()
	must(t, s.Commit(0))
	if n := s.Stats("join-0").Rows; n != 2000 {
		t.Errorf("%d rows, want 2000", n)
	}
	must(t, s.Close())
}

func table(t testing.TB, s state.Store, spec state.Spec, groups state.Range, kind state.Kind) state.Table {
	t.Helper()
	tab, err := s.Table(spec, groups, kind)
	must(t, err)
	return tab
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
