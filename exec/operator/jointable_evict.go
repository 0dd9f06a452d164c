package operator

import (
	"encoding/binary"

	"github.com/riffledata/riffle/exec/state"
)

// evict takes the rows of a side that are due out of the table: by key group, and
// some at a time, by time and join key.
func (t *joinTable) evict(s *joinSide, upTo int64, e *eviction) error {
	return t.timers[s.side].pop(upTo, func(group int, entry []byte) error { return t.remove(s, group, entry, e) })
}

// remove takes a row out of the table, if it is still there: an entry of the index
// of times.
func (t *joinTable) remove(s *joinSide, group int, entry []byte, e *eviction) error {
	time, key, hash := state.TimeOf(entry), entry[8:len(entry)-8], binary.BigEndian.Uint64(entry[len(entry)-8:])
	b := &t.scratch
	b.key = append(state.AppendKey(b.key[:0], group, rowSpace), key...)
	b.key = s.appendID(s.appendSide(b.key), time, hash)
	value, err := t.table.Get(b.key)
	if err != nil || value == nil {
		return err
	}
	b.value = append(b.value[:0], value...)
	if err := t.table.Delete(b.key); err != nil {
		return err
	}
	for v, list := entries(b.value); len(v) > 0; {
		row, rest, err := s.nextEntry(v, list)
		if err != nil {
			return err
		}
		t.count.remove(s.side, row.times)
		if e.leaves(s, row.matches) {
			if err := e.add(s, row); err != nil {
				return err
			}
		}
		v = rest
	}
	return nil
}
