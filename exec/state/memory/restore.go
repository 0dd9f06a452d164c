package memory

import (
	"io"

	"github.com/riffledata/riffle/exec/state"
)

// Restore returns a store with what a snapshot and the deltas after it say, or
// the deltas from the first batch on, oldest first; the newest has to be of the
// version asked for. The tables that are made of it may divide the key groups in
// any way.
func Restore(budget *state.Budget, version int64, files ...io.Reader) (*Store, error) {
	readers, err := state.OpenState(version, files...)
	if err != nil {
		return nil, err
	}
	s := New(budget)
	s.version = version
	err = state.NewMerger(readers...).Each(func(pair state.Pair) error {
		if pair.Value == nil {
			return nil
		}
		if err := state.CheckKey(pair.Operator, state.AllGroups, pair.Key); err != nil {
			return err
		}
		p := s.restored[pair.Operator]
		if p == nil {
			p = &parts{operator: pair.Operator, budget: budget}
			s.restored[pair.Operator] = p
		}
		return p.add(pair.Key, pair.Value)
	})
	if err != nil {
		s.dropRestored()
		return nil, err
	}
	return s, nil
}
