package operator

import (
	"fmt"
	"math"

	"github.com/riffledata/riffle/exec/state"
)

// flush records the rows that the batch changed.
func (h *heldJoin) flush() error {
	if h.journal == nil {
		return nil
	}
	for i := range h.foreign.len() {
		if err := h.journal.Delete(h.foreign.at(i)); err != nil {
			return err
		}
	}
	for _, c := range h.changed {
		if err := h.record(h.sides[c.side], h.slab.at(c.ref)); err != nil {
			return fmt.Errorf("%s: %w", h.spec.Name, err)
		}
	}
	h.count.changed = h.count.changed || h.recount
	return h.count.write(h.journal)
}

// record writes a row that the batch changed into the journal.
func (h *heldJoin) record(s *joinSide, r []byte) error {
	flags, b := r[rowFlags], &h.scratch
	if flags&rowTwin == 0 && flags&(rowNew|rowGone) == rowNew|rowGone {
		return nil
	}
	k := h.slab.at(little.Uint32(r[rowKey:]))
	b.key = appendKey(b.key[:0], little.Uint64(k), keyOf(k))
	b.key = s.appendID(s.appendSide(b.key), s.timeOf(r), hashOf(r))
	b.value = b.value[:0]
	switch {
	case flags&rowTwin != 0:
		h.appendTwins(s, k, r)
	case flags&rowGone == 0:
		b.value = s.appendEntry(b.value, joinEntry{copiesOf(r), s.matchesOf(r), s.bytesOf(r)}, false)
	}
	if len(b.value) == 0 {
		return h.journal.Delete(b.key)
	}
	return h.journal.Set(b.key, b.value)
}

// appendTwins appends all rows of the key in the state that a row has.
func (h *heldJoin) appendTwins(s *joinSide, k, r []byte) {
	b := &h.scratch
	var rows []joinEntry
	_ = h.each(s, little.Uint32(r[rowKey:]), s.timeOf(r), s.timeOf(r), func(one []byte) error {
		if hashOf(one) == hashOf(r) && one[rowFlags]&rowGone == 0 {
			rows = append(rows, joinEntry{copiesOf(one), s.matchesOf(one), s.bytesOf(one)})
		}
		return nil
	})
	for _, e := range rows {
		b.value = s.appendEntry(b.value, e, len(rows) > 1)
	}
}

// each calls f for the rows of a join key and side that have times from lo to hi,
// in order, until it returns an error.
func (h *heldJoin) each(s *joinSide, key uint32, lo, hi int64, f func(r []byte) error) error {
	first := little.Uint32(h.slab.at(key)[keyFirst+4*s.side:])
	if first != inTree {
		for at := first; at != 0; {
			r := h.slab.at(at)
			if t := s.timeOf(r); lo <= t && t <= hi {
				if err := f(r); err != nil {
					return err
				}
			}
			at = little.Uint32(r)
		}
		return nil
	}
	from, to := s.appendTreeKey(nil, key, lo, 0), s.appendTreeKey(nil, key, hi, math.MaxUint64)
	return h.tree.Scan(from, append(to, 0), func(_, list []byte) error {
		for ; len(list) > 0; list = list[4:] {
			if err := f(h.slab.at(little.Uint32(list))); err != nil {
				return err
			}
		}
		return nil
	})
}

// dump writes all rows, and their count, into a table.
func (h *heldJoin) dump(t state.Table) error {
	journal := h.journal
	h.journal = t
	defer func() { h.journal = journal }()
	for _, slot := range h.keys.slots {
		if slot == 0 {
			continue
		}
		for _, s := range h.sides {
			if err := h.dumpKey(s, uint32(slot)); err != nil {
				return err
			}
		}
	}
	count := joinCount{rows: h.count.rows, changed: true}
	return count.write(t)
}

// dumpKey writes the rows of a join key and side; of twins the first writes all.
func (h *heldJoin) dumpKey(s *joinSide, key uint32) error {
	var last []byte
	return h.each(s, key, math.MinInt64, math.MaxInt64, func(r []byte) error {
		if r[rowFlags]&rowTwin != 0 {
			if last != nil && hashOf(last) == hashOf(r) && s.timeOf(last) == s.timeOf(r) {
				return nil
			}
			last = r
		}
		return h.record(s, r)
	})
}
