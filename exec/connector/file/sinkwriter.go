package file

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/sink"
)

// filesWriter writes the files of one micro-batch: as many as there are tasks
// that write at the same time.
type filesWriter struct {
	conf *sinkConf
	id   int64
	done bool // by an earlier run, or ended
	// replaces is for the manifest; saves is set where the number of the batch is
	// free to choose.
	replaces, saves bool

	mu   sync.Mutex
	all  []*dataOut
	free []*dataOut
}

// dataOut is a file that is being written.
type dataOut struct {
	name  string
	path  string
	file  *os.File
	to    fileWriter
	rows  int64
	bytes int64
}

// Write appends a batch to a file that nobody else writes to now.
func (w *filesWriter) Write(ctx context.Context, b batch.Batch) error {
	if w.done {
		return nil
	}
	if b.Sel != nil {
		return errors.New("file sink: a batch with a selection was not compacted")
	}
	rec, err := w.conf.shown(b)
	if err != nil {
		return err
	}
	out, err := w.take()
	if err != nil {
		return err
	}
	err = out.to.Write(rec)
	out.rows += rec.NumRows()
	w.mu.Lock()
	w.free = append(w.free, out)
	w.mu.Unlock()
	sink.CrashPoint(ctx, sink.PointProducing)
	return err
}

// shown returns the rows with their changes, where these are shown.
func (c *sinkConf) shown(b batch.Batch) (arrow.RecordBatch, error) {
	if !c.change {
		for _, change := range b.Changes {
			if change < 0 {
				return nil, errors.New("file sink: a row is taken back, which files in output mode append cannot show; use output mode update")
			}
		}
		return c.typed(b.Record.Columns(), b.Record.NumRows())
	}
	n := int(b.Record.NumRows())
	changes := b.Changes
	if changes == nil {
		changes = make([]int8, n)
		for i := range changes {
			changes[i] = 1
		}
	}
	col := array.MakeFromData(array.NewData(arrow.PrimitiveTypes.Int8, n, []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(changes))}, nil, 0, 0))
	return c.typed(append(b.Record.Columns()[:len(b.Record.Columns()):len(b.Record.Columns())], col), int64(n))
}

// typed makes a record of the files' own schema.
func (c *sinkConf) typed(cols []arrow.Array, rows int64) (arrow.RecordBatch, error) {
	for i, f := range c.arrow.Fields() {
		if !arrow.TypeEqual(f.Type, cols[i].DataType()) {
			return nil, fmt.Errorf("file sink: the column %s came as %s instead of %s", f.Name, cols[i].DataType(), f.Type)
		}
	}
	return array.NewRecordBatch(c.arrow, cols, rows), nil
}

// take returns a file to write to.
func (w *filesWriter) take() (*dataOut, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.free); n > 0 {
		out := w.free[n-1]
		w.free = w.free[:n-1]
		return out, nil
	}
	name := fmt.Sprintf("part-%d-%d-%s%s", w.id, len(w.all), nonce(), w.conf.format.extension)
	out := &dataOut{name: name, path: filepath.Join(w.conf.dir, name)}
	var err error
	if out.file, err = os.OpenFile(out.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return nil, err
	}
	w.all = append(w.all, out)
	out.to, err = w.conf.format.open(out.file)
	return out, err
}

// nonce makes the files of each run others: a run that hangs may still write.
func nonce() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// Commit makes the files durable, and then shows them by a manifest.
func (w *filesWriter) Commit(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return nil
	}
	if len(w.all) == 0 && !w.replaces && !w.saves {
		w.done = true
		return nil
	}
	m := &manifest{Format: manifestFormat, Query: ownerOf(w.conf.spec), Epoch: w.conf.spec.Epoch, Batch: w.id, Replaces: w.replaces, Files: []manifestFile{}}
	for _, out := range w.all {
		if err := out.end(); err != nil {
			return fmt.Errorf("writing %s: %w", out.path, err)
		}
		m.Files = append(m.Files, manifestFile{out.name, out.rows, out.bytes})
		m.Rows += out.rows
	}
	if err := syncDir(w.conf.dir); err != nil {
		return err
	}
	sink.CrashPoint(ctx, sink.PointFlushed)
	now, err := putManifest(w.conf.dir, m, nonce())
	for err == nil && w.saves && now != m { // somebody else has taken the number
		w.id++
		m.Batch = w.id
		now, err = putManifest(w.conf.dir, m, nonce())
	}
	if err != nil {
		return err
	}
	if now == nil {
		return fmt.Errorf("the manifest of batch %d was in %s and is gone; nobody may remove files there while a query writes", w.id, w.conf.dir)
	}
	sink.CrashPoint(ctx, sink.PointCommitted)
	if now == m {
		w.done = true
		return nil
	}
	return errors.Join(w.conf.check(now), w.remove()) // another run was faster
}

// end closes a file, durably.
func (o *dataOut) end() error {
	if o.file == nil {
		return nil
	}
	err := o.to.Close()
	if err == nil {
		err = o.file.Sync()
	}
	if info, failed := o.file.Stat(); err == nil {
		err = failed
		if err == nil {
			o.bytes = info.Size()
		}
	}
	err = errors.Join(err, o.file.Close())
	o.file = nil
	return err
}

// Abort removes the files.
func (w *filesWriter) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return nil
	}
	return w.remove()
}

func (w *filesWriter) remove() error {
	w.done = true
	var errs []error
	for _, out := range w.all {
		if out.file != nil {
			errs = append(errs, out.file.Close())
		}
		errs = append(errs, drop(out.path))
	}
	return errors.Join(errs...)
}
