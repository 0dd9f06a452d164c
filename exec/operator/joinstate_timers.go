package operator

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// joinTimers is an index of the times in one side's state: for each key group,
// which rows have which time. A row stays in it until it is due, though it may be
// gone from the state by then.
//
// An entry is a time, a join key and a hash. Up to entriesPerTimer of them, those
// of one group that came together, in order, are one pair of the table: the first
// is the key, behind group and space, the rest are the value, each behind its
// length. A group has no two pairs of the same key: an entry that is the first of
// a pair already needs no other.
type joinTimers struct {
	table state.Table
	space byte
	side  *joinSide
	// missing are key groups that have rows of the side and no times: those that were
	// held in memory when they were written.
	missing []int
	// next is for each key group of the table a time before which it has none;
	// nil: not known yet.
	next []int64
	// added are the entries that are not in the table yet, behind group and space.
	added   keyList
	order   []int32 // of added, by group, and in a group by entry
	starts  []int32
	value   []byte
	bound   []byte
	until   []byte
	popped  keyList // keys of pairs that are taken out
	entries keyList // of them that are due
}

const (
	entriesPerTimer = 32
	// timersAdded is how many entries wait at most to be put into the table.
	timersAdded = 1 << 16
)

// set notes that a row of a join key has a time.
func (t *joinTimers) set(time int64, group int, key []byte, hash uint64) error {
	t.add(time, group, key, hash)
	if t.added.len() < timersAdded {
		return nil
	}
	return t.flush()
}

// add is set of one that is not put into the table yet.
func (t *joinTimers) add(time int64, group int, key []byte, hash uint64) {
	l := &t.added
	l.data = state.AppendTime(state.AppendKey(l.data, group, t.space), time)
	l.data = binary.BigEndian.AppendUint64(append(l.data, key...), hash)
	l.ends = append(l.ends, len(l.data))
}

// flush puts what was added into the table.
func (t *joinTimers) flush() error {
	if err := t.build(); err != nil || t.added.len() == 0 {
		return err
	}
	t.sort()
	for from := 0; from < len(t.order); {
		group := t.groupOf(from)
		to := from + 1
		for to < len(t.order) && t.groupOf(to) == group {
			to++
		}
		if err := t.put(group, t.order[from:to]); err != nil {
			return err
		}
		from = to
	}
	t.added.reset()
	return nil
}

// groupOf is the group of an entry in order.
func (t *joinTimers) groupOf(i int) int { return state.GroupOf(t.added.at(int(t.order[i]))) }

// sort brings what was added into order: by group, counting them, then each group.
func (t *joinTimers) sort() {
	groups, n := t.table.Groups(), t.added.len()
	t.starts = resize(t.starts, groups.To-groups.From+1)
	clear(t.starts)
	for i := range n {
		t.starts[state.GroupOf(t.added.at(i))-groups.From+1]++
	}
	for g := 1; g < len(t.starts); g++ {
		t.starts[g] += t.starts[g-1]
	}
	t.order = resize(t.order, n)
	for i := range n {
		at := &t.starts[state.GroupOf(t.added.at(i))-groups.From]
		t.order[*at] = int32(i)
		*at++
	}
	from := int32(0)
	for _, to := range t.starts[:len(t.starts)-1] { // now the ends
		if to-from > 1 {
			slices.SortFunc(t.order[from:to], func(a, b int32) int { return bytes.Compare(t.added.at(int(a)), t.added.at(int(b))) })
		}
		from = to
	}
}

