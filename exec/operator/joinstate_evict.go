package operator

import (
	"fmt"
	"math"

	"github.com/riffledata/riffle/exec/batch"
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
		e.w = w
		err := w.kept.evict(s, s.gone(wm), e)
		if err == nil {
			err = e.give(s)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.spec.Name, err)
		}
	}
	return nil
}

// eviction gives rows of one side that go.
type eviction struct {
	w *joinWork
	// rows leave, each as often as list says.
	rows  [][]byte
	bytes []byte
	list  copies
}

// leaves tells whether a row of so many matches leaves because it goes.
func (e *eviction) leaves(s *joinSide, matches int64) bool {
	return s.tracked && s.alone && matches == 0 && e.w.final()
}

// add adds a row that leaves, of which it copies the bytes.
func (e *eviction) add(s *joinSide, row joinEntry) error {
	e.list.add(int32(len(e.rows)), row.times)
	at := len(e.bytes)
	e.bytes = append(e.bytes, row.row...) // rows that were cut from older memory stay valid
	e.rows = append(e.rows, e.bytes[at:])
	if len(e.rows) < batch.MaxRows {
		return nil
	}
	return e.give(s)
}

// give gives the rows that leave.
func (e *eviction) give(s *joinSide) error {
	if len(e.rows) > 0 {
		cols, err := s.codec.Decode(e.rows)
		if err != nil {
			return err
		}
		if err := e.w.giveAlone(s, cols, &e.list); err != nil {
			return err
		}
	}
	e.rows, e.bytes = e.rows[:0], e.bytes[:0]
	e.list.reset()
	return nil
}
