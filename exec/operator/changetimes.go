package operator

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/riffledata/riffle/exec/state"
)

// changeTimes knows when the keys of one space of a table last changed, and which
// of them are to be forgotten. All it knows is in the table: it is committed and
// rolled back with it. A key group is read through when its oldest key may have
// come to its end, at most ten times in a lifetime; there is no index by time, which
// would have to be written with each change.
type changeTimes struct {
	table state.Table
	space byte
	life  Lifetime
	mine  func(key []byte) bool // nil: all keys of the space have times
	// oldest has for each key group a time before which none of its keys changed
	// last, never where it has none. nil: not read yet.
	oldest []int64
	adopts []int // key groups with keys that have no times
	stamp  int64 // of the batch
	undo   []oldestTime
	key    []byte
	value  []byte
}

// oldestTime is what the oldest time of a key group was.
type oldestTime struct {
	i int
	t int64
}

// unknown is the time of a change that no batch has noted.
const unknown = NoWatermark

// attach reads what is known of a table. It is to be called before the first
// batch.
func (c *changeTimes) attach(t state.Table) error {
	c.table = t
	return c.load()
}

// begin sets the time of the batch. In the first one after the table was opened or
// rolled back it brings the table in line with the lifetime: keys from before there
// was one count from now, and without one times are dropped.
func (c *changeTimes) begin(now int64) error {
	c.stamp, c.undo = c.life.stamp(now), c.undo[:0]
	if c.oldest == nil {
		if err := c.load(); err != nil {
			return err
		}
	}
	if c.life == 0 {
		return c.drop()
	}
	return c.adopt()
}

// reset forgets what is known beside the table, after a rollback.
func (c *changeTimes) reset() { c.oldest, c.adopts = nil, nil }

// restore is reset where the table is a journal, which cannot be read again.
func (c *changeTimes) restore() {
	for _, was := range slices.Backward(c.undo) {
		c.oldest[was.i] = was.t
	}
	c.undo = c.undo[:0]
}

var errChangeTime = errors.New("the time of a change in the state cannot be read; restore the state from its checkpoint")

// A time is a row of one timestamp, as state.RowCodec has it.
const changeSize = 9

func appendChange(dst []byte, t int64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, 0), uint64(t))
}

func changedAt(v []byte) (int64, error) {
	if len(v) != changeSize || v[0] != 0 {
		return 0, errChangeTime
	}
	return int64(binary.LittleEndian.Uint64(v[1:])), nil
}

// load reads the oldest times.
func (c *changeTimes) load() error {
	groups := c.table.Groups()
	oldest := make([]int64, groups.To-groups.From)
	for i := range oldest {
		oldest[i] = never
	}
	if empty, err := c.empty(); err != nil || empty {
		c.oldest = oldest
		return err
	}
	for i := range oldest {
		v, err := c.table.Get(c.oldestKey(i))
		if err == nil && v != nil {
			oldest[i], err = changedAt(v)
		}
		if err != nil {
			return err
		}
	}
	c.oldest = oldest
	if c.life == 0 {
		return nil
	}
	return c.findAdopted()
}

// findAdopted finds the key groups whose keys have no times: from one that has keys
// to the next.
func (c *changeTimes) findAdopted() error {
	c.adopts = nil
	groups := c.table.Groups()
	for g := groups.From; g < groups.To; {
		at := groups.To
		err := c.table.Scan(state.AppendKey(nil, g, c.space), nil, func(key, _ []byte) error {
			at = state.GroupOf(key)
			if have := key[state.KeyPrefix-1]; have >= c.space {
				if have == c.space && c.oldest[at-groups.From] == never {
					c.adopts = append(c.adopts, at-groups.From)
				}
				at++
			}
			return state.ErrStop
		})
		if err != nil {
			return err
		}
		g = at
	}
	return nil
}

// empty tells whether the table has no pairs.
func (c *changeTimes) empty() (bool, error) {
	empty := true
	err := c.table.Scan(nil, nil, func(_, _ []byte) error {
		empty = false
		return state.ErrStop
	})
	return empty, err
}

func (c *changeTimes) oldestKey(i int) []byte {
	c.key = state.AppendKey(c.key[:0], c.table.Groups().From+i, SpaceOldest)
	return c.key
}

// changeKey is the key of the time of a key.
func (c *changeTimes) changeKey(key []byte) []byte {
	c.key = append(c.key[:0], key...)
	c.key[state.KeyPrefix-1] = SpaceChanged
	return c.key
}

