package operator

import (
	"fmt"
	"math"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// evict lets the rows go that no row to come can match, those of the left side
// first, and gives those that leave because they never had a match: by key
// group, time and join key.
func (w *joinWork) evict(wm int64) error {
	for _, s := range w.sides {
		if !s.evicts || wm == math.MinInt64 {
			continue
		}
		e := eviction{w: w, side: s}
		err := w.timers[s.side].pop(s.gone(wm), e.pop)
		if err == nil {
			err = e.give()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.spec.Name, err)
		}
	}
	return nil
}

// eviction takes the rows of one side out of the state.
type eviction struct {
	w      *joinWork
	side   *joinSide
	prefix []byte
	keys   keyList
	// rows leave, each as often as list says.
	rows  [][]byte
	bytes []byte
	list  copies
}

// pop removes all rows of a time and join key, as the index of times has them.
func (e *eviction) pop(key []byte) error {
	const timed = state.KeyPrefix + 8
	e.prefix = append(state.AppendKey(e.prefix[:0], state.GroupOf(key), rowSpaces[e.side.side]), key[timed:]...)
	e.prefix = append(e.prefix, key[state.KeyPrefix:timed]...)
	to := after(append([]byte(nil), e.prefix...))
	for more := true; more; {
		e.keys.reset()
		err := e.w.table.Scan(e.prefix, to, func(key, value []byte) error {
			if more = e.keys.len() == batch.MaxRows; more {
				return state.ErrStop
			}
			e.keys.add(key)
			return e.note(value)
		})
		if err != nil {
			return err
		}
		for k := range e.keys.len() {
			if err := e.w.table.Delete(e.keys.at(k)); err != nil {
				return err
			}
		}
		more = more && e.keys.len() > 0
	}
	if len(e.rows) < batch.MaxRows {
		return nil
	}
	return e.give()
}

// note counts the rows of a value, and keeps those that leave.
func (e *eviction) note(value []byte) error {
	at := len(e.bytes)
	e.bytes = append(e.bytes, value...)
	for v := e.bytes[at:]; len(v) > 0; {
		row, rest, err := e.side.nextEntry(v)
		if err != nil {
			return err
		}
		e.w.count.remove(e.side.side, row.times)
		if e.side.tracked && e.side.alone && row.matches == 0 && e.w.final() {
			e.list.add(int32(len(e.rows)), row.times)
			e.rows = append(e.rows, row.row)
		}
		v = rest
	}
	return nil
}

// give gives the rows that leave.
func (e *eviction) give() error {
	if len(e.rows) > 0 {
		cols, err := e.side.codec.Decode(e.rows)
		if err != nil {
			return err
		}
		if err := e.w.giveAlone(e.side, cols, &e.list); err != nil {
			return err
		}
	}
	e.rows, e.bytes = e.rows[:0], e.bytes[:0]
	e.list.reset()
	return nil
}
