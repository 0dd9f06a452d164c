package operator

import (
	"encoding/binary"
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
		e := &w.scratch.evicted
		e.w, e.side = w, s
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
	w    *joinWork
	side *joinSide
	key  []byte
	// rows leave, each as often as list says.
	rows  [][]byte
	bytes []byte
	list  copies
}

// pop removes a row, if it is still there: an entry of the index of times.
func (e *eviction) pop(group int, entry []byte) error {
	time, key, hash := state.TimeOf(entry), entry[8:len(entry)-8], binary.BigEndian.Uint64(entry[len(entry)-8:])
	e.key = append(state.AppendKey(e.key[:0], group, rowSpace), key...)
	e.key = e.side.appendID(e.side.appendSide(e.key), time, hash)
	value, err := e.w.table.Get(e.key)
	if err != nil || value == nil {
		return err
	}
	if err := e.note(value); err != nil {
		return err
	}
	if err := e.w.table.Delete(e.key); err != nil || len(e.rows) < batch.MaxRows {
		return err
	}
	return e.give()
}

// note counts the rows of a value, and keeps those that leave.
func (e *eviction) note(value []byte) error {
	for v, list := entries(value); len(v) > 0; {
		row, rest, err := e.side.nextEntry(v, list)
		if err != nil {
			return err
		}
		e.w.count.remove(e.side.side, row.times)
		if e.side.tracked && e.side.alone && row.matches == 0 && e.w.final() {
			e.list.add(int32(len(e.rows)), row.times)
			at := len(e.bytes)
			e.bytes = append(e.bytes, row.row...) // rows that were cut from older memory stay valid
			e.rows = append(e.rows, e.bytes[at:])
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