// adopt gives times to the keys of groups that were kept without a lifetime.
func (c *changeTimes) adopt() error {
	for _, i := range c.adopts {
		keys, err := c.keysOf(i, c.space)
		if err != nil {
			return err
		}
		for k := range keys.len() {
			if c.mine != nil && !c.mine(keys.at(k)) {
				continue
			}
			if err := c.write(keys.at(k)); err != nil {
				return err
			}
		}
	}
	c.adopts = nil
	return nil
}

// drop removes all times.
func (c *changeTimes) drop() error {
	for i, t := range c.oldest {
		if t == never {
			continue
		}
		keys, err := c.keysOf(i, SpaceChanged)
		if err != nil {
			return err
		}
		for k := range keys.len() {
			if err := c.table.Delete(keys.at(k)); err != nil {
				return err
			}
		}
		if err := c.setOldest(i, never); err != nil {
			return err
		}
	}
	return nil
}

// keysOf returns the keys of a group in a space.
func (c *changeTimes) keysOf(i int, space byte) (keys pairs, err error) {
	group := c.table.Groups().From + i
	err = c.table.Scan(state.AppendKey(nil, group, space), state.AppendKey(nil, group, space+1), func(key, _ []byte) error {
		keys.add(key)
		return nil
	})
	return keys, err
}

// setOldest notes the oldest time of a group; never: it has no keys.
func (c *changeTimes) setOldest(i int, t int64) error {
	if c.oldest[i] == t {
		return nil
	}
	c.undo = append(c.undo, oldestTime{i, c.oldest[i]})
	c.oldest[i] = t
	if t == never {
		return c.table.Delete(c.oldestKey(i))
	}
	c.value = appendChange(c.value[:0], t)
	return c.table.Set(c.oldestKey(i), c.value)
}

// touch notes that a key changes in the batch.
func (c *changeTimes) touch(key []byte) error {
	c.value = appendChange(c.value[:0], c.stamp)
	if v, err := c.table.Get(c.changeKey(key)); err != nil || bytes.Equal(v, c.value) {
		return err
	}
	return c.write(key)
}

// write is touch of a key of which it is known that its time is another.
func (c *changeTimes) write(key []byte) error {
	c.value = appendChange(c.value[:0], c.stamp)
	if err := c.table.Set(c.changeKey(key), c.value); err != nil {
		return err
	}
	i := state.GroupOf(key) - c.table.Groups().From
	if c.oldest[i] <= c.stamp {
		return nil
	}
	return c.setOldest(i, c.stamp)
}

// remove drops the time of a key that is gone.
func (c *changeTimes) remove(key []byte) error { return c.table.Delete(c.changeKey(key)) }

// forget drops the times of the keys that are to be forgotten at now, and returns
// those keys, in the order of their bytes behind the group.
func (c *changeTimes) forget(now int64) (pairs, error) {
	var out pairs
	limit := c.life.limit(now)
	for i, t := range c.oldest {
		if t > limit {
			continue
		}
		if err := c.forgetIn(i, limit, &out); err != nil {
			return out, err
		}
	}
	return out.sorted(), nil
}

// forgetIn is forget in one key group.
func (c *changeTimes) forgetIn(i int, limit int64, out *pairs) error {
	group, from, first := c.table.Groups().From+i, out.len(), int64(never)
	err := c.table.Scan(state.AppendKey(nil, group, SpaceChanged), state.AppendKey(nil, group, SpaceChanged+1), func(key, value []byte) error {
		t, err := changedAt(value)
		if err != nil {
			return err
		}
		if t <= limit {
			out.add(key)
		} else {
			first = min(first, t)
		}
		return nil
	})
	for k := from; k < out.len() && err == nil; k++ {
		if err = c.table.Delete(out.at(k)); err == nil {
			out.at(k)[state.KeyPrefix-1] = c.space
		}
	}
	if err != nil {
		return err
	}
	return c.setOldest(i, first)
}

// next is a time before which no key is to be forgotten; never where there is
// none, NoWatermark where a batch has yet to give keys their times.
func (c *changeTimes) next() int64 {
	switch {
	case len(c.oldest) == 0 || c.life == 0:
		return never
	case len(c.adopts) > 0:
		return NoWatermark
	}
	if first := slices.Min(c.oldest); first != never {
		return addTime(first, int64(c.life))
	}
	return never
}

// sorted returns keys in the order of their bytes behind the group and the space.
func (p pairs) sorted() pairs {
	order := make([]int, p.len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(p.at(a)[state.KeyPrefix:], p.at(b)[state.KeyPrefix:]) })
	var out pairs
	for _, i := range order {
		out.add(p.at(i))
	}
	return out
}
