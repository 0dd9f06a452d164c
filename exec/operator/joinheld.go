package operator

import (
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// heldJoin keeps the rows of a join in memory. They are changed in place, and
// what the batch changed first is noted, so that it can be undone, and be recorded
// in a table: in the form that joinTable has, but for the times, which follow from
// the rows.
type heldJoin struct {
	*JoinState
	journal state.Table // nil: nothing is recorded
	budget  *state.Budget
	counted int64 // bytes that the budget knows of

	slab  slab
	keys  heldKeys
	tree  btree.Tree // the rows of join keys that have many, by the number of the key
	times [2]heldTimes

	changed []heldChange // rows, each once, in the order in which they first changed
	passed  bool         // the batch has let rows go by their times
	ghosts  int
	// With a journal: keys in it that a join in memory does not need, and whether the
	// count in it is another than that of the rows.
	foreign pairs
	recount bool

	at        []uint32 // by join key of the rows that are worked off: its record, or 0
	seen      uint64   // of memory that locate has asked for, so that it does
	treeKey   []byte
	treeValue []byte
	bound     []byte
	leaving   []uint32
}

// heldChange is what a row was before the batch.
type heldChange struct {
	ref            uint32
	side           uint8
	times, matches int64
}

func newHeldJoin(s *JoinState, budget *state.Budget) *heldJoin {
	return &heldJoin{JoinState: s, budget: budget}
}

// bytes is the memory held.
func (h *heldJoin) bytes() int64 {
	n := h.slab.bytes + h.keys.bytes() + h.tree.Bytes() + 24*int64(cap(h.changed)) + int64(cap(h.foreign.data)) + 4*int64(cap(h.leaving))
	for k := range h.times {
		n += h.times[k].bytes()
	}
	return n
}

func (h *heldJoin) resize() error {
	from := h.counted
	h.counted = h.bytes()
	return h.budget.Resize(h.spec.Name, from, h.counted)
}

func (h *heldJoin) begin() error {
	h.rollback()
	return nil
}

// locate finds the join keys of a batch's rows, and brings what is known of them
// near: each step asks for memory for all of them before the next one needs it.
func (h *heldJoin) locate(in *joinRows) {
	n := in.groups.len()
	if h.at = resize(h.at, n); h.keys.n == 0 {
		clear(h.at)
		return
	}
	mask := uint32(len(h.keys.slots) - 1)
	for _, hash := range in.groups.hashes {
		h.seen += h.keys.slots[uint32(hash>>32)&mask]
	}
	for g, hash := range in.groups.hashes {
		h.at[g] = h.keys.find(&h.slab, hash, in.groups.at(g))
	}
	for _, key := range h.at {
		if key == 0 {
			continue
		}
		for first := h.slab.at(key)[keyFirst:keyRows]; len(first) > 0; first = first[4:] {
			if ref := little.Uint32(first); ref > inTree {
				h.seen += uint64(h.slab.at(ref)[0])
			}
		}
	}
}

// put changes how often a row is there, and returns the number of its matches.
func (h *heldJoin) put(in *joinRows, i int) (int64, error) {
	s, g := in.side, int(in.group[i])
	a := aRow{hash: in.hash(i), row: in.row(i)}
	if s.timed {
		a.time = in.times[i]
	}
	key := h.at[g]
	if key == 0 {
		var err error
		if key, err = h.keys.add(&h.slab, in.groups.hashes[g], in.groups.at(g)); err != nil {
			return 0, err
		}
		h.at[g] = key
	}
	h.count.change(s.side, in.delta[i])
	ref, before := h.spot(s, key, a)
	if ref == 0 {
		ref, err := h.insert(s, key, before, a, joinEntry{times: in.delta[i], matches: in.match[i]})
		if err != nil {
			return 0, err
		}
		h.slab.at(ref)[rowFlags] |= rowNew
		h.changed = append(h.changed, heldChange{ref: ref, side: uint8(s.side)})
		return in.match[i], nil
	}
	r := h.slab.at(ref)
	h.touch(s, ref, r)
	if r[rowFlags]&rowGone != 0 {
		r[rowFlags] &^= rowGone
		s.setMatches(r, in.match[i])
	}
	n := copiesOf(r) + in.delta[i]
	if setCopies(r, n); n == 0 {
		r[rowFlags] |= rowGone
	}
	if !s.tracked {
		return in.match[i], nil
	}
	return s.matchesOf(r), nil
}

// touch notes what a row is before it changes for the first time in the batch.
func (h *heldJoin) touch(s *joinSide, ref uint32, r []byte) {
	if r[rowFlags]&(rowNew|rowChanged) != 0 {
		return
	}
	r[rowFlags] |= rowChanged
	h.changed = append(h.changed, heldChange{ref, uint8(s.side), copiesOf(r), s.matchesOf(r)})
}

// rematch keeps changed numbers of matches.
func (h *heldJoin) rematch(c *candidates) error {
	if !c.dirty {
		return nil
	}
	for i, n := range c.matches {
		if n != c.was[i] {
			r := h.slab.at(c.refs[i])
			h.touch(c.side, c.refs[i], r)
			c.side.setMatches(r, n)
		}
	}
	return nil
}

// worked tells the budget what a part of a batch has taken.
func (h *heldJoin) worked() error { return h.resize() }

func (h *heldJoin) ended() error { return nil }

// settle takes the times of the batch's rows.
func (h *heldJoin) settle() error {
	for _, c := range h.changed {
		s := h.sides[c.side]
		if r := h.slab.at(c.ref); s.evicts && r[rowFlags]&(rowNew|rowGone) == rowNew {
			h.times[c.side].add(s.timeOf(r), c.ref)
		}
	}
	for k := range h.times {
		h.times[k].settle()
	}
	return h.resize()
}

func (h *heldJoin) due(s *joinSide, upTo int64) (bool, error) {
	return h.times[s.side].first() <= upTo, nil
}

// commit keeps what the batch changed, and gives back the memory of what is gone.
func (h *heldJoin) commit() {
	h.exorcise()
	for _, c := range h.changed {
		s, r := h.sides[c.side], h.slab.at(c.ref)
		flags := r[rowFlags]
		r[rowFlags] &^= rowNew | rowChanged | rowGone | rowPassed
		if flags&rowGone == 0 {
			continue
		}
		h.unlink(s, c.ref)
		if s.evicts && flags&(rowNew|rowPassed) == 0 { // its time still names it
			r[rowFlags] |= rowGhost
			h.ghosts++
			continue
		}
		h.free(s, c.ref)
	}
	for k := range h.times {
		h.times[k].commit()
	}
	h.changed, h.passed, h.foreign, h.recount = h.changed[:0], false, pairs{}, false
	_ = h.resize() // it was checked while the batch ran
}

// exorcise gives back the memory of rows that went before their time came, once
// it has.
func (h *heldJoin) exorcise() {
	if h.ghosts == 0 || !h.passed {
		return
	}
	for k, s := range h.sides {
		h.times[k].popped(func(ref uint32) {
			if h.slab.at(ref)[rowFlags]&rowGhost != 0 {
				h.free(s, ref)
				h.ghosts--
			}
		})
	}
}

// rollback undoes the batch.
func (h *heldJoin) rollback() {
	for i := len(h.changed) - 1; i >= 0; i-- {
		c := h.changed[i]
		s, r := h.sides[c.side], h.slab.at(c.ref)
		if r[rowFlags]&rowNew != 0 {
			h.unlink(s, c.ref)
			h.free(s, c.ref)
			continue
		}
		r[rowFlags] &^= rowChanged | rowGone | rowPassed
		setCopies(r, c.times)
		s.setMatches(r, c.matches)
	}
	for k := range h.times {
		h.times[k].rollback()
	}
	h.changed, h.passed = h.changed[:0], false
	_ = h.resize() // it gives back
}

func (h *heldJoin) held() int64 { return h.counted }

// close gives back the memory.
func (h *heldJoin) close() {
	_ = h.budget.Resize(h.spec.Name, h.counted, 0)
	*h = heldJoin{JoinState: h.JoinState, budget: h.budget}
}
