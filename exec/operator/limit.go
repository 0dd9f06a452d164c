package operator

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// Limit leaves out the first rows of its input and passes on a number of those
// that follow. It closes its input as soon as it needs no more of it.
type Limit struct {
	done
	in     batch.Stream
	name   string
	rows   int64 // left to pass on; below 0 without end
	offset int64 // left to leave out
}

// NewLimit passes on at most rows rows after the first offset; rows below 0 is
// all.
func NewLimit(in batch.Stream, rows, offset int64) *Limit {
	name := fmt.Sprintf("Limit %d", rows)
	if offset > 0 {
		name += fmt.Sprintf(", Offset %d", offset)
	}
	return &Limit{in: in, name: name, rows: rows, offset: offset}
}

// String tells the numbers.
func (l *Limit) String() string { return l.name }

// Schema is the input's.
func (l *Limit) Schema() *arrow.Schema { return l.in.Schema() }

// Next returns what passes of the next batch of which something does.
func (l *Limit) Next(ctx context.Context) (batch.Batch, error) {
	return l.once(func() (batch.Batch, error) {
		for {
			if l.rows == 0 {
				if err := l.in.Close(); err != nil {
					return batch.Batch{}, err
				}
				return batch.Batch{}, io.EOF
			}
			b, err := l.in.Next(ctx)
			if err != nil {
				return b, err
			}
			n := int64(b.NumRows())
			if l.offset >= n {
				l.offset -= n
				continue
			}
			return l.cut(b, n), nil
		}
	})
}

// cut returns the rows of a batch of n that pass.
func (l *Limit) cut(b batch.Batch, n int64) batch.Batch {
	from, to := l.offset, n
	l.offset = 0
	if l.rows >= 0 {
		to = min(n, from+l.rows)
		l.rows -= to - from
	}
	if from == 0 && to == n {
		return b
	}
	return b.Slice(int(from), int(to))
}

// Close closes the input.
func (l *Limit) Close() error {
	l.close()
	return l.in.Close()
}
