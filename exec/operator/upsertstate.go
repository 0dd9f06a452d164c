package operator

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// UpsertSpace is the space of a table's rows: key group, space, canonical key to
// row.
const UpsertSpace = 'k'

// UpsertState is one task's part of a table that lives as long as the query: the
// latest row of each key. It holds nothing itself; all is in a state.Table.
type UpsertState struct {
	schema  *arrow.Schema
	keys    []int
	deleted expr.Expr
	emit    Emit
	name    string
	codec   *state.RowCodec
	table   state.Table
	changes changeTimes // of the rows
	now     int64       // of the batch

	updated, removed int64 // of the batch
	watch            stopwatch
}

// NewUpsertState returns the state of rows of a schema, with some key columns,
// where deleted, which may be nil, tells of a row that it deletes its key.
func NewUpsertState(schema *arrow.Schema, keys []int, deleted expr.Expr, emit Emit, name string) (*UpsertState, error) {
	u := &UpsertState{schema: schema, keys: keys, deleted: deleted, emit: emit, name: name}
	if _, err := newLatestRows(schema, keys, deleted); err != nil {
		return nil, err
	}
	types := make([]arrow.DataType, schema.NumFields())
	for i, f := range schema.Fields() {
		types[i] = f.Type
	}
	var err error
	u.codec, err = state.NewRowCodec(types)
	return u, err
}

// Attach gives the state its table, before the first batch.
func (u *UpsertState) Attach(t state.Table) error {
	u.table = t
	return u.changes.attach(t)
}

// Changed is how many keys the batch gave a new row, and how many it removed.
func (u *UpsertState) Changed() (updated, removed int64) { return u.updated, u.removed }

// Work is how long the batch worked on the table.
func (u *UpsertState) Work() Work { return u.watch.work }

// Stream takes the rows of a batch and gives the changes of the table. A row that
// is taken back removes its key if it is the one that the table has, and else
// changes nothing. What a batch does and undoes does not show. Changes come in the
// order in which the batch first names the keys, behind the rows that are
// forgotten; the whole table in that of the state's keys.
func (u *UpsertState) Stream(in batch.Stream, env Env) (batch.Stream, error) {
	if u.table == nil {
		return nil, fmt.Errorf("internal: %s has no state", u.name)
	}
	rows, err := newLatestRows(u.schema, u.keys, u.deleted)
	return &upsertStream{in: in, u: u, rows: rows, env: env}, err
}

type upsertStream struct {
	done
	in   batch.Stream
	u    *UpsertState
	rows *latestRows
	env  Env
	read bool
	out  []batch.Batch

	encoders map[arrow.RecordBatch]func([]byte, int) []byte
	bytes    [2][]byte // scratch: two rows
	key      []byte    // scratch
}

func (s *upsertStream) String() string        { return s.u.name }
func (s *upsertStream) Schema() *arrow.Schema { return s.u.schema }

// Next reads the input first, then gives the changes.
func (s *upsertStream) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		if !s.read {
			if err := s.readAll(ctx); err != nil {
				return batch.Batch{}, err
			}
			s.read = true
		}
		if len(s.out) == 0 {
			return batch.Batch{}, io.EOF
		}
		b := s.out[0]
		s.out = s.out[1:]
		return b, nil
	})
}

func (s *upsertStream) readAll(ctx context.Context) error {
	s.encoders = map[arrow.RecordBatch]func([]byte, int) []byte{}
	s.u.updated, s.u.removed = 0, 0
	watch := &s.u.watch
	watch.reset()
	if err := watch.removals(s.forget); err != nil {
		return err
	}
	for {
		b, err := s.in.Next(ctx)
		if batch.IsEnd(err) {
			break
		}
		if err == nil {
			err = watch.updates(func() error { return s.rows.add(s.env, b, s.takenBack) })
		}
		if err != nil {
			return err
		}
	}
	return watch.updates(func() error {
		if err := s.apply(); err != nil || s.u.emit != EmitComplete {
			return err
		}
		return s.whole()
	})
}

// encode returns a row's bytes, in one of two places.
func (s *upsertStream) encode(place int, rec arrow.RecordBatch, row int) ([]byte, error) {
	f, ok := s.encoders[rec]
	if !ok {
		var err error
		if f, err = s.u.codec.Encoder(rec.Columns()); err != nil {
			return nil, err
		}
		if len(s.encoders) > 2*len(s.rows.records)+8 { // of records that were put together since
			clear(s.encoders)
		}
		s.encoders[rec] = f
	}
	s.bytes[place] = f(s.bytes[place][:0], row)
	return s.bytes[place], nil
}

// takenBack removes a key if the row is the one that it has now.
func (s *upsertStream) takenBack(rec arrow.RecordBatch, row int, id uint32) error {
	at := s.rows.at[id]
	if at.record == noRow {
		return nil
	}
	gone, err := s.encode(0, rec, row)
	if err != nil {
		return err
	}
	var now []byte
	if at.record == untouched {
		if now, err = s.stored(id); err != nil {
			return err
		}
	} else if now, err = s.encode(1, s.rows.records[at.record], int(at.row)); err != nil {
		return err
	}
	if now != nil && bytes.Equal(gone, now) {
		s.rows.at[id] = rowPlace{noRow, 0}
	}
	return nil
}

