package operator

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// latestRows finds the latest row of each key in a sequence of batches. It keeps
// the batches, and copies the rows that are still the latest together once most
// are not.
type latestRows struct {
	keys    []int
	table   *GroupTable
	deleted *kernel.Predicate // nil: no row deletes
	at      []rowPlace        // by key
	records []arrow.RecordBatch
	rows    int // in records
}

// rowPlace is a row of one of the records; record is noRow where the key is
// deleted, untouched where no row said anything of it.
type rowPlace struct{ record, row int32 }

const (
	noRow     = -1
	untouched = -2
)

func newLatestRows(schema *arrow.Schema, keys []int, deleted expr.Expr) (*latestRows, error) {
	l := &latestRows{keys: keys}
	dts := make([]arrow.DataType, len(keys))
	for i, k := range keys {
		dts[i] = schema.Field(k).Type
	}
	var err error
	if l.table, err = NewGroupTable(dts); err != nil {
		return nil, err
	}
	if deleted != nil {
		l.deleted, err = kernel.CompilePredicate(deleted)
	}
	return l, err
}

// add takes the rows of a batch in their order. takenBack is called for a row
// that is taken back, with the number of its key.
func (l *latestRows) add(env Env, b batch.Batch, takenBack func(rec arrow.RecordBatch, row int, key uint32) error) error {
	gone, b, err := l.deletes(env, b)
	if err != nil || b.NumRows() == 0 {
		return err
	}
	values := make([]kernel.Value, len(l.keys))
	for i, k := range l.keys {
		values[i].Array = b.Record.Column(k)
	}
	rows := rowsOf(b)
	ids, err := l.table.Groups(values, rows)
	if err != nil {
		return err
	}
	for len(l.at) < l.table.Len() {
		l.at = append(l.at, rowPlace{untouched, 0})
	}
	n := int32(len(l.records))
	l.records = append(l.records, b.Record)
	l.rows += int(b.Record.NumRows())
	for j, id := range ids {
		i := row(rows, j)
		switch {
		case b.Change(i) < 0:
			if err := takenBack(b.Record, i, id); err != nil {
				return err
			}
		case gone.has(i):
			l.at[id] = rowPlace{noRow, 0}
		default:
			l.at[id] = rowPlace{n, int32(i)}
		}
	}
	if l.rows > 1<<16 && l.rows > 4*len(l.at) {
		return l.compact()
	}
	return nil
}

// deletes returns the rows of a batch that delete their key, and the batch
// without rows on which the condition failed.
func (l *latestRows) deletes(env Env, b batch.Batch) (bitset, batch.Batch, error) {
	if l.deleted == nil {
		return nil, b, nil
	}
	sel, b, err := attempt(env, b, func(b batch.Batch) ([]int32, error) {
		return l.deleted.Select(env.Env, b.Record, rowsOf(b))
	})
	gone := newBitset(int(b.Record.NumRows()))
	for _, i := range sel {
		gone.set(int(i))
	}
	return gone, b, err
}

// has tells whether a bit is set; none of the nil bitset is.
func (b bitset) has(i int) bool { return b != nil && b[i>>3]>>(i&7)&1 != 0 }

// compact makes one record of the rows that are the latest of their keys, in the
// order in which they came.
func (l *latestRows) compact() error {
	keys := make([]uint32, 0, len(l.at))
	for id, p := range l.at {
		if p.record >= 0 {
			keys = append(keys, uint32(id))
		}
	}
	slices.SortFunc(keys, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(l.at[a].record, l.at[b].record), cmp.Compare(l.at[a].row, l.at[b].row))
	})
	places := make([]rowPlace, len(keys))
	for k, id := range keys {
		places[k] = l.at[id]
	}
	rec, err := l.gather(places)
	if err != nil {
		return err
	}
	for k, id := range keys {
		l.at[id] = rowPlace{0, int32(k)}
	}
	l.records, l.rows = []arrow.RecordBatch{rec}, len(places)
	return nil
}

