package operator

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
)

// Sort puts all rows of its input in order, in memory. Rows with equal keys keep
// the order in which they came. NaN is the largest number.
type Sort struct {
	done
	in     batch.Stream
	sorter *sorter
	all    chunk
	order  []int32
	sorted bool
}

// NewSort sorts by bound keys, the first one first. It fails where the rows need
// more than budget bytes.
func NewSort(in batch.Stream, keys []*expr.Order, env Env, budget int64) (*Sort, error) {
	sorter, err := newSorter("Sort "+orders(keys), in.Schema(), keys, env, budget)
	if err != nil {
		return nil, err
	}
	return &Sort{in: in, sorter: sorter}, nil
}

func orders(keys []*expr.Order) string {
	s := "["
	for i, k := range keys {
		if i > 0 {
			s += ", "
		}
		s += k.String()
	}
	return s + "]"
}

// String shows the keys.
func (s *Sort) String() string { return s.sorter.name }

// Schema is the input's.
func (s *Sort) Schema() *arrow.Schema { return s.in.Schema() }

// Next reads the whole input first.
func (s *Sort) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		if !s.sorted {
			if err := s.read(ctx); err != nil {
				return batch.Batch{}, err
			}
			s.sorted = true
		}
		if len(s.order) == 0 {
			s.all = chunk{}
			return batch.Batch{}, io.EOF
		}
		n := min(len(s.order), batch.MaxRows)
		out, err := chunk{cols: s.all.cols}.take(s.order[:n])
		if err != nil {
			return batch.Batch{}, err
		}
		s.order = s.order[n:]
		return newBatch(s.Schema(), out.cols, n), nil
	})
}

func (s *Sort) read(ctx context.Context) error {
	for {
		b, err := s.in.Next(ctx)
		if batch.IsEnd(err) {
			return s.sort()
		}
		if err != nil {
			return err
		}
		c, err := s.sorter.values(b)
		if err != nil {
			return err
		}
		if c.n == 0 {
			continue
		}
		if err := s.sorter.add(c); err != nil {
			return err
		}
	}
}

func (s *Sort) sort() (err error) {
	if err := s.in.Close(); err != nil || s.sorter.rows == 0 {
		return err
	}
	if s.all, err = s.sorter.concat(); err != nil {
		return err
	}
	s.sorter.chunks = nil
	s.order, err = s.sorter.order(s.all)
	s.all.keys = nil
	return err
}

// Close closes the input.
func (s *Sort) Close() error {
	s.close()
	s.all, s.order, s.sorter.chunks = chunk{}, nil, nil
	return s.in.Close()
}
