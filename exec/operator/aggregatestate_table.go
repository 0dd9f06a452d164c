package operator

import (
	"github.com/apache/arrow-go/v18/arrow"
	"slices"

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
	spec := state.Spec{Operator: id, Version: 1, Spaces: []state.Space{
		{ID: SpaceGroups, Name: "groups", Key: ddl(a.keyFields), Value: ddl(a.row)}, {ID: SpaceTimers, Name: "timers"}, {ID: SpaceCount, Name: "count"}}}
	for _, k := range a.kept {
		spec.Version = 2 // version 1 had the values in the rows of the groups
		key := slices.Concat(a.keyFields, k.key)
		spec.Spaces = append(spec.Spaces, state.Space{ID: k.space, Name: k.name, Key: ddl(key), Value: ddl(k.value)})
	}
	return spec
}

// ddl describes columns; "" where a type has no name.
func ddl(fields []arrow.Field) string {
	if len(fields) == 0 {
		return ""
	}
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
	s.trackValues(s.groups)
	if s.opts.Disk {
		return s.attachDisk()
	}
	return s.restore()
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
		err = s.index.flush(s)
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
	if err := s.lives.adopt(s); err != nil {
		return err
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
	if err := s.writeValues(leaves, gone); err != nil {
		return err
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
		if err := s.lives.removed(k.at(i)); err != nil {
			return err
		}
		if err := s.drop(k.at(i)); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes a group, and on disk its entries.
func (s *AggregateState) drop(key []byte) error {
	if err := s.table.Delete(key); err != nil || !s.opts.Disk {
		return err
	}
	return s.dropValues(key)
}

// write sets the values of groups.
func (s *AggregateState) write(ids []uint32, k *groupKeys) error {
	cols, err := s.groups.rowState(ids)
	if err != nil {
		return err
	}
	encode, err := s.codec.rows.Encoder(cols)
	if err != nil {
		return err
	}
	var value []byte
	for i := range ids {
		value = encode(value[:0], i)
		if err := s.table.Set(k.at(i), value); err != nil {
			return err
		}
	}
	if s.index == nil {
		return s.lives.changed(s, ids, k)
	}
	return s.index.add(s, ids, k)
}

// eachKey calls f for some of the groups at a time, with their keys in the table,
// in the order of their key groups, since what lies together is found fast.
func (s *AggregateState) eachKey(ids []uint32, f func(ids []uint32, k *groupKeys) error) error {
	k := &s.keys
	k.space, k.owner = SpaceGroups, s.owner
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
