package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// SpaceGroups is the space of groups in a table of state: the canonical encoding
// of the keys gives what each accumulator has gathered.
const SpaceGroups = 'g'

// SpaceTimers is the space of the times of groups on disk, by which they go.
const SpaceTimers = 't'

// SpaceCount is the space of the number of groups.
const SpaceCount = 'n'

// StateSpec describes the state of an aggregation in a query, given its id.
func (a *Aggregation) StateSpec(id string) state.Spec {
	n := len(a.keys)
	return state.Spec{Operator: id, Version: 1, Spaces: []state.Space{
		{ID: SpaceGroups, Name: "groups", Key: ddl(a.partial.Fields()[:n]), Value: ddl(a.partial.Fields()[n:])}, {ID: SpaceTimers, Name: "timers"}, {ID: SpaceCount, Name: "count"}}}
}

// ddl describes columns; "" where a type has no name.
func ddl(fields []arrow.Field) string {
	s, err := types.SchemaFromArrow(arrow.NewSchema(fields, nil))
	if err != nil {
		return ""
	}
	return s.DDL()
}

// Kind says how the state uses its table.
func (s *AggregateState) Kind() state.Kind {
	if s.opts.Disk {
		return state.Keyed
	}
	return state.Journal
}

// Attach gives the state its table, which holds groups of an earlier run; nil is
// no table, and nothing to restore.
func (s *AggregateState) Attach(t state.Table) error {
	if s.table = t; t == nil {
		return nil
	}
	var err error
	if s.codec, err = newGroupCodec(s.agg); err != nil {
		return err
	}
	if s.opts.Disk {
		return s.attachDisk()
	}
	return s.restore()
}

// restore reads the groups of the table.
func (s *AggregateState) restore() error {
	s.Begin()
	var keys, values, foreign pairs
	counter := &groupCount{}
	add := func() error {
		if err := s.restored(keys, values); err != nil {
			return fmt.Errorf("%s: its state cannot be read: %w", s.name, err)
		}
		keys.reset()
		values.reset()
		return nil
	}
	err := s.table.Scan(nil, nil, func(key, value []byte) error {
		switch key[state.KeyPrefix-1] {
		case SpaceCount: // they are counted anew
			_, err := counter.found(s.table, key, value)
			return err
		case SpaceTimers: // of a run with groups on disk
			foreign.add(key)
			return nil
		}
		keys.add(key)
		values.add(value)
		if keys.len() == batch.MaxRows {
			return add()
		}
		return nil
	})
	if err == nil && keys.len() > 0 {
		err = add()
	}
	if err == nil {
		err = s.Finish(NoWatermark)
	}
	if err != nil {
		return err
	}
	n := s.groups.len()
	if err := s.Commit(); err != nil {
		return err
	}
	s.stats.Updated, s.shown = 0, n > 0 && s.wasRestored
	if s.foreign = foreign; len(s.agg.keys) > 0 {
		s.counter = counter
	}
	return nil
}

// restored merges some groups of the table.
func (s *AggregateState) restored(keys, values pairs) error {
	s.wasRestored = true
	b, err := s.codec.decode(keys, values)
	if err != nil {
		return err
	}
	return s.Merge(b)
}

// Flush writes the groups that the batch changed into the table. Groups on disk
// were written by Finish; of those it deletes the ones that were final.
func (s *AggregateState) Flush() error {
	if s.table == nil || !s.open {
		return nil
	}
	var err error
	switch {
	case !s.opts.Disk:
		err = s.writeBack()
	case s.index != nil:
		err = s.index.flush(s.table)
	}
	if err != nil || s.counter == nil {
		return err
	}
	return s.counter.write(s.table, s.stats.Rows+s.grown())
}

// writeBack writes the groups that the batch changed.
func (s *AggregateState) writeBack() error {
	for i := range s.foreign.len() {
		if err := s.table.Delete(s.foreign.at(i)); err != nil {
			return err
		}
	}
	leaves := newBitset(s.groups.len())
	var gone []uint32
	for _, list := range [][]uint32{s.gone, s.due} {
		for _, g := range list {
			if leaves.set(int(g)); s.existed(g) {
				gone = append(gone, g)
			}
		}
	}
	if err := s.eachKey(gone, s.remove); err != nil {
		return err
	}
	var kept []uint32
	for _, list := range [][]uint32{s.saved, s.made()} {
		for _, g := range list {
			if !(bitmap{leaves, 0}).at(int(g)) {
				kept = append(kept, g)
			}
		}
	}
	if len(s.agg.keys) == 0 && !s.shown && len(kept) == 0 {
		kept = []uint32{0} // the one row is there from now on
	}
	return s.eachKey(kept, s.write)
}

// remove deletes groups.
func (s *AggregateState) remove(ids []uint32, k *groupKeys) error {
	if s.index != nil {
		if err := s.index.remove(s, ids, k); err != nil {
			return err
		}
	}
	for i := range ids {
		if err := s.table.Delete(k.at(i)); err != nil {
			return err
		}
	}
	return nil
}

// write sets the values of groups.
func (s *AggregateState) write(ids []uint32, k *groupKeys) error {
	cols, err := s.groups.state(ids)
	if err != nil {
		return err
	}
	encode, err := s.codec.rows.Encoder(cols)
	if err != nil {
		return err
	}
	set := func(key, value []byte, _ uint32) error { return s.table.Set(key, value) }
	if known, ok := s.table.(state.Known); ok && s.opts.Disk {
		set = func(key, value []byte, g uint32) error { return known.SetKnown(key, value, s.loaded[g]) }
	}
	var value []byte
	for i, g := range ids {
		value = encode(value[:0], i)
		if err := set(k.at(i), value, g); err != nil {
			return err
		}
	}
	if s.index == nil {
		return nil
	}
	return s.index.add(s, ids, k)
}

// eachKey calls f for some of the groups at a time, with their keys in the table,
// in the order of their key groups, since what lies together is found fast.
func (s *AggregateState) eachKey(ids []uint32, f func(ids []uint32, k *groupKeys) error) error {
	k := &s.keys
	k.owner = s.owner
	for len(ids) > 0 {
		n := min(len(ids), 8*batch.MaxRows)
		cols, err := s.groups.keys(ids[:n])
		if err != nil {
			return err
		}
		if err := k.encode(cols, n); err != nil {
			return err
		}
		if err := f(k.sort(ids[:n]), k); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
