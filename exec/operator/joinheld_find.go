package operator

import (
	"math"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// find finds the rows for the next join keys of a batch.
func (h *heldJoin) find(c *candidates, in *joinRows) (bool, error) {
	n := in.groups.len()
	c.reset(n)
	for c.group < n && len(c.rows) < batch.MaxRows {
		g, done := c.group, true
		c.from[g] = int32(len(c.rows))
		if key := h.at[g]; key != 0 {
			done = h.findKey(c, in, key)
		}
		c.to[g] = int32(len(c.rows))
		if done {
			c.group++
		}
	}
	return c.decode()
}

// findKey adds rows of a join key, and tells whether those are all.
func (h *heldJoin) findKey(c *candidates, in *joinRows, key uint32) bool {
	s, lo, hi := c.side, int64(math.MinInt64), int64(math.MaxInt64)
	if s.timed {
		lo, hi = h.spec.Bounds.window(1-s.side, in.from[c.group], in.to[c.group])
	}
	first := little.Uint32(h.slab.at(key)[keyFirst+4*s.side:])
	if first == inTree {
		return h.findInTree(c, key, lo, hi)
	}
	for at := first; at != 0; {
		r := h.slab.at(at)
		h.add(c, at, r, lo, hi)
		at = little.Uint32(r)
	}
	return true
}

// add adds a row, if it is there and within times.
func (h *heldJoin) add(c *candidates, ref uint32, r []byte, lo, hi int64) {
	s := c.side
	if r[rowFlags]&rowGone != 0 {
		return
	}
	if s.timed {
		if t := s.timeOf(r); t < lo || t > hi {
			return
		}
	}
	c.rows, c.times, c.refs = append(c.rows, s.bytesOf(r)), append(c.times, copiesOf(r)), append(c.refs, ref)
	if s.tracked {
		n := s.matchesOf(r)
		c.matches, c.was, c.told = append(c.matches, n), append(c.was, n), append(c.told, n)
	}
}

// findInTree adds rows of a join key that has many: as many as are worked off at
// once.
func (h *heldJoin) findInTree(c *candidates, key uint32, lo, hi int64) bool {
	s := c.side
	if len(c.resume) == 0 {
		c.resume = s.appendTreeKey(c.resume[:0], key, lo, 0)
	}
	h.bound = append(s.appendTreeKey(h.bound[:0], key, hi, math.MaxUint64), 0)
	c.rest = c.rest[:0]
	_ = h.tree.Scan(c.resume, h.bound, func(key, list []byte) error { // it ends with ErrStop alone
		if len(c.rows) >= batch.MaxRows {
			c.rest = append(c.rest, key...)
			return state.ErrStop
		}
		for ; len(list) > 0; list = list[4:] {
			ref := little.Uint32(list)
			h.add(c, ref, h.slab.at(ref), lo, hi)
		}
		return nil
	})
	c.resume, c.rest = c.rest, c.resume
	return len(c.resume) == 0
}