// put makes pairs of the entries of a group, which are in order.
func (t *joinTimers) put(group int, list []int32) error {
	if i := group - t.table.Groups().From; t.next != nil {
		t.next[i] = min(t.next[i], state.TimeOf(t.added.at(int(list[0]))[state.KeyPrefix:]))
	}
	for len(list) > 0 {
		key := t.added.at(int(list[0]))
		list = list[1:]
		there, err := t.table.Get(key)
		if err != nil {
			return err
		}
		if there != nil {
			continue
		}
		n := min(len(list), entriesPerTimer-1)
		t.value = t.value[:0]
		for _, k := range list[:n] {
			entry := t.added.at(int(k))[state.KeyPrefix:]
			t.value = append(binary.AppendUvarint(t.value, uint64(len(entry))), entry...)
		}
		if err := t.table.Set(key, t.value); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// reset forgets what is known of the times, after a rollback.
func (t *joinTimers) reset() {
	t.next, t.missing = nil, nil
	t.added.reset()
}

// first returns the time before which there is none; math.MaxInt64 if there is
// none at all.
func (t *joinTimers) first() (int64, error) {
	if err := t.load(); err != nil {
		return 0, err
	}
	first := int64(math.MaxInt64)
	for _, n := range t.next {
		first = min(first, n)
	}
	return first, nil
}

// load finds the first time of each group, from one that has pairs to the next.
func (t *joinTimers) load() error {
	if t.next != nil {
		return nil
	}
	groups := t.table.Groups()
	next := make([]int64, groups.To-groups.From)
	for i := range next {
		next[i] = math.MaxInt64
	}
	for g := groups.From; g < groups.To; {
		at := groups.To
		err := t.table.Scan(state.AppendKey(nil, g, t.space), nil, func(key, _ []byte) error {
			switch at = state.GroupOf(key); {
			case key[state.KeyPrefix-1] == t.space:
				next[at-groups.From] = state.TimeOf(key[state.KeyPrefix:])
				at++
			case key[state.KeyPrefix-1] > t.space:
				at++
			}
			return state.ErrStop
		})
		if err != nil {
			return err
		}
		g = at
	}
	if err := t.findMissing(next); err != nil {
		return err
	}
	t.next = next
	return nil
}

// pop calls f for the entries up to now, by group and, some at a time, in order,
// and removes them: with the group, the time, the join key and the hash. It may
// change the table.
func (t *joinTimers) pop(now int64, f func(group int, entry []byte) error) error {
	if err := t.load(); err != nil {
		return err
	}
	for i := range t.next {
		for t.next[i] <= now {
			if err := t.popSome(i, now, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// popSome takes the first pairs of a group. Their entries that are not due yet are
// put back.
func (t *joinTimers) popSome(i int, now int64, f func(group int, entry []byte) error) error {
	group := t.table.Groups().From + i
	if err := t.take(i, now); err != nil {
		return err
	}
	for k := range t.popped.len() {
		if err := t.table.Delete(t.popped.at(k)); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	t.order = t.order[:0]
	for k := range t.entries.len() {
		t.order = append(t.order, int32(k))
	}
	slices.SortFunc(t.order, func(a, b int32) int { return bytes.Compare(t.entries.at(int(a)), t.entries.at(int(b))) })
	for _, k := range t.order {
		if err := f(group, t.entries.at(int(k))); err != nil {
			return err
		}
	}
	return nil
}

// take reads the first pairs of a group: their keys, their entries that are due,
// and those that are not.
func (t *joinTimers) take(i int, now int64) error {
	t.popped.reset()
	t.entries.reset()
	group, next := t.table.Groups().From+i, int64(math.MaxInt64)
	t.bound = state.AppendKey(t.bound[:0], group, t.space)
	t.until = state.AppendKey(t.until[:0], group, t.space+1)
	err := t.table.Scan(t.bound, t.until, func(key, value []byte) error {
		if time := state.TimeOf(key[state.KeyPrefix:]); time > now || t.entries.len() >= batch.MaxRows {
			next = time
			return state.ErrStop
		}
		t.popped.add(key)
		t.entries.add(key[state.KeyPrefix:])
		for len(value) > 0 {
			size, n := binary.Uvarint(value)
			if n <= 0 || uint64(len(value)-n) < size || size < 16 {
				return errBadJoinState
			}
			entry := value[n : n+int(size)]
			if value = value[n+int(size):]; state.TimeOf(entry) <= now {
				t.entries.add(entry)
				continue
			}
			t.added.data = append(state.AppendKey(t.added.data, group, t.space), entry...)
			t.added.ends = append(t.added.ends, len(t.added.data))
		}
		return nil
	})
	t.next[i] = next
	return err
}
