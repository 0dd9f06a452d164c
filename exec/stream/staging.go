package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/store"
)

// staging keeps the rows of a batch in files beside the checkpoint until they
// are in the sinks: for plans that would not give the same rows again. A file is
// an Arrow stream; changes are a last column.
type staging struct {
	files store.Store
	epoch int64
}

func (s *staging) writer(role string, id int64) *staged {
	return &staged{in: s, name: checkpoint.StagedName(s.epoch, id, role+"-"+uuid.NewString()[:8]+".arrow")}
}

// staged is the file of one sink and batch; its name is that of no other file, of
// this run or another one, however often the batch is tried.
type staged struct {
	in   *staging
	name string

	mu     sync.Mutex
	file   store.Writer
	rows   *ipc.Writer
	schema *arrow.Schema
}

// Write adds rows to the file.
func (w *staged) Write(ctx context.Context, b batch.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rec := withChanges(b)
	if w.rows == nil {
		var err error
		if w.file, err = w.in.files.Create(ctx, w.name); err != nil {
			return err
		}
		w.schema = rec.Schema()
		w.rows = ipc.NewWriter(w.file, ipc.WithSchema(w.schema), ipc.WithLZ4())
	}
	return w.rows.Write(array.NewRecordBatch(w.schema, rec.Columns(), rec.NumRows()))
}

// withChanges appends the changes as a column, of ones where all rows appear.
func withChanges(b batch.Batch) arrow.RecordBatch {
	changes := b.Changes
	if changes == nil {
		changes = make([]int8, b.Record.NumRows())
		for i := range changes {
			changes[i] = 1
		}
	}
	data := array.NewData(arrow.PrimitiveTypes.Int8, len(changes), []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(changes))}, nil, 0, 0)
	fields := append(append([]arrow.Field(nil), b.Record.Schema().Fields()...), arrow.Field{Name: sink.ChangeColumn, Type: arrow.PrimitiveTypes.Int8})
	cols := append(append([]arrow.Array(nil), b.Record.Columns()...), array.NewInt8Data(data))
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, b.Record.NumRows())
}

// Commit makes the file durable. A batch without rows has an empty one.
func (w *staged) Commit(ctx context.Context) error {
	if w.rows == nil {
		_, _, err := w.in.files.PutIfAbsent(ctx, w.name, nil)
		return err
	}
	if err := w.rows.Close(); err != nil {
		return errors.Join(err, w.file.Abort())
	}
	return w.file.Commit()
}

// Abort drops the file.
func (w *staged) Abort() error {
	if w.file == nil {
		return nil
	}
	return w.file.Abort()
}

// discard removes a file that was committed, before a commit of the batch names it.
// One that stays is garbage to the next run.
func (w *staged) discard(ctx context.Context) error { return w.in.files.Delete(ctx, w.name) }

// read gives the rows of a file in order.
func (s *staging) read(ctx context.Context, name string, f func(batch.Batch) error) error {
	in, err := s.files.Open(ctx, name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was read to its end
	text, err := io.ReadAll(in)
	if err != nil || len(text) == 0 {
		return err
	}
	rows, err := ipc.NewReader(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for rows.Next() {
		rec := rows.RecordBatch()
		n := len(rec.Columns()) - 1
		schema := arrow.NewSchema(rec.Schema().Fields()[:n], nil)
		b := batch.Batch{Record: array.NewRecordBatch(schema, rec.Columns()[:n], rec.NumRows()), Changes: batch.Values[int8](rec.Column(n))}
		if err := f(b); err != nil {
			return err
		}
	}
	return rows.Err()
}
