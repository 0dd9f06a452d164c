package memory

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// keyIndex finds the row of each key in a table that is updated in place: the
// batches stay as they are, and a row that was replaced leaves its batch's
// selection.
type keyIndex struct {
	keys []int
	rows map[string]place
	buf  []byte
}

// place is a row: the number of its batch and of the row in it.
type place struct{ batch, row int32 }

func newKeyIndex(keys []int) *keyIndex { return &keyIndex{keys: keys, rows: map[string]place{}} }

// apply returns the batches after the rows of more have replaced those of the
// same keys; a row with change -1 takes the row of its key away.
func (x *keyIndex) apply(old, more []batch.Batch) ([]batch.Batch, error) {
	out := append([]batch.Batch(nil), old...)
	dead := map[int32]map[int32]bool{}
	kill := func(p place) {
		if dead[p.batch] == nil {
			dead[p.batch] = map[int32]bool{}
		}
		dead[p.batch][p.row] = true
	}
	for _, b := range more {
		at := int32(len(out))
		out = append(out, b)
		for row := range int32(b.Record.NumRows()) {
			key := x.key(b.Record, int(row))
			if p, ok := x.rows[string(key)]; ok {
				kill(p)
			}
			if b.Change(int(row)) < 0 {
				delete(x.rows, string(key))
				kill(place{at, row})
				continue
			}
			x.rows[string(key)] = place{at, row}
		}
	}
	for i, rows := range dead {
		out[i] = without(out[i], rows)
	}
	return x.compact(out)
}

// without returns a batch whose selection lacks some rows.
func without(b batch.Batch, rows map[int32]bool) batch.Batch {
	sel := make([]int32, 0, b.NumRows())
	if b.Sel == nil {
		for row := range int32(b.Record.NumRows()) {
			if !rows[row] {
				sel = append(sel, row)
			}
		}
		return batch.Batch{Record: b.Record, Sel: sel}
	}
	for _, row := range b.Sel {
		if !rows[row] {
			sel = append(sel, row)
		}
	}
	return batch.Batch{Record: b.Record, Sel: sel}
}

// compact drops batches in which no row counts any more, and moves the rows of
// those that are mostly dead together, so that memory follows the live rows.
func (x *keyIndex) compact(batches []batch.Batch) ([]batch.Batch, error) {
	var keep, sparse []batch.Batch
	for _, b := range batches {
		switch n := b.NumRows(); {
		case n == 0:
		case n*2 < int(b.Record.NumRows()):
			sparse = append(sparse, b)
		default:
			keep = append(keep, b)
		}
	}
	if len(sparse) > 0 {
		dense, err := gather(sparse)
		if err != nil {
			return nil, err
		}
		keep = append(keep, dense)
	}
	if len(keep) != len(batches) || len(sparse) > 0 {
		x.reindex(keep)
	}
	return keep, nil
}

func (x *keyIndex) reindex(batches []batch.Batch) {
	clear(x.rows)
	for i, b := range batches {
		for row := range int32(b.Record.NumRows()) {
			if b.Sel == nil {
				x.rows[string(x.key(b.Record, int(row)))] = place{int32(i), row}
			}
		}
		for _, row := range b.Sel {
			x.rows[string(x.key(b.Record, int(row)))] = place{int32(i), row}
		}
	}
}

// key is an encoding of a row's key columns that is unique to their values. It
// is valid until the next call.
func (x *keyIndex) key(rec arrow.RecordBatch, row int) []byte {
	x.buf = x.buf[:0]
	for _, c := range x.keys {
		x.buf = appendKey(x.buf, types.Value(rec.Column(c), row))
	}
	return x.buf
}

// appendKey appends a value so that no other value of its type has the same
// bytes, nor a beginning of them: texts and lists with their lengths.
func appendKey(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 0)
	case string:
		b = binary.AppendUvarint(append(b, 1), uint64(len(v)))
		return append(b, v...)
	case types.Row:
		b = append(b, 1)
		for i := range v.Len() {
			b = appendKey(b, v.At(i))
		}
		return b
	case []any:
		b = binary.AppendUvarint(append(b, 1), uint64(len(v)))
		for _, e := range v {
			b = appendKey(b, e)
		}
		return b
	default:
		return appendKey(b, fmt.Sprint(v))
	}
}
