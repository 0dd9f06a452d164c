package operator

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"github.com/riffledata/riffle/exec/state"
)

// A row in memory is a record:
//
//	next        4 bytes: the next row of its join key and side, 0: it is the last
//	join key    4 bytes: the record of it
//	length      4 bytes, of the row
//	flags       1 byte, 3 that are not used
//	times       8 bytes: how often it is there
//	hash        8 bytes, of the row
//	time        8 bytes, where the side is timed
//	matches     8 bytes, where the side is tracked
//	row         as state.RowCodec has it
//
// The rows of a join key and side are a list in the order of the keys of the
// state: by time, hash and bytes. Where they are many, they are in a tree instead.
const (
	rowKey   = 4
	rowSize  = 8
	rowFlags = 12
	rowTimes = 16
	rowHash  = 24
	rowTime  = 32
)

// The flags of a row.
const (
	// rowNew: the batch made it; rowChanged: the batch changed it, or let it go.
	rowNew = 1 << iota
	rowChanged
	// rowGone: it is not there any more, and its memory is given back by the commit;
	// rowPassed: because its time has come.
	rowGone
	rowPassed
	// rowGhost: it is not there any more, and its memory waits for its time to come.
	rowGhost
	// rowTwin: there is, or was, another row of the same time and hash.
	rowTwin
)

const (
	// hotRows is how many rows of a join key and side make a list at most; then they
	// are in the tree, and inTree stands in the place of the first.
	hotRows = 16
	inTree  = 1
)

func copiesOf(r []byte) int64      { return int64(little.Uint64(r[rowTimes:])) }
func setCopies(r []byte, n int64)  { little.PutUint64(r[rowTimes:], uint64(n)) }
func hashOf(r []byte) uint64       { return little.Uint64(r[rowHash:]) }
func (s *joinSide) headHeld() int  { return s.matchesAt() + 8*oneIf(s.tracked) }
func (s *joinSide) matchesAt() int { return rowTime + 8*oneIf(s.timed) }

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *joinSide) timeOf(r []byte) int64 {
	if !s.timed {
		return 0
	}
	return int64(little.Uint64(r[rowTime:]))
}

func (s *joinSide) matchesOf(r []byte) int64 {
	if !s.tracked {
		return 0
	}
	return int64(little.Uint64(r[s.matchesAt():]))
}

func (s *joinSide) setMatches(r []byte, n int64) {
	if s.tracked {
		little.PutUint64(r[s.matchesAt():], uint64(n))
	}
}

// bytesOf is the row itself.
func (s *joinSide) bytesOf(r []byte) []byte {
	from := s.headHeld()
	to := from + int(little.Uint32(r[rowSize:]))
	return r[from:to:to]
}

// aRow is a row that is looked for.
type aRow struct {
	time int64
	hash uint64
	row  []byte
}

