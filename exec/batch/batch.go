package batch

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// MaxRows is the usual number of rows of a batch: large enough that a call for
// each column costs nothing, small enough that its columns stay in the cache.
const MaxRows = 8192

// Batch is a record batch with changes and a selection.
type Batch struct {
	Record arrow.RecordBatch
	// Changes says for each row of Record whether it appears (+1) or
	// disappears (-1). nil means that all appear.
	Changes []int8
	// Sel holds the numbers of the rows that count, ascending. nil means all.
	// A selection is resolved (see kernel.Compact) before a batch leaves its task.
	Sel []int32
}

// NumRows is the number of rows that count: the selected ones.
func (b Batch) NumRows() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return int(b.Record.NumRows())
}

// Change returns the change of row i of Record.
func (b Batch) Change(i int) int8 {
	if b.Changes == nil {
		return 1
	}
	return b.Changes[i]
}

// Slice returns rows [from, to) of those that count. It shares the buffers.
func (b Batch) Slice(from, to int) Batch {
	if b.Sel != nil {
		return Batch{b.Record, b.Changes, b.Sel[from:to]}
	}
	out := Batch{Record: b.Record.NewSlice(int64(from), int64(to))}
	if b.Changes != nil {
		out.Changes = b.Changes[from:to]
	}
	return out
}

// Stream is a lazy sequence of batches of one schema. It is not safe for
// concurrent use.
type Stream interface {
	// String names the operator, as explain prints it.
	fmt.Stringer
	// Schema is that of every batch.
	Schema() *arrow.Schema
	// Next returns the next batch, or io.EOF after the last; after an error or
	// io.EOF it returns the same again. A batch is never changed once returned,
	// by anyone, and has at least one row that counts.
	Next(ctx context.Context) (Batch, error)
	// Close ends and waits for all that the stream and its inputs have started.
	// It may be called at any point, and more than once.
	Close() error
}

// IsEnd tells whether an error of Next is the end of the rows: io.EOF itself. An
// error that wraps io.EOF is a failure, such as that of a function of the user's
// that decoded an empty text; taking it for the end would lose rows silently.
func IsEnd(err error) bool {
	return err == io.EOF //nolint:errorlint // wrapped, it is no end
}
