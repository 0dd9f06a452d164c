package operator

import (
	"bytes"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// lookUp finds how often tuples are there, and where.
func (s *AggregateState) lookUp(k int, groups, tuples []uint32) (times, at []int64, err error) {
	var list valueEntries
	sparse := s.sparse(k)
	for i, g := range groups {
		if s.loaded[g] && (sparse || s.groups.isPartial(k, g)) { // else all that there are have been read
			list.add(uint32(i), g, tuples[i], 0, 0, false)
		}
	}
	var found []uint32
	s.values.reset()
	err = s.eachValue(k, list, func(i int, key []byte) error {
		v, err := s.table.Get(key)
		if v != nil {
			s.values.add(v)
			found = append(found, list.ids[i])
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	n, places, err := s.codec.values[k].numbers(s.values)
	if err != nil {
		return nil, nil, err
	}
	times, at = make([]int64, len(groups)), make([]int64, len(groups))
	for j, i := range found {
		times[i], at[i] = n[j], places[j]
	}
	return times, at, nil
}

// restoreValues takes in entries of any groups. Once all are there, they have to be
// settled.
func (s *AggregateState) restoreValues(k int, keys, values pairs) error {
	c := s.codec.values[k]
	cols, err := c.whole.Decode(keys.list(state.KeyPrefix))
	if err != nil {
		return err
	}
	e, err := c.decode(cols[c.groups:], values)
	if err != nil {
		return err
	}
	ids, err := s.groups.number(valuesOf(cols[:c.groups]), kernel.Rows{N: keys.len()})
	if err != nil {
		return err
	}
	if err := s.groups.values(k).load(ids, e.tuples, e.times, e.at); err != nil {
		return err
	}
	return s.resize()
}

// loadValues reads the entries of groups, whose keys in the table are given, into
// groups in memory, but for those that nobody needs there.
func (s *AggregateState) loadValues(g *groups, ids []uint32, keys pairs) error {
	for k := range s.agg.kept {
		if !s.whole && s.agg.kept[k].inRow || g == s.groups && s.sparse(k) {
			continue
		}
		if err := s.loadSpace(k, g, ids, keys); err != nil {
			return err
		}
		if err := settle(g.keeper(k), ids); err != nil {
			return err
		}
	}
	return nil
}

func (s *AggregateState) loadSpace(k int, g *groups, ids []uint32, keys pairs) error {
	c, m := s.codec.values[k], g.values(k)
	var to []uint32
	var own, values pairs
	load := func() error {
		cols, err := c.own.Decode(own.list(0))
		if err != nil {
			return err
		}
		e, err := c.decode(cols, values)
		if err != nil {
			return err
		}
		err = m.load(to, e.tuples, e.times, e.at)
		to = to[:0]
		own.reset()
		values.reset()
		return err
	}
	for i, id := range ids {
		from := len(to)
		err := s.scanValues(c.space, keys.at(i), func(key, value []byte) error {
			if c.form.rank.first > 0 && len(to)-from == s.most {
				g.setPartial(k, id)
				to = to[:from]
				own.cut(from)
				values.cut(from)
				return state.ErrStop
			}
			to = append(to, id)
			own.add(key[keys.lenAt(i):])
			values.add(value)
			if len(to) < batch.MaxRows || c.form.rank.first > 0 {
				return nil
			}
			return load()
		})
		if err == nil && len(to) >= batch.MaxRows {
			err = load()
		}
		if err != nil {
			return err
		}
	}
	return load()
}

// scanValues calls f for the entries of a group in one space, given the group's key.
func (s *AggregateState) scanValues(space byte, group []byte, f func(key, value []byte) error) error {
	from := bytes.Clone(group)
	from[state.KeyPrefix-1] = space
	return s.table.Scan(from, after(bytes.Clone(from)), f)
}

// dropValues deletes the entries of a group on disk.
func (s *AggregateState) dropValues(group []byte) error {
	var keys pairs
	for _, k := range s.agg.kept {
		err := s.scanValues(k.space, group, func(key, _ []byte) error {
			keys.add(key)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for i := range keys.len() {
		if err := s.table.Delete(keys.at(i)); err != nil {
			return err
		}
	}
	return nil
}