// gather returns the rows of some places.
func (l *latestRows) gather(places []rowPlace) (arrow.RecordBatch, error) {
	base, total := make([]int32, len(l.records)), int64(0)
	for k, r := range l.records {
		base[k] = int32(total)
		total += r.NumRows()
	}
	whole, err := concatRecords(l.records[0].Schema(), l.records, total)
	if err != nil {
		return nil, err
	}
	idx := make([]int32, len(places))
	for k, p := range places {
		idx[k] = base[p.record] + p.row
	}
	cols, err := takeAll(whole, idx)
	if err != nil {
		return nil, err
	}
	return newBatch(whole.Schema(), cols, len(idx)).Record, nil
}

// bytes is the memory held.
func (l *latestRows) bytes() int64 {
	n := l.table.Bytes() + int64(cap(l.at))*8
	for _, r := range l.records {
		n += sizeOf(r.Columns())
	}
	return n
}

// Latest is the latest row of each key of its input, in the order in which those
// rows came, without the keys whose latest row deletes them.
type Latest struct {
	done
	in     batch.Stream
	rows   *latestRows
	env    Env
	budget int64
	name   string
	out    []batch.Batch
	read   bool
}

// NewLatest keys the rows of in by some columns. It fails where what it has to
// hold needs more than budget bytes.
func NewLatest(in batch.Stream, keys []int, deleted expr.Expr, name string, env Env, budget int64) (*Latest, error) {
	rows, err := newLatestRows(in.Schema(), keys, deleted)
	return &Latest{in: in, rows: rows, env: env, budget: budget, name: name}, err
}

// String names the keys.
func (l *Latest) String() string { return l.name }

// Schema is the input's.
func (l *Latest) Schema() *arrow.Schema { return l.in.Schema() }

// Next reads the input first, then gives the rows.
func (l *Latest) Next(ctx context.Context) (batch.Batch, error) {
	return l.once(func() (batch.Batch, error) {
		if !l.read {
			if err := l.readAll(ctx); err != nil {
				return batch.Batch{}, err
			}
			l.read = true
		}
		if len(l.out) == 0 {
			return batch.Batch{}, io.EOF
		}
		b := l.out[0]
		l.out = l.out[1:]
		return b, nil
	})
}

func (l *Latest) readAll(ctx context.Context) error {
	held := int64(0)
	for {
		b, err := l.in.Next(ctx)
		if batch.IsEnd(err) {
			break
		}
		if err == nil {
			before := len(l.rows.records)
			err = l.rows.add(l.env, b, func(arrow.RecordBatch, int, uint32) error {
				return fmt.Errorf("internal: %s: a batch query takes a row back", l.name)
			})
			if held += sizeOf(b.Record.Columns()); len(l.rows.records) <= before {
				held = l.rows.bytes() // most of it has gone
			}
		}
		if err == nil && held > l.budget {
			err = fmt.Errorf("%s: the rows of %d keys need more than the %d bytes allowed; raise %s, or select fewer columns first", l.name, len(l.rows.at), l.budget, StateSetting)
		}
		if err != nil {
			return err
		}
	}
	l.choose()
	return nil
}

// choose makes batches of the records, with the rows that are the latest.
func (l *Latest) choose() {
	latest := make([]bitset, len(l.rows.records))
	for k, r := range l.rows.records {
		latest[k] = newBitset(int(r.NumRows()))
	}
	for _, p := range l.rows.at {
		if p.record >= 0 {
			latest[p.record].set(int(p.row))
		}
	}
	for k, r := range l.rows.records {
		n := latest[k].count()
		if n == 0 {
			continue
		}
		b := batch.Batch{Record: r}
		if n < int(r.NumRows()) {
			b.Sel = make([]int32, 0, n)
			for i := range int(r.NumRows()) {
				if latest[k].has(i) {
					b.Sel = append(b.Sel, int32(i))
				}
			}
		}
		l.out = append(l.out, b)
	}
}

// Close closes the input.
func (l *Latest) Close() error {
	l.close()
	l.rows, l.out = nil, nil
	return l.in.Close()
}
