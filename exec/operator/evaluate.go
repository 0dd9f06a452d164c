package operator

import (
	"errors"
	"slices"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// OnRowError is told of a row on which an expression failed, by its number in
// the batch's record. If it returns nil the row is left out, and the others are
// computed; else the error ends the stream.
type OnRowError func(b batch.Batch, row int, cause error) error

// Env is what an operator computes expressions in.
type Env struct {
	*kernel.Env
	// RowError is called for rows that fail; nil ends the stream at the first.
	RowError OnRowError
}

func rowsOf(b batch.Batch) kernel.Rows {
	return kernel.Rows{N: int(b.Record.NumRows()), Sel: b.Sel}
}

// retries is how many rows of a batch may fail before all are tried singly.
const retries = 4

// evaluate computes a list for the rows of b that count. It returns b without
// the rows that failed, which may be all.
func evaluate(env Env, list *kernel.List, b batch.Batch) ([]kernel.Value, batch.Batch, error) {
	return attempt(env, b, func(b batch.Batch) ([]kernel.Value, error) {
		return list.Eval(env.Env, b.Record, rowsOf(b))
	})
}

// attempt computes something of a batch. Rows that fail are set aside, and the
// rest is computed again; it returns the batch without them, which may be empty.
func attempt[T any](env Env, b batch.Batch, compute func(batch.Batch) (T, error)) (T, batch.Batch, error) {
	var none T
	for try := 0; ; try++ {
		out, err := compute(b)
		if err == nil {
			return out, b, nil
		}
		var bad *kernel.RowError
		if env.RowError == nil || !errors.As(err, &bad) {
			return none, b, err
		}
		if try < retries {
			b, err = setAside(env, b, bad)
		} else {
			b, err = setAllAside(env, b, compute)
		}
		if err != nil || b.NumRows() == 0 {
			return none, b, err
		}
	}
}

// setAside reports a row and returns the batch without it.
func setAside(env Env, b batch.Batch, bad *kernel.RowError) (batch.Batch, error) {
	if err := env.RowError(b, bad.Row, bad.Err); err != nil {
		return b, err
	}
	sel := make([]int32, 0, b.NumRows())
	for j := range b.NumRows() {
		if i := row(rowsOf(b), j); i != bad.Row {
			sel = append(sel, int32(i))
		}
	}
	b.Sel = sel
	return b, nil
}

// setAllAside tries each row alone and reports all that fail.
func setAllAside[T any](env Env, b batch.Batch, compute func(batch.Batch) (T, error)) (batch.Batch, error) {
	sel := make([]int32, 0, b.NumRows())
	for j := range b.NumRows() {
		one := []int32{int32(row(rowsOf(b), j))}
		_, err := compute(batch.Batch{Record: b.Record, Changes: b.Changes, Sel: one})
		var bad *kernel.RowError
		switch {
		case err == nil:
			sel = append(sel, one[0])
		case !errors.As(err, &bad):
			return b, err
		default:
			if err := env.RowError(b, bad.Row, bad.Err); err != nil {
				return b, err
			}
		}
	}
	b.Sel = slices.Clip(sel)
	return b, nil
}
