package foreach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/util"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// SinkProvider makes sinks that call functions.
type SinkProvider struct{ functions *Functions }

// NewSinkProvider returns the provider of format "foreach".
func NewSinkProvider(functions *Functions) *SinkProvider { return &SinkProvider{functions} }

// Format is "foreach".
func (p *SinkProvider) Format() string { return "foreach" }

// Options lists the options of the sink.
func (p *SinkProvider) Options() []option.Spec {
	return []option.Spec{
		{Key: "function", Doc: "the name under which the program keeps the function; Foreach and ForeachBatch set it"},
		{Key: "maxBytes", Default: "1073741824", Doc: "the most bytes of a micro-batch, which is held in memory until it is complete"},
	}
}

// Check checks the options.
func (p *SinkProvider) Check(spec sink.Spec) error {
	if _, err := spec.Options.Int("maxBytes", 1); err != nil {
		return err
	}
	if spec.Role != "" && spec.Role != "sink" {
		return errors.New("a function takes the result of a query; use another format here")
	}
	if i, _ := spec.Schema.Index(sink.ChangeColumn); i >= 0 && spec.Mode == sink.Update {
		return fmt.Errorf("the result has a column %s, which output mode update adds itself; give it another name", sink.ChangeColumn)
	}
	return nil
}

// Open finds the function.
func (p *SinkProvider) Open(_ context.Context, spec sink.Spec) (sink.Sink, error) {
	limit, err := spec.Options.Int("maxBytes", 1)
	if err != nil {
		return nil, err
	}
	name := spec.Options.Get("function")
	call, ok := p.functions.find(name)
	if !ok {
		return nil, errors.New("a query with a function begins in the program that has it: use Foreach or ForeachBatch")
	}
	s := &callSink{functions: p.functions, name: name, call: call, limit: limit}
	if spec.Mode == sink.Update {
		s.changed = spec.Schema.Add(sink.ChangeColumn, types.Byte).Arrow()
	}
	return s, nil
}

type callSink struct {
	functions *Functions
	name      string
	call      Function
	limit     int64
	changed   *arrow.Schema // with the column of changes; nil where none is shown
}

// Begin starts a micro-batch.
func (s *callSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	return &writer{sink: s, id: id}, nil
}

// Guarantee is at-least-once; the function can do better.
func (s *callSink) Guarantee() (sink.Guarantee, string) {
	return sink.AtLeastOnce, "the function is called again for a batch that runs again, with the same batch id"
}

// Close forgets the function.
func (s *callSink) Close() error {
	s.functions.drop(s.name)
	return nil
}

// writer keeps the rows of one micro-batch until its commit.
type writer struct {
	sink *callSink
	id   int64

	mu    sync.Mutex
	rows  []arrow.RecordBatch
	bytes int64
	ended bool
}

// Write keeps a batch.
func (w *writer) Write(_ context.Context, b batch.Batch) error {
	if b.Sel != nil {
		return errors.New("foreach sink: a batch with a selection was not compacted")
	}
	rec, err := w.sink.shown(b)
	if err != nil {
		return err
	}
	size := int64(0)
	for _, col := range rec.Columns() {
		size += util.TotalArraySize(col)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows = append(w.rows, rec)
	if w.bytes += size; w.bytes > w.sink.limit {
		return fmt.Errorf("foreach sink: batch %d has more than %d bytes of rows; raise the option maxBytes, or make batches smaller with a limit of the source", w.id, w.sink.limit)
	}
	return nil
}

// shown returns the rows, in output mode update with their changes.
func (s *callSink) shown(b batch.Batch) (arrow.RecordBatch, error) {
	if s.changed == nil {
		for _, c := range b.Changes {
			if c < 0 {
				return nil, errors.New("foreach sink: a row is taken back, which is shown in output mode update alone")
			}
		}
		return b.Record, nil
	}
	n := int(b.Record.NumRows())
	changes := make([]int8, n)
	for i := range changes {
		changes[i] = b.Change(i)
	}
	col := array.MakeFromData(array.NewData(arrow.PrimitiveTypes.Int8, n, []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(changes))}, nil, 0, 0))
	return array.NewRecordBatch(s.changed, append(slices.Clone(b.Record.Columns()), col), int64(n)), nil
}

// Commit calls the function, once.
func (w *writer) Commit(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return nil
	}
	w.ended = true
	rows := w.rows
	w.rows = nil
	return w.sink.run(ctx, rows, w.id)
}

// run calls the function; a panic in it is an error.
func (s *callSink) run(ctx context.Context, rows []arrow.RecordBatch, id int64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the function for each batch panicked: %v", p)
		}
	}()
	return s.call(ctx, rows, id)
}

// Abort drops the rows.
func (w *writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.rows = true, nil
	return nil
}

// Volatile is true: what a function does with the rows is its own affair, and it
// may as well keep none of them.
func (p *SinkProvider) Volatile() bool { return true }
