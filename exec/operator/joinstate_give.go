package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// givePairs gives pairs of rows, each as often as the product of its rows says.
func (w *joinWork) givePairs(in *joinRows, found *candidates) error {
	p := &w.scratch.pairs
	changes, plain := make([]int8, len(p[0])), true
	for k, i := range p[0] {
		n := in.delta[i] * found.times[p[1][k]]
		if n != 1 && n != -1 {
			return w.giveManyPairs(in, found)
		}
		changes[k], plain = int8(n), plain && n == 1
	}
	if plain {
		changes = nil
	}
	return w.give(in.side, in.cols, found.cols, p[0], p[1], changes)
}

// giveManyPairs is givePairs where a pair is there more than once.
func (w *joinWork) giveManyPairs(in *joinRows, found *candidates) error {
	p := &w.scratch.pairs
	var rows, others []int32
	var changes []int8
	for k, i := range p[0] {
		n := in.delta[i] * found.times[p[1][k]]
		for sign := signOf(n); n != 0; n -= int64(sign) {
			rows, others, changes = append(rows, i), append(others, p[1][k]), append(changes, sign)
			if len(rows) == batch.MaxRows {
				if err := w.give(in.side, in.cols, found.cols, rows, others, changes); err != nil {
					return err
				}
				rows, others, changes = rows[:0], others[:0], nil
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return w.give(in.side, in.cols, found.cols, rows, others, changes)
}

func signOf(n int64) int8 {
	if n < 0 {
		return -1
	}
	return 1
}

// give gives rows of one side, which cols has, next to rows of the other.
func (w *joinWork) give(side *joinSide, cols, others []arrow.Array, rows, otherRows []int32, changes []int8) error {
	mine, err := takeColumns(cols, rows)
	if err != nil {
		return err
	}
	theirs, err := takeColumns(others, otherRows)
	if err != nil {
		return err
	}
	if side.side == RightSide {
		mine, theirs = theirs, mine
	}
	return w.giveColumns(append(mine, theirs...), len(rows), changes)
}

func (w *joinWork) giveColumns(cols []arrow.Array, n int, changes []int8) error {
	b := newBatch(w.spec.Schema, cols, n)
	b.Changes = changes
	return w.emit(b)
}

// takeColumns takes rows of some columns; the columns themselves where that is
// all rows in order.
func takeColumns(cols []arrow.Array, rows []int32) ([]arrow.Array, error) {
	out := make([]arrow.Array, len(cols), 2*len(cols)+1)
	if len(cols) == 0 {
		return out, nil
	}
	whole := len(rows) == cols[0].Len()
	for k := 0; whole && k < len(rows); k++ {
		whole = rows[k] == int32(k)
	}
	for c, a := range cols {
		if out[c] = a; whole {
			continue
		}
		var err error
		if out[c], err = kernel.Take(a, rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// giveAlone gives rows of one side, each as often as it says: by themselves, or
// with nulls for the other side.
func (w *joinWork) giveAlone(side *joinSide, cols []arrow.Array, list *copies) error {
	for at, rest := 0, int64(0); at < len(list.rows); {
		var rows []int32
		var changes []int8
		plain := true
		for at < len(list.rows) && len(rows) < batch.MaxRows {
			if rest == 0 {
				rest = list.times[at]
			}
			sign := signOf(rest)
			rows, changes, plain = append(rows, list.rows[at]), append(changes, sign), plain && sign > 0
			if rest -= int64(sign); rest == 0 {
				at++
			}
		}
		if plain {
			changes = nil
		}
		if err := w.giveRows(side, cols, rows, changes); err != nil {
			return err
		}
	}
	return nil
}

func (w *joinWork) giveRows(side *joinSide, cols []arrow.Array, rows []int32, changes []int8) error {
	mine, err := takeColumns(cols, rows)
	if err != nil {
		return err
	}
	if w.spec.Output != JoinPairs {
		return w.giveColumns(mine, len(rows), changes)
	}
	other := w.sides[1-side.side].schema
	theirs := make([]arrow.Array, other.NumFields(), other.NumFields()+len(mine))
	for c, f := range other.Fields() {
		theirs[c] = newNulls(f.Type, len(rows))
	}
	if side.side == RightSide {
		mine, theirs = theirs, mine
	}
	return w.giveColumns(append(mine, theirs...), len(rows), changes)
}

// giveWithheld gives the rows that waited for a match in their batch in vain.
func (w *joinWork) giveWithheld() error {
	h, side := &w.scratch.withheld, w.sides[w.order[0]]
	var rows [][]byte
	for k := 0; k < h.rows.len(); {
		rows = rows[:0]
		list := copies{}
		for ; k < h.rows.len() && len(rows) < batch.MaxRows; k++ {
			if h.times[k] != 0 {
				list.add(int32(len(rows)), h.times[k])
				rows = append(rows, h.rows.at(k))
			}
		}
		if len(rows) == 0 {
			break
		}
		cols, err := side.codec.Decode(rows)
		if err != nil {
			return err
		}
		if err := w.giveAlone(side, cols, &list); err != nil {
			return err
		}
	}
	h.reset()
	return nil
}
