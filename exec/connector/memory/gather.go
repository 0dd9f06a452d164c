package memory

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// settled is the number of rows from which on a batch is left as it is.
const settled = 8 * batch.MaxRows

// settle puts the last batches together as long as the one before is not much
// larger than the last: a table that grows by a few rows at a time then holds few
// batches, and each row is copied a few times at most, however many commits
// there are.
func settle(batches []batch.Batch) ([]batch.Batch, error) {
	for n := len(batches); n >= 2; n = len(batches) {
		before, last := batches[n-2], batches[n-1]
		if before.NumRows() > 2*last.NumRows() || before.NumRows()+last.NumRows() > settled {
			break
		}
		one, err := gather(batches[n-2:])
		if err != nil {
			return nil, err
		}
		batches = append(batches[:n-2], one)
	}
	return batches, nil
}

// gather copies the rows that count of several batches into one.
func gather(batches []batch.Batch) (batch.Batch, error) {
	cols := make([][]arrow.Array, batches[0].Record.NumCols())
	rows := 0
	for _, b := range batches {
		dense, err := kernel.Compact(b)
		if err != nil {
			return batch.Batch{}, err
		}
		for c := range cols {
			cols[c] = append(cols[c], dense.Record.Column(c))
		}
		rows += dense.NumRows()
	}
	out := make([]arrow.Array, len(cols))
	for c := range cols {
		col, err := kernel.Concat(cols[c])
		if err != nil {
			return batch.Batch{}, err
		}
		out[c] = col
	}
	return batch.Batch{Record: array.NewRecordBatch(batches[0].Record.Schema(), out, int64(rows))}, nil
}

// project returns a batch with only the columns that the reader was asked for.
func (r *reader) project(b batch.Batch) batch.Batch {
	if r.cols == nil {
		return b
	}
	cols := make([]arrow.Array, len(r.cols))
	for i, c := range r.cols {
		cols[i] = b.Record.Column(c)
	}
	b.Record = array.NewRecordBatch(r.schema.Arrow(), cols, b.Record.NumRows())
	return b
}
