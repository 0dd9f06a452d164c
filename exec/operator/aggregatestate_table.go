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

// SpaceTimers is the space of the times at which groups on disk go.
const SpaceTimers = 't'

// StateSpec describes the state of an aggregation in a query, given its id.
func (a *Aggregation) StateSpec(id string) state.Spec {
	n := len(a.keys)
	return state.Spec{Operator: id, Version: 1, Spaces: []state.Space{
		{ID: SpaceGroups, Name: "groups", Key: ddl(a.partial.Fields()[:n]), Value: ddl(a.partial.Fields()[n:])}, {ID: SpaceTimers, Name: "timers"}}}
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
		if s.opts.Time.Column >= 0 {
			s.timers = state.NewTimers(t, SpaceTimers)
		}
		return nil
	}
	return s.restore()
}

// restore reads the groups of the table.
func (s *AggregateState) restore() error {
	s.Begin()
	var keys, values pairs
	add := func() error {
		if err := s.restored(keys, values); err != nil {
			return fmt.Errorf("%s: its state cannot be read: %w", s.name, err)
		}
		keys.reset()
		values.reset()
		return nil
	}
	err := s.table.Scan(nil, nil, func(key, value []byte) error {
		if key[state.KeyPrefix-1] != SpaceGroups {
			return nil
		}
		keys.add(key[state.KeyPrefix:])
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
// were written by Finish.
func (s *AggregateState) Flush() error {
	if s.table == nil || !s.open || s.opts.Disk {
		return nil
	}
	return s.writeBack()
}

// writeBack writes the groups that the batch changed.
func (s *AggregateState) writeBack() error {
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
	if err := s.eachKey(kept, s.write); err != nil || s.timers == nil {
		return err
	}
	return s.eachKey(s.existingOf(s.made()), func(ids []uint32, k *groupKeys) error {
		return s.eachTimer(ids, k, (*state.Timers).Set)
	})
}

// remove deletes groups.
func (s *AggregateState) remove(ids []uint32, k *groupKeys) error {
	if err := s.eachTimer(ids, k, (*state.Timers).Delete); err != nil {
		return err
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
	return nil
}

// eachKey calls f for some of the groups at a time, with their keys in the table.
func (s *AggregateState) eachKey(ids []uint32, f func(ids []uint32, k *groupKeys) error) error {
	k := groupKeys{owner: s.owner}
	for len(ids) > 0 {
		n := min(len(ids), batch.MaxRows)
		cols, err := s.groups.keys(ids[:n])
		if err != nil {
			return err
		}
		if err := k.encode(cols, n); err != nil {
			return err
		}
		if err := f(ids[:n], &k); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// groupKeys are keys of groups in a table. The key group is that of all columns,
// or of the first ones, where those alone say which task has a group.
type groupKeys struct {
	owner      int // how many columns, plus one; 0: all
	all, first state.Keys
	key        []byte
}

func (k *groupKeys) encode(cols []arrow.Array, n int) error {
	if err := k.all.Encode(cols, n, SpaceGroups); err != nil || k.owner == 0 {
		return err
	}
	return k.first.Encode(cols[:k.owner-1], n, SpaceGroups)
}

// at returns a key, valid until the next call.
func (k *groupKeys) at(i int) []byte {
	if k.owner == 0 {
		return k.all.Key(i)
	}
	k.key = state.AppendKey(k.key[:0], k.first.Group(i), SpaceGroups)
	k.key = append(k.key, k.all.Key(i)[state.KeyPrefix:]...)
	return k.key
}
