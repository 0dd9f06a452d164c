package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// Union is the rows of several inputs, one after the other.
type Union struct {
	done
	schema *arrow.Schema
	inputs []batch.Stream
	next   int
}

// NewUnion returns the rows of the inputs, in their order. Their columns must
// have the types of the schema's; names and nullability may differ.
func NewUnion(schema *arrow.Schema, inputs ...batch.Stream) (*Union, error) {
	for _, in := range inputs {
		if in.Schema().NumFields() != schema.NumFields() {
			return nil, fmt.Errorf("internal: a union of %d columns and %d", schema.NumFields(), in.Schema().NumFields())
		}
		for i, f := range in.Schema().Fields() {
			if err := sameType(f, schema.Field(i)); err != nil {
				return nil, err
			}
		}
	}
	return &Union{schema: schema, inputs: inputs}, nil
}

func sameType(got, want arrow.Field) error {
	if got.Type.ID() != want.Type.ID() {
		return fmt.Errorf("internal: a union of column %s of Arrow type %s with %s of %s", want.Name, want.Type, got.Name, got.Type)
	}
	return nil
}

// String tells the number of inputs.
func (u *Union) String() string { return fmt.Sprintf("Union (%d inputs)", len(u.inputs)) }

// Schema is the given one.
func (u *Union) Schema() *arrow.Schema { return u.schema }

// Next returns the next batch of the first input that has not ended.
func (u *Union) Next(ctx context.Context) (batch.Batch, error) {
	return u.once(func() (batch.Batch, error) {
		for u.next < len(u.inputs) {
			b, err := u.inputs[u.next].Next(ctx)
			if err == nil {
				return u.rename(b), nil
			}
			if !batch.IsEnd(err) {
				return b, err
			}
			if err := u.inputs[u.next].Close(); err != nil {
				return b, err
			}
			u.next++
		}
		return batch.Batch{}, io.EOF
	})
}

// rename gives a batch the schema of the union.
func (u *Union) rename(b batch.Batch) batch.Batch {
	if b.Record.Schema() != u.schema {
		b.Record = newBatch(u.schema, slices.Clone(b.Record.Columns()), int(b.Record.NumRows())).Record

	}
	return b
}

// Close closes all inputs.
func (u *Union) Close() error {
	u.close()
	var errs []error
	for _, in := range u.inputs {
		errs = append(errs, in.Close())
	}
	return errors.Join(errs...)
}
