package operator

import (
	"math"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// find finds the rows for the next join keys of a batch: one with more than
// batch.MaxRows is worked off in several turns.
func (t *joinTable) find(c *candidates, in *joinRows) (bool, error) {
	n := in.groups.len()
	c.reset(n)
	for c.group < n && len(c.rows) < batch.MaxRows {
		g := c.group
		c.from[g] = int32(len(c.rows))
		if err := c.scan(t.table, in, g, t.spec.Bounds); err != nil {
			return false, err
		}
		c.to[g] = int32(len(c.rows))
	}
	return c.decode()
}

// scan adds rows of a group, and notes where to go on.
func (c *candidates) scan(t state.Table, in *joinRows, g int, b *JoinBounds) error {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	if c.side.timed {
		lo, hi = b.window(1-c.side.side, in.from[g], in.to[g])
	}
	c.prefix = appendKey(c.prefix[:0], in.groups.hashes[g], in.groups.at(g))
	if len(c.resume) == 0 {
		if done, err := c.glance(t, in, g, lo, hi); done || err != nil {
			return err
		}
		c.resume = c.side.appendSide(append(c.resume[:0], c.prefix...))
		if c.side.timed {
			c.resume = appendTime(c.resume, lo)
		}
	}
	c.bound = c.side.appendSide(append(c.bound[:0], c.prefix...))
	if c.side.timed {
		c.bound = appendTime(c.bound, hi)
	}
	c.rest = c.rest[:0]
	err := t.Scan(c.resume, after(c.bound), func(key, value []byte) error {
		if len(c.rows) >= batch.MaxRows {
			c.rest = append(c.rest, key...)
			return state.ErrStop
		}
		return c.add(key, value)
	})
	c.resume, c.rest = c.rest, c.resume
	if len(c.resume) == 0 {
		c.group++
	}
	return err
}

// glanceAt is how many pairs a glance looks at.
const glanceAt = 4

// glance looks at the first rows of a join key, of both sides. If those are all,
// as where the keys of both sides are unique, the group is done: also known is
// then whether the rows' own side has any.
func (c *candidates) glance(t state.Table, in *joinRows, g int, lo, hi int64) (done bool, err error) {
	c.bound = append(append(c.bound[:0], c.prefix...), boolTag)
	c.few.reset()
	c.seen, c.own, c.lo, c.hi = 0, false, lo, hi
	if c.see == nil {
		c.see = c.look
	}
	if err := t.Scan(c.prefix, after(c.bound), c.see); err != nil || c.seen > glanceAt || len(c.rows)+c.few.len()/2 > batch.MaxRows {
		return false, err
	}
	for k := 0; k < c.few.len() && err == nil; k += 2 {
		err = c.add(c.few.at(k), c.few.at(k+1))
	}
	in.taken[g] = c.own
	c.group++
	return true, err
}

// look takes a pair that a glance sees.
func (c *candidates) look(key, value []byte) error {
	if c.seen++; c.seen > glanceAt {
		return state.ErrStop
	}
	at := len(c.prefix) + 1
	if int(key[at]) != c.side.side {
		c.own = true
		return nil
	}
	if c.side.timed {
		if time := state.TimeOf(key[at+1+idHead:]); time < c.lo || time > c.hi {
			return nil
		}
	}
	c.few.add(key)
	c.few.add(value)
	return nil
}

// after turns a prefix into the first key behind all that begin with it, in
// place; nil where there is none.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i]++; prefix[i] != 0 {
			return prefix[:i+1]
		}
	}
	return nil
}

func (c *candidates) add(key, value []byte) error {
	n := int32(c.entries.len())
	c.entries.add(key)
	at := len(c.bytes)
	c.bytes = append(c.bytes, value...) // rows that were cut from older memory stay valid
	for v, list := entries(c.bytes[at:]); len(v) > 0; {
		e, rest, err := c.side.nextEntry(v, list)
		if err != nil {
			return err
		}
		c.rows = append(c.rows, e.row)
		c.times, c.matches = append(c.times, e.times), append(c.matches, e.matches)
		c.was, c.told = append(c.was, e.matches), append(c.told, e.matches)
		c.entry = append(c.entry, n)
		v = rest
	}
	return nil
}

// rematch puts changed numbers of matches into the table.
func (t *joinTable) rematch(c *candidates) error {
	if !c.dirty {
		return nil
	}
	value := t.scratch.value
	defer func() { t.scratch.value = value }()
	for from := 0; from < len(c.rows); {
		to, changed := from, false
		for ; to < len(c.rows) && c.entry[to] == c.entry[from]; to++ {
			changed = changed || c.matches[to] != c.was[to]
		}
		if changed {
			value = value[:0]
			for k := from; k < to; k++ {
				value = c.side.appendEntry(value, joinEntry{c.times[k], c.matches[k], c.rows[k]}, to-from > 1)
			}
			if err := t.table.Set(c.entries.at(int(c.entry[from])), value); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}
