package operator

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// LatestByKey gives, once its input has ended, one row for each key that the input
// has: the row that is there after all changes, or where there is none the last
// one that disappeared, with the change -1. A key whose row disappears and comes
// back equal is given all the same. Keys come in the order in which they were
// first seen.
type LatestByKey struct {
	done
	in    batch.Stream
	keys  []int
	table *GroupTable
	rows  *GroupTable       // numbers whole rows, to know which one disappears
	coded []*state.RowCodec // by column: of those without equality, which are compared as bytes
	kept  []batch.Batch
	last  []place // by group
	next  int
	read  bool
}

// place is a row of a batch that was kept.
type place struct {
	batch, row int32
	id         uint32 // of the whole row
	change     int8
}

// NewLatest returns the latest rows of a micro-batch by key.
func NewLatestByKey(in batch.Stream, keys []int) (*LatestByKey, error) {
	dts := make([]arrow.DataType, len(keys))
	for i, k := range keys {
		dts[i] = in.Schema().Field(k).Type
	}
	table, err := NewGroupTable(dts)
	if err != nil {
		return nil, err
	}
	l := &LatestByKey{in: in, keys: keys, table: table}
	all, err := l.code(in.Schema().Fields())
	if err == nil {
		l.rows, err = NewGroupTable(all)
	}
	return l, err
}

// code returns the types by which whole rows are compared.
func (l *LatestByKey) code(fields []arrow.Field) ([]arrow.DataType, error) {
	all := make([]arrow.DataType, len(fields))
	l.coded = make([]*state.RowCodec, len(fields))
	for i, f := range fields {
		all[i] = f.Type
		if _, err := NewGroupTable(all[i : i+1]); err == nil {
			continue
		}
		codec, err := state.NewRowCodec([]arrow.DataType{f.Type})
		if err != nil {
			return nil, err
		}
		all[i], l.coded[i] = arrow.BinaryTypes.Binary, codec
	}
	return all, nil
}

// whole returns the numbers of whole rows.
func (l *LatestByKey) whole(b batch.Batch) ([]uint32, error) {
	all := make([]kernel.Value, b.Record.NumCols())
	for i := range all {
		all[i].Array = b.Record.Column(i)
		if l.coded[i] == nil {
			continue
		}
		encode, err := l.coded[i].Encoder([]arrow.Array{b.Record.Column(i)})
		if err != nil {
			return nil, err
		}
		var one []byte
		all[i].Array, err = gatherTexts(arrow.BinaryTypes.Binary, b.NumRows(), nil, func(row int) []byte {
			one = encode(one[:0], row)
			return one
		})
		if err != nil {
			return nil, err
		}
	}
	return l.rows.Groups(all, rowsOf(b))
}

// String names the operator.
func (l *LatestByKey) String() string { return "LatestByKey" }

// Schema is the input's.
func (l *LatestByKey) Schema() *arrow.Schema { return l.in.Schema() }

// Next reads the input first, then gives the rows.
func (l *LatestByKey) Next(ctx context.Context) (batch.Batch, error) {
	return l.once(func() (batch.Batch, error) {
		if !l.read {
			if err := l.readAll(ctx); err != nil {
				return batch.Batch{}, err
			}
			l.read = true
		}
		if l.next == len(l.last) {
			return batch.Batch{}, io.EOF
		}
		return l.emit()
	})
}

func (l *LatestByKey) readAll(ctx context.Context) error {
	for {
		b, err := l.in.Next(ctx)
		if batch.IsEnd(err) {
			return l.in.Close()
		}
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if err == nil {
			err = l.add(b)
		}
		if err != nil {
			return err
		}
	}
}

func (l *LatestByKey) add(b batch.Batch) error {
	keys := make([]kernel.Value, len(l.keys))
	for i, k := range l.keys {
		keys[i].Array = b.Record.Column(k)
	}
	ids, err := l.table.Groups(keys, rowsOf(b))
	if err != nil {
		return err
	}
	whole, err := l.whole(b)
	if err != nil {
		return err
	}
	at := int32(len(l.kept))
	l.kept = append(l.kept, b)
	for i, g := range ids {
		if int(g) >= len(l.last) {
			l.last = append(l.last, make([]place, int(g)+1-len(l.last))...)
		}
		old, now := l.last[g], b.Change(i)
		if now > 0 || old.change <= 0 || old.id == whole[i] {
			l.last[g] = place{at, int32(i), whole[i], now}
		}
	}
	return nil
}

// emit gives the rows of some groups: those that lie in one batch, one after the
// other, are taken together.
func (l *LatestByKey) emit() (batch.Batch, error) {
	at := l.last[l.next].batch
	var rows []int32
	var changes []int8
	gone := false
	for ; l.next < len(l.last) && l.last[l.next].batch == at && len(rows) < batch.MaxRows; l.next++ {
		p := l.last[l.next]
		rows, changes = append(rows, p.row), append(changes, p.change)
		gone = gone || p.change < 0
	}
	out, err := takeRows(batch.Batch{Record: l.kept[at].Record}, rows)
	if gone {
		out.Changes = changes
	}
	return out, err
}

// Close closes the input.
func (l *LatestByKey) Close() error {
	l.close()
	return l.in.Close()
}