// stored returns the row that the state has of a key.
func (s *upsertStream) stored(id uint32) ([]byte, error) {
	keys, err := s.rows.table.Keys([]uint32{id})
	if err != nil {
		return nil, err
	}
	add, err := keyAppenders(keys)
	if err != nil {
		return nil, err
	}
	s.key = tableKey(s.key, add, 0)
	return s.u.table.Get(s.key)
}

func keyAppenders(keys []arrow.Array) ([]state.Appender, error) {
	add := make([]state.Appender, len(keys))
	for c, k := range keys {
		var err error
		if add[c], err = state.NewAppender(k); err != nil {
			return nil, err
		}
	}
	return add, nil
}

// tableKey is the key of the state for row i of some key columns.
func tableKey(dst []byte, add []state.Appender, i int) []byte {
	dst = append(dst[:0], 0, 0, UpsertSpace)
	for _, f := range add {
		dst = f(dst, i)
	}
	state.AppendKey(dst[:0], state.KeyGroup(xxh3.Hash(dst[state.KeyPrefix:])), UpsertSpace)
	return dst
}

// difference are the rows by which a batch changes the table: old ones as bytes,
// new ones by place, and the order of both.
type difference struct {
	old   [][]byte
	fresh []rowPlace
	order []int32 // below 0: old row -n-1, else new row n
}

// apply writes the batch into the state, and the changes into out.
func (s *upsertStream) apply() error {
	if len(s.rows.records) > 1 {
		if err := s.rows.compact(); err != nil {
			return err
		}
		clear(s.encoders)
	}
	var d difference
	var ids []uint32
	for id, p := range s.rows.at {
		if p.record != untouched {
			ids = append(ids, uint32(id))
		}
	}
	for from := 0; from < len(ids); from += batch.MaxRows {
		part := ids[from:min(from+batch.MaxRows, len(ids))]
		keys, err := s.rows.table.Keys(part)
		if err != nil {
			return err
		}
		add, err := keyAppenders(keys)
		if err != nil {
			return err
		}
		for k, id := range part {
			s.key = tableKey(s.key, add, k)
			if err := s.applyKey(s.rows.at[id], &d); err != nil {
				return err
			}
		}
		if err := s.give(&d); err != nil {
			return err
		}
	}
	return nil
}

// applyKey gives the key of s.key the row at a place, or none.
func (s *upsertStream) applyKey(at rowPlace, d *difference) error {
	old, err := s.u.table.Get(s.key)
	if err != nil {
		return err
	}
	if at.record == noRow {
		if old == nil {
			return nil
		}
		s.u.removed++
		if s.u.emit != EmitComplete {
			d.old = append(d.old, bytes.Clone(old))
			d.order = append(d.order, int32(-len(d.old)))
		}
		return s.u.delete(s.key)
	}
	row, err := s.encode(0, s.rows.records[at.record], int(at.row))
	if err != nil {
		return err
	}
	if old != nil && bytes.Equal(old, row) {
		return s.u.touch(s.key)
	}
	s.u.updated++
	if old != nil && s.u.emit == EmitChanges {
		d.old = append(d.old, bytes.Clone(old))
		d.order = append(d.order, int32(-len(d.old)))
	}
	if s.u.emit != EmitComplete {
		d.order = append(d.order, int32(len(d.fresh)))
		d.fresh = append(d.fresh, at)
	}
	if err := s.u.touch(s.key); err != nil { // from here on old is no more
		return err
	}
	return s.u.table.Set(s.key, row)
}

// give makes a batch of a difference, and empties it.
func (s *upsertStream) give(d *difference) error {
	if len(d.order) == 0 {
		return nil
	}
	fresh, err := s.rows.gather(d.fresh)
	if err != nil {
		return err
	}
	cols, old := fresh.Columns(), int32(len(d.old))
	if old > 0 {
		before, err := s.u.codec.Decode(d.old)
		if err != nil {
			return fmt.Errorf("%s: the state has a row that cannot be read: %w", s.u.name, err)
		}
		for c := range cols {
			if cols[c], err = kernel.Concat([]arrow.Array{newBatch(s.u.schema, before, int(old)).Record.Column(c), cols[c]}); err != nil {
				return err
			}
		}
	}
	changes, idx := make([]int8, len(d.order)), make([]int32, len(d.order))
	for k, n := range d.order {
		changes[k], idx[k] = 1, n+old
		if n < 0 {
			changes[k], idx[k] = -1, -n-1
		}
	}
	for c := range cols {
		if cols[c], err = kernel.Take(cols[c], idx); err != nil {
			return err
		}
	}
	out := newBatch(s.u.schema, cols, len(idx))
	if old > 0 {
		out.Changes = changes
	}
	s.out = append(s.out, out)
	*d = difference{old: d.old[:0], fresh: d.fresh[:0], order: d.order[:0]}
	return nil
}

// whole gives the table.
func (s *upsertStream) whole() error {
	var rows [][]byte
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		cols, err := s.u.codec.Decode(rows)
		if err != nil {
			return fmt.Errorf("%s: the state has a row that cannot be read: %w", s.u.name, err)
		}
		s.out = append(s.out, newBatch(s.u.schema, cols, len(rows)))
		rows = nil
		return nil
	}
	err := s.u.table.Scan(nil, nil, func(key, value []byte) error {
		if key[state.KeyPrefix-1] != UpsertSpace {
			return nil
		}
		if rows = append(rows, bytes.Clone(value)); len(rows) < batch.MaxRows {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// Close closes the input.
func (s *upsertStream) Close() error {
	s.close()
	s.rows, s.out = nil, nil
	return s.in.Close()
}
