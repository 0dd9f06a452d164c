package memory

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// parts hold the rows of a table that is updated by key. Records stay as they are:
// a row that was replaced is marked dead, and readers are given selections.
type parts struct {
	byID  []*part // nil: a number that is free
	order []int32 // of the parts that there are
	rows  int64   // that count
	bytes int64   // of all records
}

// part is one record.
type part struct {
	rec   arrow.RecordBatch
	bytes int64
	slot  []int32 // by row: where the index says where the row is; of live rows alone
	dead  []uint64
	live  int
	sel   []int32 // of the live rows; nil where it is to be made
}

func (t *parts) add(rec arrow.RecordBatch) (int32, *part) {
	n := int(rec.NumRows())
	p := &part{rec: rec, bytes: recordBytes(batch.Batch{Record: rec}), slot: make([]int32, n), live: n}
	id := int32(slices.Index(t.byID, nil))
	if id < 0 {
		id = int32(len(t.byID))
		t.byID = append(t.byID, nil)
	}
	t.byID[id], t.order = p, append(t.order, id)
	t.rows, t.bytes = t.rows+int64(n), t.bytes+p.bytes
	return id, p
}

func (t *parts) kill(at place) {
	p := t.byID[at.part]
	if p.dead == nil {
		p.dead = make([]uint64, (len(p.slot)+63)/64)
	}
	p.dead[at.row>>6] |= 1 << (at.row & 63)
	p.sel = nil
	p.live--
	t.rows--
}

// batches are what a reader is shown.
func (t *parts) batches() []batch.Batch {
	out := make([]batch.Batch, len(t.order))
	for i, id := range t.order {
		out[i] = t.byID[id].batch()
	}
	return out
}

func (p *part) batch() batch.Batch {
	if p.live == len(p.slot) {
		return batch.Batch{Record: p.rec}
	}
	if p.sel == nil {
		p.sel = make([]int32, 0, p.live)
		for row := range int32(len(p.slot)) {
			if p.dead[row>>6]>>(row&63)&1 == 0 {
				p.sel = append(p.sel, row)
			}
		}
	}
	return batch.Batch{Record: p.rec, Sel: p.sel}
}

// settle drops parts in which no row counts any more, moves the rows of those that
// are mostly dead together, and puts small parts at the end together, so that
// memory follows the live rows and parts are few. places learns where rows are now.
func (t *parts) settle(places []place) error {
	var sparse []int32
	for _, id := range t.order {
		if p := t.byID[id]; p.live*2 < len(p.slot) || p.live == 0 {
			sparse = append(sparse, id)
		}
	}
	if err := t.join(sparse, places); err != nil {
		return err
	}
	for n := len(t.order); n >= 2; n = len(t.order) {
		before, last := t.byID[t.order[n-2]].live, t.byID[t.order[n-1]].live
		if before > 2*last || before+last > settled {
			break
		}
		if err := t.join(slices.Clone(t.order[n-2:]), places); err != nil {
			return err
		}
	}
	return nil
}

// join puts the live rows of some parts into one at the end.
func (t *parts) join(ids []int32, places []place) error {
	var from []batch.Batch
	var slots []int32
	for _, id := range ids {
		p := t.byID[id]
		if p.live == 0 {
			continue
		}
		b := p.batch()
		from = append(from, b)
		if b.Sel == nil {
			slots = append(slots, p.slot...)
		}
		for _, row := range b.Sel {
			slots = append(slots, p.slot[row])
		}
	}
	if len(from) > 0 {
		one, err := gather(from)
		if err != nil {
			return err
		}
		id, p := t.add(one.Record)
		p.slot = slots
		for row, slot := range slots {
			places[slot] = place{id, int32(row)}
		}
	}
	for _, id := range ids {
		p := t.byID[id]
		t.rows, t.bytes, t.byID[id] = t.rows-int64(p.live), t.bytes-p.bytes, nil
	}
	t.order = slices.DeleteFunc(t.order, func(id int32) bool { return t.byID[id] == nil })
	return nil
}
