package physical

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// Local gives the rows that the plan holds.
type Local struct {
	node    *plan.Local
	batches []batch.Batch
}

func newLocal(n *plan.Local) (*Local, error) {
	reader, err := ipc.NewReader(bytes.NewReader(n.IPC))
	if err != nil {
		return nil, fmt.Errorf("the plan's own rows cannot be read: %w", err)
	}
	l := &Local{node: n}
	for {
		rec, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the plan's own rows cannot be read: %w", err)
		}
		if rec.NumRows() > 0 {
			// the reader empties its record when it reads the next; the columns stay
			kept := array.NewRecordBatch(rec.Schema(), rec.Columns(), rec.NumRows())
			l.batches = append(l.batches, batch.Batch{Record: kept})
		}
	}
}

// String returns the columns.
func (l *Local) String() string { return l.node.String() }

// Children returns none.
func (l *Local) Children() []Op { return nil }

// Schema is that of the rows.
func (l *Local) Schema() *arrow.Schema { return l.node.Schema().Arrow() }

// Open returns one part.
func (l *Local) Open(context.Context, *Run) ([]Part, error) {
	return []Part{{Stream: &listed{l.String(), l.Schema(), l.batches}}}, nil
}

// Table reads a snapshot of a table of the engine.
type Table struct{ node *plan.Table }

// String returns the name and the columns.
func (t *Table) String() string { return t.node.String() }

// Children returns none.
func (t *Table) Children() []Op { return nil }

// Schema is the table's.
func (t *Table) Schema() *arrow.Schema { return t.node.Schema().Arrow() }

// Open returns one part: the table as it is now.
func (t *Table) Open(_ context.Context, r *Run) ([]Part, error) {
	batches, err := r.Table(t.node.Name)
	if err != nil {
		return nil, err
	}
	if len(batches) > 0 && !sameTypes(batches[0].Record.Schema(), t.Schema()) {
		return nil, fmt.Errorf("the table %s has other columns than when this dataframe was made: another query writes it now; read it anew with Table or SQL",
			types.QuoteIfNeeded(t.node.Name))
	}
	return []Part{{Stream: &listed{t.String(), t.Schema(), batches}}}, nil
}

// listed gives batches that are there already.
type listed struct {
	name   string
	schema *arrow.Schema
	left   []batch.Batch
}

// String names what is read.
func (l *listed) String() string { return l.name }

// Schema is that of the batches.
func (l *listed) Schema() *arrow.Schema { return l.schema }

// Next returns the next batch.
func (l *listed) Next(ctx context.Context) (batch.Batch, error) {
	if err := ctx.Err(); err != nil {
		return batch.Batch{}, err
	}
	for len(l.left) > 0 {
		b := l.left[0]
		l.left = l.left[1:]
		if b.NumRows() > 0 {
			return b, nil
		}
	}
	return batch.Batch{}, io.EOF
}

// Close forgets the rest.
func (l *listed) Close() error { l.left = nil; return nil }

// sameTypes tells whether two schemas have the same names and types.
func sameTypes(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i, f := range a.Fields() {
		if f.Name != b.Field(i).Name || !arrow.TypeEqual(f.Type, b.Field(i).Type) {
			return false
		}
	}
	return true
}
