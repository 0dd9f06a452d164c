package operator

import (
	"github.com/apache/arrow-go/v18/arrow"
)

// candidates are rows of one side's state that have the join keys of a batch of
// the other side, as many as are worked off at once.
type candidates struct {
	side *joinSide
	rows [][]byte
	// times and matches of each row; was is matches as it is in the state, told as
	// what left last knew it.
	times, matches, was, told []int64
	entry                     []int32 // by row, in a table: the number of its value's key
	entries                   keyList
	refs                      []uint32 // by row, in memory: its number
	// from and to are the rows of each group of the batch, none where they are equal.
	from, to []int32
	cols     []arrow.Array // the rows decoded

	group  int // where to go on: the group, and the key in the table; nil is its first
	resume []byte
	rest   []byte
	bytes  []byte // of rows
	prefix []byte
	bound  []byte
	// Of a glance: the keys and values that it found, alternating, how many pairs it
	// saw, whether one was of the rows' own side, and the times that it looks for.
	few     keyList
	seen    int
	own     bool
	lo, hi  int64
	see     func(key, value []byte) error // look, made once
	touched []int32                       // rows whose matches changed since they were last looked at
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

// reset forgets the rows, before those for a batch with so many groups.
func (c *candidates) reset(groups int) {
	c.from, c.to = resize(c.from, groups), resize(c.to, groups)
	clear(c.from)
	clear(c.to)
	c.rows, c.times, c.matches, c.was, c.told = c.rows[:0], c.times[:0], c.matches[:0], c.was[:0], c.told[:0]
	c.entry, c.refs = c.entry[:0], c.refs[:0]
	c.entries.reset()
	c.bytes, c.touched, c.dirty = c.bytes[:0], c.touched[:0], false
}

// decode makes columns of the rows; false: there are none.
func (c *candidates) decode() (bool, error) {
	if len(c.rows) == 0 {
		return false, nil
	}
	var err error
	c.cols, err = c.side.codec.Decode(c.rows)
	return true, err
}

// matched adds to the number of matches of a row.
func (c *candidates) matched(row int32, by int64) {
	if c.side.tracked && by != 0 {
		c.touched = append(c.touched, row)
		c.matches[row] += by
		c.dirty = true
	}
}
