package operator

import (
	"encoding/binary"
	"errors"

	"github.com/riffledata/riffle/exec/state"
)

// groupCount keeps the number of groups in the table, so that a restart need not
// count what it does not read: under the first key group of the task that wrote
// it. A task adds up what it finds in its groups, so that the sum of all tasks is
// right at any number of them, though that of one task need not be.
type groupCount struct {
	written int64 // under the task's own first group
	others  pairs // keys of counts that are not its own
}

var errGroupCount = errors.New("the number of groups in the state cannot be read; restore the state from its checkpoint")

// found takes note of a count that is in the table, and returns it.
func (c *groupCount) found(t state.Table, key, value []byte) (int64, error) {
	n, size := binary.Varint(value)
	if size <= 0 || size != len(value) {
		return 0, errGroupCount
	}
	if state.GroupOf(key) == t.Groups().From {
		c.written = n
	} else {
		c.others.add(key)
	}
	return n, nil
}

// load returns the number of groups in a table.
func (c *groupCount) load(t state.Table) (int64, error) {
	sum := int64(0)
	for g := t.Groups().From; g < t.Groups().To; g++ {
		key := state.AppendKey(nil, g, SpaceCount)
		v, err := t.Get(key)
		if err == nil && v != nil {
			var n int64
			n, err = c.found(t, key, v)
			sum += n
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// write puts the number of groups into the table, if it is another than before.
func (c *groupCount) write(t state.Table, n int64) error {
	if n == c.written && c.others.len() == 0 {
		return nil
	}
	for i := range c.others.len() {
		if err := t.Delete(c.others.at(i)); err != nil {
			return err
		}
	}
	return t.Set(state.AppendKey(nil, t.Groups().From, SpaceCount), binary.AppendVarint(nil, n))
}

// commit makes what write wrote last the count before the next batch.
func (c *groupCount) commit(n int64) {
	c.written = n
	c.others = pairs{}
}
