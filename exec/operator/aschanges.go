package operator

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// AsChanges takes the values of an integer column, +1 or -1, as the changes of
// the rows, and leaves the column out. A row that is itself taken back gets the
// opposite change. A row with another value, or null, is one that fails.
type AsChanges struct {
	done
	in     batch.Stream
	column int
	schema *arrow.Schema
	env    Env
}

// NewAsChanges takes the column of the given number.
func NewAsChanges(in batch.Stream, column int, env Env) *AsChanges {
	fields := in.Schema().Fields()
	return &AsChanges{in: in, column: column, schema: arrow.NewSchema(slices.Delete(slices.Clone(fields), column, column+1), nil), env: env}
}

// String names the column.
func (a *AsChanges) String() string { return "AsChanges " + a.in.Schema().Field(a.column).Name }

// Schema has all columns but one.
func (a *AsChanges) Schema() *arrow.Schema { return a.schema }

// Next returns the next batch with its changes.
func (a *AsChanges) Next(ctx context.Context) (batch.Batch, error) {
	return a.once(func() (batch.Batch, error) {
		for {
			b, err := a.in.Next(ctx)
			if err != nil {
				return b, err
			}
			changes, b, err := attempt(a.env, b, a.changes)
			if err != nil {
				return b, err
			}
			if b.NumRows() == 0 {
				continue
			}
			cols := slices.Delete(slices.Clone(b.Record.Columns()), a.column, a.column+1)
			out := newBatch(a.schema, cols, int(b.Record.NumRows()))
			out.Changes, out.Sel = changes, b.Sel
			return out, nil
		}
	})
}

func (a *AsChanges) changes(b batch.Batch) ([]int8, error) {
	col := b.Record.Column(a.column)
	conv, ok := wordConversions(col.DataType().ID(), true)
	if !ok {
		return nil, fmt.Errorf("internal: changes of Arrow type %s", col.DataType())
	}
	n := col.Len()
	values, valid := conv.words(col, kernel.Rows{N: n}, make([]uint64, 0, n)), validOf(col)
	out, rows := make([]int8, n), rowsOf(b)
	for i := range out { // rows that do not count have a change as well
		out[i] = 1
	}
	for j := range rows.Count() {
		i := row(rows, j)
		v := int64(values[i])
		if !valid.at(i) || v != 1 && v != -1 {
			return nil, &kernel.RowError{Row: i, Err: fmt.Errorf("%s: the change of a row is %s; it must be 1 where the row appears and -1 where it is taken back", a, col.ValueStr(i))}
		}
		out[i] = int8(v) * b.Change(i)
	}
	return out, nil
}

// Close closes the input.
func (a *AsChanges) Close() error {
	a.close()
	return a.in.Close()
}

// Net is what is left of rows with changes once all of them are in: each row as
// often as it appeared more than it was taken back, in the order in which rows
// first appeared. One that is taken back more often is an error.
type Net struct {
	done
	in     batch.Stream
	table  *GroupTable
	counts []int64 // by distinct row
	budget int64
	read   bool
	at     int   // the distinct row whose turn it is,
	given  int64 // and how often it has been given
}

// NewNet returns the net rows of in. It holds each distinct row once, and fails
// where they need more than budget bytes.
func NewNet(in batch.Stream, budget int64) (*Net, error) {
	var dts []arrow.DataType
	for _, f := range in.Schema().Fields() {
		dts = append(dts, f.Type)
	}
	table, err := NewGroupTable(dts)
	return &Net{in: in, table: table, budget: budget}, err
}

// String names the operator.
func (n *Net) String() string { return "Net " + n.in.String() }

// Schema is the input's.
func (n *Net) Schema() *arrow.Schema { return n.in.Schema() }

// Next reads the input first, then gives the rows.
func (n *Net) Next(ctx context.Context) (batch.Batch, error) {
	return n.once(func() (batch.Batch, error) {
		for !n.read {
			b, err := n.in.Next(ctx)
			if batch.IsEnd(err) {
				n.read = true
				break
			}
			if err == nil {
				err = n.add(b)
			}
			if err != nil {
				return b, err
			}
		}
		return n.next()
	})
}

func (n *Net) add(b batch.Batch) error {
	keys := make([]kernel.Value, b.Record.NumCols())
	for c := range keys {
		keys[c].Array = b.Record.Column(c)
	}
	rows := rowsOf(b)
	ids, err := n.table.Groups(keys, rows)
	if err != nil {
		return err
	}
	n.counts = append(n.counts, make([]int64, n.table.Len()-len(n.counts))...)
	for j, id := range ids {
		n.counts[id] += int64(b.Change(row(rows, j)))
	}
	if size := n.table.Bytes() + int64(cap(n.counts))*8; size > n.budget {
		return fmt.Errorf("%s: %d distinct rows need more than the %d bytes allowed; raise %s, or select fewer columns first", n, len(n.counts), n.budget, StateSetting)
	}
	return nil
}

func (n *Net) next() (batch.Batch, error) {
	var ids []uint32
	for n.at < len(n.counts) && len(ids) < batch.MaxRows {
		switch count := n.counts[n.at]; {
		case count < 0:
			return batch.Batch{}, n.negative(count)
		case n.given < count:
			ids = append(ids, uint32(n.at))
			n.given++
		default:
			n.at, n.given = n.at+1, 0
		}
	}
	if len(ids) == 0 {
		return batch.Batch{}, io.EOF
	}
	cols, err := n.table.Keys(ids)
	return newBatch(n.Schema(), cols, len(ids)), err
}

func (n *Net) negative(count int64) error {
	cols, err := n.table.Keys([]uint32{uint32(n.at)})
	if err != nil {
		return err
	}
	text := ""
	for c, col := range cols {
		if c > 0 {
			text += ", "
		}
		text += col.ValueStr(0)
	}
	return fmt.Errorf("%s: the row (%s) is taken back %d times more than it appears; give its appearance in the same input", n, text, -count)
}

// Close closes the input.
func (n *Net) Close() error {
	n.close()
	return n.in.Close()
}
