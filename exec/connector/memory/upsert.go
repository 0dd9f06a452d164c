package memory

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// keyIndex is a table that is updated by key: the parts that hold its rows, and
// where the row of each key is. A commit costs what it changes: what readers are
// shown is made when one comes.
type keyIndex struct {
	keys  []int
	slots map[string]int32 // of each key: where places has its row
	// places are where rows are, free those that belong to no key.
	places []place
	free   []int32
	parts  parts
	buf    []byte
}

// place is a row: the number of its part, and of the row in it.
type place struct{ part, row int32 }

func newKeyIndex(keys []int) *keyIndex { return &keyIndex{keys: keys, slots: map[string]int32{}} }

// apply puts rows in the place of those of the same keys; a row with change -1
// takes the row of its key away. After an error nothing has changed, unless rows
// could not be moved together.
func (x *keyIndex) apply(more []batch.Batch) error {
	keys := make([][]state.Appender, len(more))
	for i, b := range more {
		var err error
		if keys[i], err = x.appenders(b.Record); err != nil {
			return err
		}
	}
	for i, b := range more {
		x.add(b, keys[i])
	}
	return x.parts.settle(x.places)
}

func (x *keyIndex) appenders(rec arrow.RecordBatch) ([]state.Appender, error) {
	out := make([]state.Appender, len(x.keys))
	for i, c := range x.keys {
		var err error
		if out[i], err = state.NewAppender(rec.Column(c)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (x *keyIndex) add(b batch.Batch, keys []state.Appender) {
	id, p := x.parts.add(b.Record)
	for row := range int32(b.Record.NumRows()) {
		x.buf = x.buf[:0]
		for _, key := range keys {
			x.buf = key(x.buf, int(row))
		}
		slot, known := x.slots[string(x.buf)]
		if known {
			x.parts.kill(x.places[slot])
		}
		if b.Change(int(row)) < 0 {
			x.parts.kill(place{id, row})
			if known {
				delete(x.slots, string(x.buf))
				x.free = append(x.free, slot)
			}
			continue
		}
		if !known {
			slot = x.slot()
			x.slots[string(x.buf)] = slot
		}
		x.places[slot], p.slot[row] = place{id, row}, slot
	}
}

// slot takes a place for a new key.
func (x *keyIndex) slot() int32 {
	if n := len(x.free); n > 0 {
		slot := x.free[n-1]
		x.free = x.free[:n-1]
		return slot
	}
	x.places = append(x.places, place{})
	return int32(len(x.places) - 1)
}
