package exectest

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// Stream gives batches that were made before, in order.
type Stream struct {
	schema  *arrow.Schema
	batches []batch.Batch
	err     error
	pulled  int
	closed  int
}

// NewStream returns a stream of the given batches, which all have the schema.
func NewStream(schema *arrow.Schema, batches ...batch.Batch) *Stream {
	return &Stream{schema: schema, batches: batches, err: io.EOF}
}

// FailWith makes the stream end with err instead of io.EOF, and returns it.
func (s *Stream) FailWith(err error) *Stream {
	s.err = err
	return s
}

// String names the stream as explain would.
func (s *Stream) String() string { return "Batches" }

// Schema is that of all batches.
func (s *Stream) Schema() *arrow.Schema { return s.schema }

// Next returns the next batch, or the stream's end.
func (s *Stream) Next(ctx context.Context) (batch.Batch, error) {
	if err := ctx.Err(); err != nil {
		return batch.Batch{}, err
	}
	if s.pulled == len(s.batches) {
		return batch.Batch{}, s.err
	}
	s.pulled++
	return s.batches[s.pulled-1], nil
}

// Close counts how often it was called.
func (s *Stream) Close() error {
	s.closed++
	return nil
}

// Pulled is the number of batches that Next has returned: an operator that
// needs no more must not ask for more.
func (s *Stream) Pulled() int { return s.pulled }

// Closed tells whether Close was called.
func (s *Stream) Closed() bool { return s.closed > 0 }
