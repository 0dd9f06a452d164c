package operator

import (
	"slices"

	"github.com/riffledata/riffle/exec/batch"
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
	return s.opts.Disk && !s.whole && (s.agg.kept[k].inRow || late && s.groups.values(k).sparse())
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
	var value []byte
	return s.eachValue(k, list, func(i int, key []byte) error {
		value = encode(value[:0], i)
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
