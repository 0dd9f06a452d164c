package disk

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/exec/state"
)

// A table that is told what was there counts as one that looks: keys that are new,
// that were there, that the batch has set or deleted before.
func TestSetKnown(t *testing.T) {
	s, err := Open("state", small(vfs.NewMem()))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	table, err := s.Table(state.Spec{Operator: "a"}, state.Range{From: 0, To: 4096}, state.Keyed)
	if err != nil {
		t.Fatal(err)
	}
	key := func(k string) []byte { return append(state.AppendKey(nil, 7, 'g'), k...) }
	set := func(k string, was bool) {
		t.Helper()
		if err := table.(state.Known).SetKnown(key(k), []byte("v"), was); err != nil {
			t.Fatal(err)
		}
	}
	rows := func(version, want int64) {
		t.Helper()
		if err := s.Commit(version); err != nil {
			t.Fatal(err)
		}
		if got := s.Stats("a").Rows; got != want {
			t.Errorf("version %d has %d rows, want %d", version, got, want)
		}
	}
	set("x", false)
	set("y", false)
	set("x", false) // the batch has set it: was is of before
	rows(0, 2)
	set("x", true)
	set("z", false)
	if err := table.Delete(key("y")); err != nil {
		t.Fatal(err)
	}
	set("y", true) // the batch has deleted it
	rows(1, 3)
	if err := table.Delete(key("z")); err != nil {
		t.Fatal(err)
	}
	rows(2, 2)
	if v, err := table.Get(key("x")); err != nil || string(v) != "v" {
		t.Errorf("got %q, %v", v, err)
	}
}
