package exec

import (
	"context"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/state"
)

// reopenable lets the state of the query be opened anew while it runs.
func (s *starting) reopenable() {
	if s.config.Files != nil && len(s.plan.State) > 0 {
		s.config.Reopen = s.reopen
	}
}

// reopen opens the state on disk anew, as a start does, and sees that it can be written
// to: else each batch might have to open it again.
func (s *starting) reopen(ctx context.Context, m checkpoint.Manifest) (state.Store, error) {
	store, err := s.openState(ctx, m)
	if err != nil {
		return nil, err
	}
	if f, ok := store.(interface{ Flush() error }); ok {
		err = f.Flush()
	}
	if err == nil {
		err = s.letGo()
	}
	if err == nil {
		err = s.attachTo(store)
	}
	if err != nil {
		_ = store.Close() // the error is known
		return nil, err
	}
	return store, nil
}

// letGo makes the ops forget the state that they have, before they are given other
// tables, on disk.
func (s *starting) letGo() error {
	for _, op := range s.plan.State {
		spiller, ok := op.(physical.Spiller)
		if !ok {
			op.Rollback() // all that it has is in its tables
			continue
		}
		if err := spiller.Spill(); err != nil {
			return err
		}
	}
	return nil
}
