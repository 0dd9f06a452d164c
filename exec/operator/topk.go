package operator

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
)

// TopK is Sort followed by Limit, keeping little more than the rows that pass.
type TopK struct {
	done
	in     batch.Stream
	sorter *sorter
	name   string
	rows   int
	offset int
	worst  []byte // the key of the last row that passes; nil as long as there are fewer
	out    batch.Stream
}

// NewTopK passes on at most rows rows, at least 0, after the first offset in the
// order of the keys.
func NewTopK(in batch.Stream, keys []*expr.Order, rows, offset int64, env Env, budget int64) (*TopK, error) {
	name := fmt.Sprintf("TopK %s, Limit %d", orders(keys), rows)
	if offset > 0 {
		name += fmt.Sprintf(", Offset %d", offset)
	}
	sorter, err := newSorter(name, in.Schema(), keys, env, budget)
	if err != nil {
		return nil, err
	}
	const most = 1 << 30 // more rows than that are above any budget
	return &TopK{in: in, sorter: sorter, name: name, rows: int(min(rows, most)), offset: int(min(offset, most))}, nil
}

// String shows keys and numbers.
func (t *TopK) String() string { return t.name }

// Schema is the input's.
func (t *TopK) Schema() *arrow.Schema { return t.in.Schema() }

// Next reads the whole input first.
func (t *TopK) Next(ctx context.Context) (batch.Batch, error) {
	return t.once(func() (batch.Batch, error) {
		if t.out == nil {
			if err := t.read(ctx); err != nil {
				return batch.Batch{}, err
			}
		}
		return t.out.Next(ctx)
	})
}

func (t *TopK) read(ctx context.Context) error {
	for t.rows > 0 {
		b, err := t.in.Next(ctx)
		if batch.IsEnd(err) {
			break
		}
		if err != nil {
			return err
		}
		if err := t.add(b); err != nil {
			return err
		}
	}
	if err := t.in.Close(); err != nil {
		return err
	}
	var best []batch.Batch
	if t.sorter.rows > t.offset && t.rows > 0 {
		if err := t.shrink(); err != nil {
			return err
		}
		cols := t.sorter.chunks[0].cols
		best = append(best, newBatch(t.Schema(), cols, t.sorter.rows).Slice(t.offset, t.sorter.rows))
	}
	t.sorter.chunks = nil
	t.out = NewValues(t.Schema(), best...)
	return nil
}

// add keeps the rows of a batch that may pass.
func (t *TopK) add(b batch.Batch) error {
	c, err := t.sorter.values(b)
	if err != nil || c.n == 0 {
		return err
	}
	if t.worst != nil {
		if c, err = t.better(c); err != nil || c.n == 0 {
			return err
		}
	}
	if err := t.sorter.add(c); err != nil {
		return err
	}
	if t.sorter.rows >= 2*(t.rows+t.offset) && t.sorter.rows >= batch.MaxRows {
		return t.shrink()
	}
	return nil
}

// better returns the rows that come before the worst one kept: a row with an
// equal key comes after it, since it came later.
func (t *TopK) better(c chunk) (chunk, error) {
	appenders, err := t.sorter.appenders(c, true)
	if err != nil {
		return c, err
	}
	n := c.n
	rows, key := make([]int32, 0, n), []byte(nil)
	for i := range n {
		key = key[:0]
		for _, f := range appenders {
			key = f(key, i)
		}
		if string(key) < string(t.worst) {
			rows = append(rows, int32(i))
		}
	}
	switch len(rows) {
	case 0:
		return chunk{}, nil
	case n:
		return c, nil
	}
	return c.take(rows)
}

// shrink keeps the first rows alone, in order.
func (t *TopK) shrink() error {
	all, err := t.sorter.concat()
	if err != nil {
		return err
	}
	order, err := t.sorter.order(all)
	if err != nil {
		return err
	}
	keep := min(len(order), t.rows+t.offset)
	best, err := all.take(order[:keep])
	if err != nil {
		return err
	}
	t.sorter.chunks, t.sorter.rows, t.sorter.bytes = nil, 0, 0
	if err := t.sorter.add(best); err != nil || keep < t.rows+t.offset {
		return err
	}
	appenders, err := t.sorter.appenders(best, true)
	if err != nil {
		return err
	}
	t.worst = t.worst[:0]
	for _, f := range appenders {
		t.worst = f(t.worst, keep-1)
	}
	return nil
}

// Close closes the input.
func (t *TopK) Close() error {
	t.close()
	t.sorter.chunks = nil
	return t.in.Close()
}
