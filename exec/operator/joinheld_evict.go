package operator

import (
	"bytes"
	"cmp"
	"slices"
)

// evict lets the rows of a side go whose time has come, and gives those that leave
// to e: by key group, time and join key.
func (h *heldJoin) evict(s *joinSide, upTo int64, e *eviction) error {
	h.leaving = h.leaving[:0]
	h.times[s.side].pop(upTo, func(ref uint32) {
		r := h.slab.at(ref)
		h.passed = true
		if r[rowFlags]&rowGhost != 0 {
			return
		}
		h.touch(s, ref, r)
		if r[rowFlags] |= rowPassed; r[rowFlags]&rowGone != 0 {
			return
		}
		r[rowFlags] |= rowGone
		h.count.remove(s.side, copiesOf(r))
		if e.leaves(s, s.matchesOf(r)) {
			h.leaving = append(h.leaving, ref)
		}
	})
	slices.SortFunc(h.leaving, func(a, b uint32) int { return h.compare(s, a, b) })
	for _, ref := range h.leaving {
		r := h.slab.at(ref)
		if err := e.add(s, joinEntry{times: copiesOf(r), row: s.bytesOf(r)}); err != nil {
			return err
		}
	}
	return h.resize()
}

// compare compares two rows of a side by key group, time and join key.
func (h *heldJoin) compare(s *joinSide, x, y uint32) int {
	a, b := h.slab.at(x), h.slab.at(y)
	ka, kb := h.slab.at(little.Uint32(a[rowKey:])), h.slab.at(little.Uint32(b[rowKey:]))
	if c := cmp.Compare(groupOfKey(ka), groupOfKey(kb)); c != 0 {
		return c
	}
	if c := cmp.Compare(s.timeOf(a), s.timeOf(b)); c != 0 {
		return c
	}
	if c := bytes.Compare(keyOf(ka), keyOf(kb)); c != 0 {
		return c
	}
	return s.compare(a, aRow{s.timeOf(b), hashOf(b), s.bytesOf(b)})
}
