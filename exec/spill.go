package exec

import (
	"errors"
	"fmt"
	"os"

	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/state/memory"
	"github.com/riffledata/riffle/exec/stream"
)

// spillAbove is the memory, in bytes, above which the state of a query with the
// backend auto goes over to disk.
func (s *starting) spillAbove() int64 {
	above := s.conf.Int(state.Setting) / 2
	if limit := memoryOf(s.conf); limit > 0 {
		above = min(above, limit/spillShare)
	}
	return above
}

// spillable lets the state of the query go over to disk while it runs.
func (s *starting) spillable() {
	s.config.OnDisk = s.onDisk()
	if s.conf.StateBackend() == "auto" && len(s.plan.State) > 0 {
		s.config.Spill = &stream.Spill{Above: s.spillAbove(), Used: s.plan.Budget.Used, Move: s.spill}
		if s.l.spills != nil {
			s.config.Spill.Used = s.l.spills(s.plan.Budget.Used)
		}
	}
}

// spill moves the state from memory to disk. It is read from the tables and the ops
// in memory, which are let go only once all of it is there.
func (s *starting) spill(version int64) (state.Store, string, error) {
	dir, temporary, err := s.stateDir()
	if err != nil {
		return nil, "", err
	}
	old, _ := s.config.State.(*memory.Store) // nil where ops hold all themselves
	store, err := disk.Load(dir, s.diskOptions(), version, func(table func(string, state.Range) (state.Table, error)) error {
		for _, op := range s.plan.State {
			if err := dump(op, old, table); err != nil {
				return fmt.Errorf("the state of %s: %w", op, err)
			}
		}
		return nil
	})
	if err != nil {
		if temporary != "" {
			err = errors.Join(err, os.RemoveAll(temporary))
		}
		return nil, "", err
	}
	s.dir = dir
	if err := s.useDisk(); err != nil {
		return store, temporary, err
	}
	if err := s.letGo(); err != nil {
		return store, temporary, err
	}
	if old != nil {
		if err := old.Close(); err != nil {
			return store, temporary, err
		}
	}
	return store, temporary, s.attachTo(store)
}

// dump writes the state of one op into tables.
func dump(op physical.Stateful, old *memory.Store, table func(string, state.Range) (state.Table, error)) error {
	ranges, kind := op.StateTasks()
	id := op.StateSpec().Operator
	tables := make([]state.Table, len(ranges))
	for i, r := range ranges {
		var err error
		if tables[i], err = table(id, r); err != nil {
			return err
		}
	}
	if kind == state.Journal {
		op, ok := op.(physical.Spiller)
		if !ok {
			return errors.New("internal: it is nowhere but in memory")
		}
		return op.Dump(tables)
	}
	return old.Each(id, func(key, value []byte) error {
		return tables[state.Task(state.GroupOf(key), len(tables))].Set(key, value)
	})
}
