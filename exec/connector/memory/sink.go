package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/util"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// DefaultMaxBytes is the most that a table may hold where the option maxBytes
// is not given.
const DefaultMaxBytes = 1 << 30

// SinkProvider makes sinks that write tables of a catalogue.
type SinkProvider struct{ tables *Tables }

// NewSinkProvider returns the provider of format "memory".
func NewSinkProvider(tables *Tables) *SinkProvider { return &SinkProvider{tables} }

// Format is "memory".
func (p *SinkProvider) Format() string { return "memory" }

// Options lists the options of the sink.
func (p *SinkProvider) Options() []option.Spec {
	return []option.Spec{{Key: "maxBytes", Doc: "the most bytes that the table may hold; riffle.memory.table.bytes unless given"}}
}

// Check refuses a query without a name, and update mode without a key.
func (p *SinkProvider) Check(spec sink.Spec) error {
	if spec.QueryName == "" {
		return errors.New(`the memory sink needs the name of its table; give it with QueryName("name")`)
	}
	if spec.Mode == sink.Update && len(spec.Keys) == 0 {
		return errors.New("output mode update needs a result with a grouping key, by which rows replace each other; use output mode append, or group by something")
	}
	_, err := spec.Options.Int("maxBytes", 1)
	return err
}

// Open makes the table and returns the sink that writes it.
func (p *SinkProvider) Open(_ context.Context, spec sink.Spec) (sink.Sink, error) {
	limit, err := spec.Options.Int("maxBytes", 1)
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	table, err := p.tables.claim(spec.QueryName, spec.Schema)
	if err != nil {
		return nil, err
	}
	s := &memSink{tables: p.tables, table: table, mode: spec.Mode, limit: limit}
	if spec.Mode == sink.Update {
		table.index = newKeyIndex(spec.Keys)
	}
	return s, nil
}

type memSink struct {
	tables *Tables
	table  *Table
	mode   sink.Mode
	limit  int64
	closed sync.Once
}

// Begin starts a micro-batch.
func (s *memSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	return &writer{sink: s, id: id}, nil
}

// Close lets the table's name be used again; its content stays.
func (s *memSink) Close() error {
	s.closed.Do(func() { s.tables.release(s.table.name) })
	return nil
}

// writer collects the batches of one micro-batch until its commit.
type writer struct {
	sink *memSink
	id   int64

	mu      sync.Mutex
	batches []batch.Batch
	bytes   int64
}

// Write keeps a batch. It fails once the table would outgrow its limit.
func (w *writer) Write(_ context.Context, b batch.Batch) error {
	if b.Sel != nil {
		return errors.New("memory sink: a batch with a selection was not compacted")
	}
	size := recordBytes(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, b)
	w.bytes += size
	held := w.bytes
	if w.sink.mode == sink.Append {
		held += w.sink.table.Snapshot().Bytes
	}
	return w.sink.check(held)
}

func (s *memSink) check(held int64) error {
	if held <= s.limit {
		return nil
	}
	return fmt.Errorf("the memory table %s would hold %d bytes, more than its limit of %d; raise the sink's option maxBytes or riffle.memory.table.bytes, or keep fewer rows",
		s.table.name, held, s.limit)
}

func recordBytes(b batch.Batch) int64 {
	var n int64
	for _, col := range b.Record.Columns() {
		n += util.TotalArraySize(col)
	}
	return n
}

// Commit shows the micro-batch's rows at once.
func (w *writer) Commit(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sink.mode == sink.Update {
		return w.sink.table.update(w.id, w.batches, w.bytes, w.sink.check)
	}
	old := w.sink.table.Snapshot()
	if old.BatchID >= w.id {
		return nil // shown already, before a restart
	}
	next := &Snapshot{BatchID: w.id}
	if w.sink.mode == sink.Complete {
		next.Batches = w.batches
	} else {
		all, err := settle(slices.Concat(old.Batches, w.batches))
		if err != nil {
			return err
		}
		next.Batches = all
	}
	for _, b := range next.Batches {
		next.Rows += int64(b.NumRows())
		next.Bytes += recordBytes(b)
	}
	if err := w.sink.check(next.Bytes); err != nil {
		return err
	}
	w.sink.table.now.Store(next)
	return nil
}

// Abort forgets the micro-batch.
func (w *writer) Abort() error { return nil }

// Guarantee is exactly-once: the table is of the process, as the query is.
func (s *memSink) Guarantee() (sink.Guarantee, string) {
	return sink.ExactlyOnce, "a batch becomes visible at once, in the process that runs the query"
}

// Volatile is true: what is shown needs no checkpoint.
func (*SinkProvider) Volatile() bool { return true }
