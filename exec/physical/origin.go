package physical

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
)

// Origin follows which partition of a source a part's batches come from.
type Origin struct{ partition string }

// Partition is that of all rows of the batch just returned, as source.Range names
// it; "" where it is not known, and for nil.
func (o *Origin) Partition() string {
	if o == nil {
		return ""
	}
	return o.partition
}

// byPartition divides ranges where the next one is of another partition.
func byPartition(ranges []source.Range) [][]source.Range {
	var out [][]source.Range
	for i, r := range ranges {
		if i == 0 || r.Partition != ranges[i-1].Partition {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

// inTurn gives the rows of streams one after the other, each opened when the one
// before has ended: decoders gather rows of one partition alone.
type inTurn struct {
	schema *arrow.Schema
	left   []func() batch.Stream
	open   batch.Stream
	err    error
}

// String names the step.
func (s *inTurn) String() string { return "Partitions in turn" }

// Schema is that of each stream.
func (s *inTurn) Schema() *arrow.Schema { return s.schema }

// Next reads on, stream after stream.
func (s *inTurn) Next(ctx context.Context) (batch.Batch, error) {
	for s.err == nil {
		if s.open == nil {
			if len(s.left) == 0 {
				s.err = io.EOF
				break
			}
			s.open, s.left = s.left[0](), s.left[1:]
		}
		b, err := s.open.Next(ctx)
		if err == nil {
			return b, nil
		}
		if !batch.IsEnd(err) {
			s.err = err
			break
		}
		if err := s.shut(); err != nil {
			s.err = err
		}
	}
	return batch.Batch{}, s.err
}

func (s *inTurn) shut() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}

// Close closes the open stream.
func (s *inTurn) Close() error {
	if s.err == nil {
		s.err = errClosed
	}
	s.left = nil
	return s.shut()
}
