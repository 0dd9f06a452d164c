package operator

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// Values is a stream of fixed batches.
type Values struct {
	done
	schema  *arrow.Schema
	batches []batch.Batch
	next    int
}

// NewValues returns a stream of batches of the given schema; those without rows
// are left out.
func NewValues(schema *arrow.Schema, batches ...batch.Batch) *Values {
	v := &Values{schema: schema}
	for _, b := range batches {
		if b.NumRows() > 0 {
			v.batches = append(v.batches, b)
		}
	}
	return v
}

// String tells the number of batches.
func (v *Values) String() string { return fmt.Sprintf("Values (%d batches)", len(v.batches)) }

// Schema is the given one.
func (v *Values) Schema() *arrow.Schema { return v.schema }

// Next returns the next batch.
func (v *Values) Next(ctx context.Context) (batch.Batch, error) {
	return v.once(func() (batch.Batch, error) {
		if err := ctx.Err(); err != nil {
			return batch.Batch{}, err
		}
		if v.next == len(v.batches) {
			return batch.Batch{}, io.EOF
		}
		v.next++
		return v.batches[v.next-1], nil
	})
}

// Close ends the stream.
func (v *Values) Close() error {
	v.close()
	return nil
}
