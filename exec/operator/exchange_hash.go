package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// HashExchange gives each row of the inputs, at least one, to one of n outputs:
// that which owns the key group of its first keys columns, as state.Ranges
// divides them. Without keys all rows go to output 0. Outputs have the inputs'
// order: all rows of input 0 first. No more than budget bytes may lie in it.
func HashExchange(inputs []batch.Stream, keys, n int, budget int64) []batch.Stream {
	cols := make([]int, keys)
	for i := range cols {
		cols[i] = i
	}
	return HashExchangeOn(inputs, cols, n, budget)
}

// HashExchangeOn is HashExchange by the columns of the given numbers, in their
// order.
func HashExchangeOn(inputs []batch.Stream, keys []int, n int, budget int64) []batch.Stream {
	name := fmt.Sprintf("Exchange hashpartitioning(%d keys, %d)", len(keys), n)
	return newExchange(name, inputs, n, budget, func() router {
		if len(keys) == 0 || n == 1 {
			return func(b batch.Batch) ([]batch.Batch, error) { return []batch.Batch{b}, nil }
		}
		return (&hashRouter{keys: keys, cols: make([]arrow.Array, len(keys)), rows: make([][]int32, n)}).split
	})
}

// hashRouter splits batches by the key groups of their rows.
type hashRouter struct {
	keys   []int
	cols   []arrow.Array // scratch
	hasher state.Hasher
	hashes []uint64
	rows   [][]int32 // by output
}

func (r *hashRouter) split(b batch.Batch) ([]batch.Batch, error) {
	n := int(b.Record.NumRows())
	r.hashes = resize(r.hashes, n)
	for i, c := range r.keys {
		r.cols[i] = b.Record.Column(c)
	}
	if err := r.hasher.Hash(r.cols, r.hashes); err != nil {
		return nil, err
	}
	for o := range r.rows {
		r.rows[o] = r.rows[o][:0]
	}
	for i, h := range r.hashes {
		o := state.Task(state.KeyGroup(h), len(r.rows))
		r.rows[o] = append(r.rows[o], int32(i))
	}
	pieces := make([]batch.Batch, len(r.rows))
	for o, rows := range r.rows {
		switch len(rows) {
		case 0:
			continue
		case n:
			pieces[o] = b
			continue
		}
		piece, err := takeRows(b, rows)
		if err != nil {
			return nil, err
		}
		pieces[o] = piece
	}
	return pieces, nil
}

// takeRows copies some rows of a batch without selection.
func takeRows(b batch.Batch, rows []int32) (batch.Batch, error) {
	cols := make([]arrow.Array, b.Record.NumCols())
	for c := range cols {
		a, err := kernel.Take(b.Record.Column(c), rows)
		if err != nil {
			return b, err
		}
		cols[c] = a
	}
	out := batch.Batch{Record: array.NewRecordBatch(b.Record.Schema(), cols, int64(len(rows)))}
	if b.Changes != nil {
		out.Changes = make([]int8, len(rows))
		for k, i := range rows {
			out.Changes[k] = b.Changes[i]
		}
	}
	return out, nil
}
