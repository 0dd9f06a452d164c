package operator

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// candidates are rows of one side's state that have the join keys of a batch of
// the other side, as many as are worked off at once.
type candidates struct {
	side *joinSide
	rows [][]byte
	// times and matches of each row; was is matches as it is in the state, told as
	// what left last knew it.
	times, matches, was, told []int64
	entry                     []int32 // by row: the number of its value's key in the table
	entries                   keyList
	// from and to are the rows of each group of the batch, none where they are equal.
	from, to []int32
	cols     []arrow.Array // the rows decoded

	group   int // where to go on: the group, and the key in the table; nil is its first
	resume  []byte
	rest    []byte
	bytes   []byte // of rows
	prefix  []byte
	bound   []byte
	few     keyList // keys and values, alternating
	touched []int32 // rows whose matches changed since they were last looked at
	dirty   bool
}

// keyList is a list of byte strings, one behind the other.
type keyList struct {
	data []byte
	ends []int
}

func (l *keyList) reset()   { l.data, l.ends = l.data[:0], l.ends[:0] }
func (l *keyList) len() int { return len(l.ends) }
func (l *keyList) add(k []byte) {
	l.data = append(l.data, k...)
	l.ends = append(l.ends, len(l.data))
}

func (l *keyList) at(i int) []byte {
	from := 0
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.data[from:l.ends[i]:l.ends[i]]
}

// begin starts with the first group of a batch.
func (c *candidates) begin(side *joinSide) {
	c.side, c.group, c.resume = side, 0, c.resume[:0]
}

// next finds the rows for the next groups, about batch.MaxRows of them: a
// join key with more is worked off in several turns. False: there are none left.
func (c *candidates) next(t state.Table, in *joinRows, b *JoinBounds) (bool, error) {
	n := in.groups.len()
	c.from, c.to = resize(c.from, n), resize(c.to, n)
	clear(c.from)
	clear(c.to)
	c.rows, c.times, c.matches, c.was, c.told, c.entry = c.rows[:0], c.times[:0], c.matches[:0], c.was[:0], c.told[:0], c.entry[:0]
	c.entries.reset()
	c.bytes, c.touched, c.dirty = c.bytes[:0], c.touched[:0], false
	for c.group < n && len(c.rows) < batch.MaxRows {
		g := c.group
		c.from[g] = int32(len(c.rows))
		if err := c.scan(t, in, g, b); err != nil {
			return false, err
		}
		c.to[g] = int32(len(c.rows))
	}
	if len(c.rows) == 0 {
		return false, nil
	}
	var err error
	c.cols, err = c.side.codec.Decode(c.rows)
	return true, err
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
	at, n, own := len(c.prefix)+1, 0, false
	c.bound = append(append(c.bound[:0], c.prefix...), boolTag)
	c.few.reset()
	err = t.Scan(c.prefix, after(c.bound), func(key, value []byte) error {
		if n++; n > glanceAt {
			return state.ErrStop
		}
		if int(key[at]) != c.side.side {
			own = true
			return nil
		}
		if c.side.timed {
			if time := state.TimeOf(key[at+1+idHead:]); time < lo || time > hi {
				return nil
			}
		}
		c.few.add(key)
		c.few.add(value)
		return nil
	})
	if err != nil || n > glanceAt || len(c.rows)+c.few.len()/2 > batch.MaxRows {
		return false, err
	}
	for k := 0; k < c.few.len() && err == nil; k += 2 {
		err = c.add(c.few.at(k), c.few.at(k+1))
	}
	in.taken[g] = own
	c.group++
	return true, err
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

// matched adds to the number of matches of a row.
func (c *candidates) matched(row int32, by int64) {
	if c.side.tracked && by != 0 {
		c.touched = append(c.touched, row)
		c.matches[row] += by
		c.dirty = true
	}
}

// write puts changed numbers of matches into the state.
func (c *candidates) write(t state.Table, value []byte) ([]byte, error) {
	if !c.dirty {
		return value, nil
	}
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
			if err := t.Set(c.entries.at(int(c.entry[from])), value); err != nil {
				return value, err
			}
		}
		from = to
	}
	return value, nil
}
