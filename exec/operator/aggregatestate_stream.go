package operator

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// Stream returns the result of a batch whose watermark is wm: it begins one,
// merges all of in, which are partial results, and gives what Rows does. The
// batch is left open.
func (s *AggregateState) Stream(in batch.Stream, wm int64) batch.Stream {
	return &stateStream{state: s, in: in, wm: wm, add: s.Merge}
}

// StreamRows is Stream for an input of rows, which go into the state without a
// partial aggregation before it: where there is one task, that finds each key
// once instead of twice.
func (s *AggregateState) StreamRows(in batch.Stream, wm int64, env Env) (batch.Stream, error) {
	list, err := s.agg.compile()
	if err != nil {
		return nil, err
	}
	add := func(b batch.Batch) error {
		values, b, err := evaluate(env, list, b)
		if err != nil || b.NumRows() == 0 {
			return err
		}
		return s.Update(values, b)
	}
	return &stateStream{state: s, in: in, wm: wm, add: add}, nil
}

// stateStream adds its input to the state, then reads the result.
type stateStream struct {
	done
	state *AggregateState
	in    batch.Stream
	wm    int64
	add   func(batch.Batch) error
	rows  batch.Stream
}

func (s *stateStream) String() string        { return s.state.String() }
func (s *stateStream) Schema() *arrow.Schema { return s.state.agg.result }

func (s *stateStream) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		if s.rows == nil {
			if err := s.read(ctx); err != nil {
				return batch.Batch{}, err
			}
			s.rows = s.state.Rows()
		}
		return s.rows.Next(ctx)
	})
}

func (s *stateStream) read(ctx context.Context) error {
	s.state.Begin()
	for {
		b, err := s.in.Next(ctx)
		if batch.IsEnd(err) {
			if err := s.in.Close(); err != nil {
				return err
			}
			return s.state.Finish(s.wm)
		}
		if err != nil {
			return err
		}
		if err := s.state.watch.updates(func() error { return s.add(b) }); err != nil {
			return err
		}
	}
}

func (s *stateStream) Close() error {
	s.close()
	return s.in.Close()
}
