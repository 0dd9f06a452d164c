package operator

import (
	"fmt"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// restore reads the groups of the table.
func (s *AggregateState) restore() error {
	s.Begin()
	r := &restoring{state: s, spaces: make([]pairsOf, 1+len(s.agg.kept)), counter: &groupCount{}}
	if err := s.lives.attach(s.table, false); err != nil {
		return err
	}
	err := s.table.Scan(nil, nil, r.add)
	for i := range r.spaces {
		if err == nil {
			err = r.take(i)
		}
	}
	if err == nil {
		err = s.groups.settle(s.allGroups())
	}
	if err == nil {
		err = s.Finish(NoWatermark)
	}
	if err != nil {
		return err
	}
	if err := s.lives.settle(s); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	n := s.groups.len()
	if err := s.Commit(); err != nil {
		return err
	}
	s.stats.Updated, s.shown = 0, n > 0 && s.wasRestored
	if s.foreign = r.foreign; len(s.agg.keys) > 0 {
		s.counter = r.counter
	}
	return nil
}

func (s *AggregateState) allGroups() []uint32 {
	out := make([]uint32, s.groups.len())
	for g := range out {
		out[g] = uint32(g)
	}
	return out
}

// restoring reads a table, some pairs of a space at a time.
type restoring struct {
	state   *AggregateState
	spaces  []pairsOf // that were read and not yet taken in: groups, then entries by space
	foreign pairs
	counter *groupCount
}

type pairsOf struct{ keys, values pairs }

func (r *restoring) add(key, value []byte) error {
	if theirs, err := r.state.lives.restore(key, value); theirs || err != nil {
		return err
	}
	i := 0
	switch space := key[state.KeyPrefix-1]; {
	case space == SpaceCount: // they are counted anew
		_, err := r.counter.found(r.state.table, key, value)
		return err
	case space == SpaceTimers, space == SpaceChanged, space == SpaceOldest: // of a run with groups on disk, or that forgot them
		r.foreign.add(key)
		return nil
	case space >= spaceValues && int(space) < spaceValues+len(r.state.agg.kept):
		i = 1 + int(space-spaceValues)
	}
	p := &r.spaces[i]
	p.keys.add(key)
	p.values.add(value)
	if p.keys.len() < batch.MaxRows {
		return nil
	}
	return r.take(i)
}

// take puts what was read of a space into the state.
func (r *restoring) take(i int) error {
	s, p := r.state, &r.spaces[i]
	if p.keys.len() == 0 {
		return nil
	}
	var err error
	if i == 0 {
		err = s.restored(p.keys, p.values)
	} else {
		err = s.restoreValues(i-1, p.keys, p.values)
	}
	if err != nil {
		return fmt.Errorf("%s: its state cannot be read: %w", s.name, err)
	}
	p.keys.reset()
	p.values.reset()
	return nil
}

// restored takes in some groups of the table.
func (s *AggregateState) restored(keys, values pairs) error {
	s.wasRestored = true
	cols, rows, err := s.codec.decode(keys, values)
	if err != nil {
		return err
	}
	ids, err := s.groups.number(valuesOf(cols), kernel.Rows{N: keys.len()})
	if err != nil {
		return err
	}
	if err := s.touch(ids); err != nil {
		return err
	}
	if err := s.groups.mergeRows(ids, rows); err != nil {
		return err
	}
	return s.resize()
}
