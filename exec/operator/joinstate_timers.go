package operator

import (
	"math"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// joinTimers is an index of the times in one side's state: for each key group,
// which join keys have rows at which time. A time stays in it until it is due,
// though its rows may be gone by then.
type joinTimers struct {
	table state.Table
	space byte
	// next is for each key group of the table a time before which it has none;
	// nil: not known yet.
	next []int64
	key  []byte
	due  keyList
}

// set notes that a join key has a row at a time. The key is that of the row in
// the table, without what follows the join key.
func (t *joinTimers) set(time int64, key []byte) error {
	group := state.GroupOf(key)
	t.key = append(state.AppendTime(state.AppendKey(t.key[:0], group, t.space), time), key[state.KeyPrefix:]...)
	if err := t.table.Set(t.key, nil); err != nil {
		return err
	}
	if i := group - t.table.Groups().From; t.next != nil && time < t.next[i] {
		t.next[i] = time
	}
	return nil
}

// reset forgets what is known of the times, after a rollback.
func (t *joinTimers) reset() { t.next = nil }

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
	t.next = next
	return nil
}

// scan calls f for the times of a group, in order, as long as it returns true.
func (t *joinTimers) scan(group int, f func(time int64, key []byte) bool) error {
	from, to := state.AppendKey(nil, group, t.space), state.AppendKey(nil, group, t.space+1)
	return t.table.Scan(from, to, func(key, _ []byte) error {
		if !f(state.TimeOf(key[state.KeyPrefix:]), key) {
			return state.ErrStop
		}
		return nil
	})
}

// pop calls f for the times up to now, by group, time and key, and removes them.
// The key given is that of the index: group, space, time and join key. It may
// change the table.
func (t *joinTimers) pop(now int64, f func(key []byte) error) error {
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

// popSome takes the first times of a group.
func (t *joinTimers) popSome(i int, now int64, f func(key []byte) error) error {
	t.due.reset()
	next := int64(math.MaxInt64)
	err := t.scan(t.table.Groups().From+i, func(time int64, key []byte) bool {
		if next = time; time > now || t.due.len() == batch.MaxRows {
			return false
		}
		t.due.add(key)
		next = math.MaxInt64
		return true
	})
	if err != nil {
		return err
	}
	for k := range t.due.len() {
		if err := f(t.due.at(k)); err != nil {
			return err
		}
		if err := t.table.Delete(t.due.at(k)); err != nil {
			return err
		}
	}
	t.next[i] = next
	return nil
}
