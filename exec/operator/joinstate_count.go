package operator

import (
	"encoding/binary"
	"slices"

	"github.com/riffledata/riffle/exec/state"
)

// JoinStats describe the state of a join: the rows of each side, each as often as
// it is there, how many rows the last batch changed, how many went by the
// watermark, and the memory that the state itself holds.
type JoinStats struct{ Left, Right, Updated, Removed, Bytes int64 }

// Stats describes the state after a batch.
func (s *JoinState) Stats() JoinStats {
	c := &s.count
	return JoinStats{c.rows[LeftSide], c.rows[RightSide], c.updated, c.removed, s.kept.held()}
}

// Work is how long the last batch worked on the state.
func (s *JoinState) Work() Work { return s.watch.work }

// joinCount counts the rows in a state, by side. It is kept in the table, so that
// a restart need not read all rows: under the first key group of the task that
// wrote it. A task adds up what it finds in its groups, so that the sum of all
// tasks is right at any number of them, though that of one task need not be.
type joinCount struct {
	rows, before     [2]int64
	removed, updated int64
	found            [][]byte // keys of other counts that rows includes
	changed          bool
}

// load reads the counts in a table's groups.
func (c *joinCount) load(t state.Table) error {
	for g := t.Groups().From; g < t.Groups().To; g++ {
		key := state.AppendKey(nil, g, countSpace)
		v, err := t.Get(key)
		if err != nil || v == nil {
			if err != nil {
				return err
			}
			continue
		}
		if err := c.add(t, key, v); err != nil {
			return err
		}
	}
	c.before = c.rows
	return nil
}

// add adds a count that is in a table.
func (c *joinCount) add(t state.Table, key, v []byte) error {
	if len(v) != 17 {
		return errBadJoinState
	}
	for k := range c.rows {
		c.rows[k] += int64(binary.LittleEndian.Uint64(v[1+8*k:]))
	}
	if state.GroupOf(key) != t.Groups().From {
		c.found = append(c.found, slices.Clone(key))
	}
	return nil
}

// change adds to the number of rows of a side.
func (c *joinCount) change(side int, by int64) {
	c.rows[side] += by
	c.updated++
	c.changed = true
}

// remove takes rows that went by the watermark out of the number.
func (c *joinCount) remove(side int, n int64) {
	c.rows[side] -= n
	c.removed += n
	c.changed = true
}

// write puts the counts into the table.
func (c *joinCount) write(t state.Table) error {
	if !c.changed {
		return nil
	}
	for _, key := range c.found {
		if err := t.Delete(key); err != nil {
			return err
		}
	}
	v := []byte{0} // no column is null
	for _, n := range c.rows {
		v = binary.LittleEndian.AppendUint64(v, uint64(n))
	}
	return t.Set(state.AppendKey(nil, t.Groups().From, countSpace), v)
}

func (c *joinCount) begin() { c.updated, c.removed, c.changed = 0, 0, false }

func (c *joinCount) commit() {
	if c.before = c.rows; c.changed {
		c.found = nil
	}
}

func (c *joinCount) rollback() {
	c.rows = c.before
	c.begin()
}
