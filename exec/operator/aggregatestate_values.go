package operator

import (
	"bytes"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// The entries of multisets lie beside the rows of their groups, in spaces of their
// own, and a batch writes those that it has changed. With groups in memory all are
// read when the state is restored. With groups on disk those of a group are read
// when it is loaded, but for calls whose result is in the row, as that of
// count(DISTINCT) is, or is not asked for before the end: of these the entries are
// looked up that a batch touches.

// newGroups returns groups that remember what a batch changes.
func (s *AggregateState) newGroups() (*groups, error) {
	g, err := s.agg.newGroups()
	if err == nil {
		s.trackValues(g)
	}
	return g, err
}

// manyValues is how many entries of a group are read into memory where its result
// needs but the first: if there are more they stay on disk.
const manyValues = 256

func (s *AggregateState) trackValues(g *groups) {
	if s.codec == nil {
		return
	}
	if s.opts.Disk {
		g.peek = s.peek
	}
	for k := range s.agg.kept {
		g.values(k).track()
		if s.sparse(k) || s.opts.Disk && s.agg.kept[k].form.rank.first > 0 {
			g.values(k).findBy(func(groups, tuples []uint32) (times, at []int64, err error) { return s.lookUp(k, groups, tuples) })
		}
	}
}

// sparse tells whether only those entries of a call are in memory that a batch
// touches: its result is in the row, or no result is asked for before a group leaves
// or all are read from the table.
func (s *AggregateState) sparse(k int) bool {
	late := s.opts.Emit == EmitFinal || s.opts.Emit == EmitComplete
	return s.opts.Disk && (s.agg.kept[k].inRow || late && s.groups.values(k).sparse())
}

// writeValues writes the entries that the batch changed. Those of groups that leave
// it deletes, given those of them that were there before; with groups on disk remove
// does.
func (s *AggregateState) writeValues(leaves bitset, leaving []uint32) error {
	stays := func(g uint32) bool { return !(bitmap{leaves, 0}).at(int(g)) }
	for k := range s.agg.kept {
		m := s.groups.values(k)
		set, gone := m.changed()
		if s.opts.Disk {
			gone = gone.only(func(i int) bool { return stays(gone.groups[i]) })
		} else if len(leaving) > 0 {
			gone.append(before(m.all(leaving), set))
		}
		if err := s.deleteValues(k, gone); err != nil {
			return err
		}
		if err := s.setValues(k, set.only(func(i int) bool { return stays(set.groups[i]) })); err != nil {
			return err
		}
	}
	return nil
}

// before returns the entries that are not among those that the batch has made.
func before(all, set valueEntries) valueEntries {
	var made []uint32
	for i, id := range set.ids {
		if !set.known[i] {
			made = append(made, id)
		}
	}
	slices.Sort(made)
	return all.only(func(i int) bool {
		_, found := slices.BinarySearch(made, all.ids[i])
		return !found
	})
}

func (s *AggregateState) deleteValues(k int, list valueEntries) error {
	return s.eachValue(k, list, func(_ int, key []byte) error { return s.table.Delete(key) })
}

func (s *AggregateState) setValues(k int, list valueEntries) error {
	c := s.codec.values[k]
	cols, err := c.valueColumns(s.groups.values(k), list)
	if err != nil {
		return err
	}
	encode, err := c.rows.Encoder(cols)
	if err != nil {
		return err
	}
	known, _ := s.table.(state.Known)
	var value []byte
	return s.eachValue(k, list, func(i int, key []byte) error {
		if value = encode(value[:0], i); known != nil && s.opts.Disk {
			return known.SetKnown(key, value, list.known[i])
		}
		return s.table.Set(key, value)
	})
}

// eachValue calls f for each of some entries, with its number among them and its key
// in the table, in the order of key groups.
func (s *AggregateState) eachValue(k int, list valueEntries, f func(i int, key []byte) error) error {
	c, m, ids := s.codec.values[k], s.groups.values(k), make([]uint32, 0, min(list.len(), 8*batch.MaxRows))
	for from := 0; from < list.len(); from += cap(ids) {
		part := list.slice(from, min(from+cap(ids), list.len()))
		cols, err := s.groups.keys(part.groups)
		if err != nil {
			return err
		}
		own, behind, err := c.keyColumns(m, part)
		if err != nil {
			return err
		}
		keys := &s.valueKeys
		if keys.space, keys.owner = c.space, s.owner; keys.owner == 0 {
			keys.owner = len(cols) + 1
		}
		if err := keys.encode(append(cols, own...), part.len(), behind...); err != nil {
			return err
		}
		ids = ids[:0]
		for i := range part.len() {
			ids = append(ids, uint32(from+i))
		}
		for j, i := range keys.sort(ids) {
			if err := f(int(i), keys.at(j)); err != nil {
				return err
			}
		}
	}
	return nil
}

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
		if s.agg.kept[k].inRow || g == s.groups && s.sparse(k) {
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

// peek returns what a call gives for groups, of some of which the table has the
// entries that count: the first ones. All that batches have changed is there: this
// is asked for before a batch changes a group, or after it was written.
func (s *AggregateState) peek(g *groups, k int, ids []uint32) (arrow.Array, error) {
	c := s.agg.kept[k]
	acc, err := NewAccumulator(s.agg.calls[c.call], s.agg.ansi, s.agg.retract)
	if err != nil {
		return nil, err
	}
	var here, there []uint32
	rows := make([]int32, len(ids)) // of those that are here, then of those in the table
	for j, id := range ids {
		if g.isPartial(k, id) {
			there = append(there, id)
		} else {
			rows[j] = int32(len(here))
			here = append(here, id)
		}
	}
	n := int32(len(here))
	for j, id := range ids {
		if g.isPartial(k, id) {
			rows[j] = n
			n++
		}
	}
	acc.Grow(len(there))
	if err := s.loadFirst(k, acc.(keeper), g, there); err != nil {
		return nil, err
	}
	a, err := g.accs[c.call].Result(here)
	if err != nil {
		return nil, err
	}
	places := make([]uint32, len(there))
	for j := range places {
		places[j] = uint32(j)
	}
	b, err := acc.Result(places)
	if err != nil {
		return nil, err
	}
	both, err := kernel.Concat([]arrow.Array{a, b})
	if err != nil {
		return nil, err
	}
	return kernel.Take(both, rows)
}

// loadFirst reads the first entries of groups, as many as count, into an accumulator
// in which the groups are numbered in order.
func (s *AggregateState) loadFirst(k int, acc keeper, g *groups, ids []uint32) error {
	c := s.codec.values[k]
	cols, err := g.keys(ids)
	if err != nil {
		return err
	}
	keys, order := &s.valueKeys, make([]uint32, len(ids))
	for j := range order {
		order[j] = uint32(j)
	}
	keys.space, keys.owner = c.space, s.owner
	if err := keys.encode(cols, len(ids)); err != nil {
		return err
	}
	var to []uint32
	var values pairs
	for i, j := range keys.sort(order) {
		left := c.form.rank.first
		err := s.scanValues(c.space, keys.at(i), func(_, value []byte) error {
			times, err := c.countOf(value)
			if err != nil || times <= 0 { // owed
				return err
			}
			to = append(to, j)
			values.add(value)
			if c.form.rank.distinct {
				times = 1
			}
			if left -= times; left <= 0 {
				return state.ErrStop
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	e, err := c.decode(nil, values)
	if err != nil {
		return err
	}
	m, _ := acc.keeps()
	return m.load(to, e.tuples, e.times, e.at)
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