// compare compares a row in memory with another by the order of a list.
func (s *joinSide) compare(r []byte, a aRow) int {
	if s.timed {
		if c := cmp.Compare(s.timeOf(r), a.time); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(hashOf(r), a.hash); c != 0 {
		return c
	}
	return bytes.Compare(s.bytesOf(r), a.row)
}

// spot finds a row among those of a join key: its number, or else 0 and, in a list,
// the one behind which it belongs, 0 for the beginning.
func (h *heldJoin) spot(s *joinSide, key uint32, a aRow) (ref, before uint32) {
	first := little.Uint32(h.slab.at(key)[keyFirst+4*s.side:])
	if first == inTree {
		return h.spotInTree(s, key, a), 0
	}
	for at := first; at != 0; {
		r := h.slab.at(at)
		switch c := s.compare(r, a); {
		case c == 0:
			return at, 0
		case c > 0:
			return 0, before
		}
		before, at = at, little.Uint32(r)
	}
	return 0, before
}

func (h *heldJoin) spotInTree(s *joinSide, key uint32, a aRow) uint32 {
	h.treeKey = s.appendTreeKey(h.treeKey[:0], key, a.time, a.hash)
	for list := h.tree.Get(h.treeKey); len(list) > 0; list = list[4:] {
		if ref := little.Uint32(list); bytes.Equal(s.bytesOf(h.slab.at(ref)), a.row) {
			return ref
		}
	}
	return 0
}

// appendTreeKey makes the key under which the tree has the numbers of the rows of
// a join key and side that have a time and a hash.
func (s *joinSide) appendTreeKey(dst []byte, key uint32, time int64, hash uint64) []byte {
	dst = append(binary.BigEndian.AppendUint32(dst, key), byte(s.side))
	if s.timed {
		dst = state.AppendTime(dst, time)
	}
	return binary.BigEndian.AppendUint64(dst, hash)
}

// insert puts a new row where spot found that it belongs.
func (h *heldJoin) insert(s *joinSide, key, before uint32, a aRow, e joinEntry) (uint32, error) {
	ref, err := h.slab.alloc(s.headHeld() + len(a.row))
	if err != nil {
		return 0, err
	}
	r := h.slab.at(ref)
	little.PutUint32(r[rowKey:], key)
	little.PutUint32(r[rowSize:], uint32(len(a.row)))
	r[rowFlags] = 0
	setCopies(r, e.times)
	little.PutUint64(r[rowHash:], a.hash)
	if s.timed {
		little.PutUint64(r[rowTime:], uint64(a.time))
	}
	s.setMatches(r, e.matches)
	copy(r[s.headHeld():], a.row)
	k := h.slab.at(key)
	first, n := k[keyFirst+4*s.side:], k[keyRows+4*s.side:]
	little.PutUint32(n, little.Uint32(n)+1)
	if little.Uint32(first) == inTree {
		h.insertInTree(s, key, ref, r, a)
		return ref, nil
	}
	if before != 0 {
		first = h.slab.at(before)
		h.twins(s, first, r)
	}
	next := little.Uint32(first)
	little.PutUint32(r, next)
	little.PutUint32(first, ref)
	if next != 0 {
		h.twins(s, h.slab.at(next), r)
	}
	if little.Uint32(n) > hotRows {
		h.plant(s, key)
	}
	return ref, nil
}

// twins marks two rows that have one key in the state.
func (h *heldJoin) twins(s *joinSide, a, b []byte) {
	if hashOf(a) == hashOf(b) && s.timeOf(a) == s.timeOf(b) {
		a[rowFlags] |= rowTwin
		b[rowFlags] |= rowTwin
	}
}

func (h *heldJoin) insertInTree(s *joinSide, key, ref uint32, r []byte, a aRow) {
	h.treeKey = s.appendTreeKey(h.treeKey[:0], key, a.time, a.hash)
	old := h.tree.Get(h.treeKey)
	h.treeValue = h.treeValue[:0]
	placed := false
	for ; len(old) > 0; old = old[4:] {
		other := h.slab.at(little.Uint32(old))
		h.twins(s, other, r)
		if !placed && bytes.Compare(s.bytesOf(other), a.row) > 0 {
			h.treeValue, placed = little.AppendUint32(h.treeValue, ref), true
		}
		h.treeValue = append(h.treeValue, old[:4]...)
	}
	if !placed {
		h.treeValue = little.AppendUint32(h.treeValue, ref)
	}
	h.tree.Set(h.treeKey, h.treeValue)
}

// plant puts the rows of a list into the tree.
func (h *heldJoin) plant(s *joinSide, key uint32) {
	first := h.slab.at(key)[keyFirst+4*s.side:]
	at := little.Uint32(first)
	little.PutUint32(first, inTree)
	for at != 0 {
		r := h.slab.at(at)
		h.insertInTree(s, key, at, r, aRow{s.timeOf(r), hashOf(r), s.bytesOf(r)})
		at = little.Uint32(r)
	}
}

// unlink takes a row out of its list or the tree, and a join key away that has no
// rows any more. The row's memory stays.
func (h *heldJoin) unlink(s *joinSide, ref uint32) {
	r := h.slab.at(ref)
	key := little.Uint32(r[rowKey:])
	k := h.slab.at(key)
	n := little.Uint32(k[keyRows+4*s.side:]) - 1
	little.PutUint32(k[keyRows+4*s.side:], n)
	if at := k[keyFirst+4*s.side:]; little.Uint32(at) == inTree {
		h.uproot(s, key, ref, r)
		if n == 0 {
			little.PutUint32(at, 0)
		}
	} else {
		for little.Uint32(at) != ref {
			at = h.slab.at(little.Uint32(at))
		}
		little.PutUint32(at, little.Uint32(r))
	}
	if n == 0 && little.Uint32(k[keyRows+4*(1-s.side):]) == 0 {
		h.keys.remove(&h.slab, key)
	}
}

// uproot takes a row out of the tree.
func (h *heldJoin) uproot(s *joinSide, key, ref uint32, r []byte) {
	h.treeKey = s.appendTreeKey(h.treeKey[:0], key, s.timeOf(r), hashOf(r))
	h.treeValue = h.treeValue[:0]
	for list := h.tree.Get(h.treeKey); len(list) > 0; list = list[4:] {
		if little.Uint32(list) != ref {
			h.treeValue = append(h.treeValue, list[:4]...)
		}
	}
	if len(h.treeValue) == 0 {
		h.tree.Delete(h.treeKey)
	} else {
		h.tree.Set(h.treeKey, h.treeValue)
	}
}

// free gives back the memory of a row.
func (h *heldJoin) free(s *joinSide, ref uint32) {
	h.slab.release(ref, s.headHeld()+int(little.Uint32(h.slab.at(ref)[rowSize:])))
}
