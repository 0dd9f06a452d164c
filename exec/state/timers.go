package state

import (
	"fmt"
	"math"
)

// Timers are times at which keys are due, kept in a space of a table: a pair for
// each, of no value, whose key is
//
//	group, space, AppendTime, the timer's key behind its group
//
// Timers are part of the batch as all state is. A key may have any number of
// timers at different times. Timers are not safe for concurrent use.
type Timers struct {
	t     Table
	space byte
	// next is for each group of the table a time before which nothing is due there;
	// nil until it is first asked for.
	next []int64
	key  []byte
	due  []byte // keys of a group that are due, one after the other
	ends []int
}

// NoTime is later than every timer.
const NoTime = math.MaxInt64

// timeSize is the length of what AppendTime writes.
const timeSize = 8

// NewTimers returns the timers in one space of a table, which holds nothing else.
func NewTimers(t Table, space byte) *Timers { return &Timers{t: t, space: space} }

// append makes the key of a timer.
func (t *Timers) append(dst []byte, time int64, key []byte) []byte {
	return append(AppendTime(AppendKey(dst, GroupOf(key), t.space), time), key[2:]...)
}

// Set makes a key due at a time in microseconds. The key is one of a table: it
// begins with group and space. A timer that is there already is left as it is.
func (t *Timers) Set(time int64, key []byte) error {
	if err := t.check(key); err != nil {
		return err
	}
	t.key = t.append(t.key[:0], time, key)
	if err := t.t.Set(t.key, nil); err != nil {
		return err
	}
	if g := GroupOf(key) - t.t.Groups().From; t.next != nil {
		t.next[g] = min(t.next[g], time)
	}
	return nil
}

// Delete removes a timer; that it is not there is no error.
func (t *Timers) Delete(time int64, key []byte) error {
	if err := t.check(key); err != nil {
		return err
	}
	t.key = t.append(t.key[:0], time, key)
	return t.t.Delete(t.key)
}

func (t *Timers) check(key []byte) error {
	if len(key) < KeyPrefix {
		return fmt.Errorf("internal: a timer of a key of %d bytes, which has no group and space", len(key))
	}
	return CheckKey("timers", t.t.Groups(), key)
}

// Reset forgets what is known beside the table. It has to be called after the
// store has rolled a batch back.
func (t *Timers) Reset() { t.next = nil }

// Next returns a time before which nothing is due; NoTime where there are no
// timers.
func (t *Timers) Next() (int64, error) {
	if err := t.build(); err != nil {
		return 0, err
	}
	next := int64(NoTime)
	for _, n := range t.next {
		next = min(next, n)
	}
	return next, nil
}

// Due removes the timers of times up to now, and calls f for each: group by
// group, in a group by time and then by key. The key is valid until f returns. f
// may change the table and the timers: one that it deletes is not called for any
// more, and one that it sets for a key of the same group waits for the next Due.
func (t *Timers) Due(now int64, f func(time int64, key []byte) error) error {
	if err := t.build(); err != nil {
		return err
	}
	for i := range t.next {
		if t.next[i] <= now {
			if err := t.group(i, now, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// build finds the first timer of each group.
func (t *Timers) build() error {
	if t.next != nil {
		return nil
	}
	groups := t.t.Groups()
	next := make([]int64, groups.To-groups.From)
	for i := range next {
		var err error
		if next[i], err = t.first(groups.From+i, AppendKey(nil, groups.From+i, t.space)); err != nil {
			return err
		}
	}
	t.next = next
	return nil
}

// first is the time of the first timer of a group not before from.
func (t *Timers) first(group int, from []byte) (int64, error) {
	at := int64(NoTime)
	err := t.t.Scan(from, t.end(group), func(key, _ []byte) error {
		if len(key) < KeyPrefix+timeSize {
			return fmt.Errorf("timers: %w", errKey)
		}
		at = TimeOf(key[KeyPrefix:])
		return ErrStop
	})
	return at, err
}

// end is the key behind the timers of a group.
func (t *Timers) end(group int) []byte {
	if t.space == math.MaxUint8 {
		return AppendKey(nil, group+1, 0)
	}
	return AppendKey(nil, group, t.space+1)
}

// group calls f for what is due in one group: first it is copied, since f may
// change the table.
func (t *Timers) group(i int, now int64, f func(time int64, key []byte) error) error {
	group := t.t.Groups().From + i
	t.due, t.ends = t.due[:0], t.ends[:0]
	to := t.end(group)
	if now < math.MaxInt64 {
		to = AppendTime(AppendKey(nil, group, t.space), now+1)
	}
	err := t.t.Scan(AppendKey(nil, group, t.space), to, func(key, _ []byte) error {
		if len(key) <= KeyPrefix+timeSize {
			return fmt.Errorf("timers: %w", errKey)
		}
		t.due = append(t.due, key...)
		t.ends = append(t.ends, len(t.due))
		return nil
	})
	if err != nil {
		return err
	}
	if t.next[i], err = t.first(group, to); err != nil { // what f sets lowers it again
		return err
	}
	return t.fire(f)
}

// fire removes the timers that were copied, and calls f for those that are still
// there.
func (t *Timers) fire(f func(time int64, key []byte) error) error {
	from := 0
	for _, end := range t.ends {
		timer := t.due[from:end:end]
		from = end
		there, err := t.t.Get(timer)
		if err == nil && there == nil {
			continue
		}
		if err == nil {
			err = t.t.Delete(timer)
		}
		if err != nil {
			return err
		}
		time := TimeOf(timer[KeyPrefix:])
		copy(timer[timeSize+1:], timer[:2]) // the group, right before the space and the rest of the key
		if err := f(time, timer[timeSize+1:]); err != nil {
			return err
		}
	}
	return nil
}
