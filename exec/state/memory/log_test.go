package memory

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/state"
)

// A table that only records gives what a map would hold, in the order of the keys:
// of few groups or many, of keys that begin alike or are parts of each other.
func TestJournalIsLastChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := New(state.NewBudget(1 << 30))
		table, err := s.Table(state.Spec{Operator: "aggregate-0"}, state.AllGroups, state.Journal)
		if err != nil {
			rt.Fatal(err)
		}
		for version := range int64(3) {
			want := map[string]string{}
			for range rapid.IntRange(0, 60).Draw(rt, "changes") {
				key := state.AppendKey(nil, rapid.SampledFrom([]int{0, 1, 77, 4095}).Draw(rt, "group"), 'g')
				key = append(key, strings.Repeat("same", rapid.IntRange(0, 3).Draw(rt, "times"))+rapid.SampledFrom([]string{"", "a", "b", "\x00"}).Draw(rt, "end")...)
				if rapid.Bool().Draw(rt, "deleted") {
					want[string(key)] = "deleted"
					err = table.Delete(key)
				} else {
					value := strings.Repeat("v", rapid.SampledFrom([]int{0, 1, 200, fullChunk}).Draw(rt, "size"))
					want[string(key)] = "=" + value
					err = table.Set(key, []byte(value))
				}
				if err != nil {
					rt.Fatal(err)
				}
			}
			var last []byte
			got := map[string]string{}
			if err := s.Changes(func(_ string, key, value []byte) error {
				if last != nil && bytes.Compare(last, key) >= 0 {
					return fmt.Errorf("%q comes after %q", key, last)
				}
				if last, got[string(key)] = slices.Clone(key), "deleted"; value != nil {
					got[string(key)] = "=" + string(value)
				}
				return nil
			}); err != nil {
				rt.Fatal(err)
			}
			if !maps.Equal(got, want) {
				rt.Fatalf("%d changes of %d", len(got), len(want))
			}
			if rapid.IntRange(0, 3).Draw(rt, "fails") == 0 {
				err = s.Rollback()
				want = nil
			} else {
				err = s.Commit(version)
			}
			if st := s.Stats("aggregate-0"); err != nil || st.Updated != int64(len(want)) {
				rt.Fatalf("%v, %d keys were changed, not %d", err, st.Updated, len(want))
			}
			if err := s.Changes(func(string, []byte, []byte) error { return fmt.Errorf("a change stays") }); err != nil {
				rt.Fatal(err)
			}
		}
	})
}
