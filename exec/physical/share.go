package physical

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
)

// share makes at most tasks parts of a source's ranges. Which task reads what
// depends on the ranges alone, so that a run can be repeated. Where order
// matters, one reader deals the batches out in turn, so that the parts can be
// put in order again as they are computed.
// With observed, the parts tell the partitions of their batches. refuse is told of what
// streams leave out.
func share(ctx context.Context, src source.Source, ranges []source.Range, tasks int, ordered, observed bool, refuse func(source.Refused) error) []Part {
	schema := src.Schema().Arrow()
	if tasks > 1 && len(ranges) > 0 && (ordered || !fair(ranges, tasks)) {
		return deal(ctx, &ranged{src: src, schema: schema, ranges: ranges, origin: originIf(observed), refuse: refuse}, tasks)
	}
	parts := make([]Part, max(1, min(tasks, len(ranges))))
	for i := range parts {
		s := &ranged{src: src, schema: schema, origin: originIf(observed), refuse: refuse}
		parts[i].Origin = s.origin
		for j := i; j < len(ranges); j += len(parts) {
			s.ranges = append(s.ranges, ranges[j])
		}
		parts[i].Stream = s
	}
	return parts
}

func originIf(observed bool) *Origin {
	if !observed {
		return nil
	}
	return &Origin{}
}

// fair tells whether handing out ranges in turn gives no task much more than its
// share.
func fair(ranges []source.Range, tasks int) bool {
	if len(ranges) < tasks {
		return false
	}
	load, total := make([]int64, tasks), int64(0)
	for i, r := range ranges {
		size := max(r.Bytes, r.Rows, 1)
		load[i%tasks] += size
		total += size
	}
	for _, l := range load {
		if l*int64(tasks)*4 > total*5 {
			return false
		}
	}
	return true
}

// ranged reads ranges one after the other.
type ranged struct {
	src    source.Source
	schema *arrow.Schema
	ranges []source.Range
	reuse  bool    // nobody looks at a batch once the next one is asked for
	origin *Origin // told of the partition that is read; nil where nobody asks
	refuse func(source.Refused) error
	open   batch.Stream
	err    error
}

// String names the step.
func (s *ranged) String() string { return "Ranges" }

// Schema is the source's.
func (s *ranged) Schema() *arrow.Schema { return s.schema }

// Next reads on, opening range after range.
func (s *ranged) Next(ctx context.Context) (batch.Batch, error) {
	for s.err == nil {
		if err := ctx.Err(); err != nil {
			return batch.Batch{}, err
		}
		if s.open == nil {
			if len(s.ranges) == 0 {
				s.err = io.EOF
				break
			}
			next := s.ranges[0]
			s.ranges = s.ranges[1:]
			if s.origin != nil {
				s.origin.partition = next.Partition
			}
			if s.open, s.err = s.src.Open(ctx, next); s.err != nil {
				s.open = nil
				break
			}
			if r, ok := s.open.(source.Reuser); ok && s.reuse {
				r.Reuse()
			}
			if r, ok := s.open.(source.Refuser); ok {
				r.Refuse(s.refuse)
			}
		}
		b, err := s.open.Next(ctx)
		if err == nil {
			return b, nil
		}
		if closed := s.open.Close(); batch.IsEnd(err) && closed != nil {
			err = closed
		}
		s.open = nil
		if !batch.IsEnd(err) {
			s.err = err
		}
	}
	return batch.Batch{}, s.err
}

// Close closes the open range.
func (s *ranged) Close() error {
	if s.err == nil {
		s.err = errClosed
	}
	s.ranges = nil
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}

var errClosed = errors.New("the stream was closed")
