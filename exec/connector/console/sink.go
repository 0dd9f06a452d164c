package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// SinkProvider makes sinks that print.
type SinkProvider struct {
	out io.Writer
	mu  *sync.Mutex // held while a micro-batch is printed, whole
}

// NewSinkProvider returns the provider of format "console", which prints to
// standard output.
func NewSinkProvider() *SinkProvider { return NewSinkProviderTo(os.Stdout) }

// NewSinkProviderTo returns a provider that prints elsewhere.
func NewSinkProviderTo(w io.Writer) *SinkProvider { return &SinkProvider{w, &sync.Mutex{}} }

// Format is "console".
func (p *SinkProvider) Format() string { return "console" }

// Options lists the options of the sink, as Spark has them.
func (p *SinkProvider) Options() []option.Spec {
	return []option.Spec{
		{Key: "numRows", Default: "20", Doc: "the most rows that are printed of a micro-batch"},
		{Key: "truncate", Default: "true", Doc: "whether values of more than 20 characters are cut"},
	}
}

// Check checks the options.
func (p *SinkProvider) Check(spec sink.Spec) error {
	if _, err := spec.Options.Int("numRows", 0); err != nil {
		return err
	}
	_, err := spec.Options.Bool("truncate")
	return err
}

// Open returns the sink.
func (p *SinkProvider) Open(_ context.Context, spec sink.Spec) (sink.Sink, error) {
	rows, err := spec.Options.Int("numRows", 0)
	if err != nil {
		return nil, err
	}
	cut, err := spec.Options.Bool("truncate")
	if err != nil {
		return nil, err
	}
	casts := make([]expr.Expr, spec.Schema.Len())
	for i := range casts {
		if casts[i], err = expr.BindCall(expr.NewCall("to_pretty_string", expr.RefTo(spec.Schema, i))); err != nil {
			return nil, err
		}
	}
	if _, err := kernel.CompileList(casts); err != nil {
		return nil, err
	}
	c := &console{out: p.out, printing: p.mu, rows: int(rows), names: spec.Schema.Names(), casts: casts, zone: spec.Zone}
	if cut {
		c.truncate = 20
	}
	if c.zone == nil {
		c.zone = time.UTC
	}
	return c, nil
}

type console struct {
	out      io.Writer
	printing *sync.Mutex
	rows     int
	truncate int // characters of a value; 0: all
	names    []string
	casts    []expr.Expr // of each column to text
	zone     *time.Location
}

// Begin starts a micro-batch.
func (c *console) Begin(_ context.Context, id int64) (sink.Writer, error) {
	list, err := kernel.CompileList(c.casts)
	return &writer{console: c, id: id, list: list}, err
}

// Close does nothing.
func (c *console) Close() error { return nil }

type writer struct {
	*console
	id   int64
	list *kernel.List

	mu    sync.Mutex
	cells [][]string
	more  bool
}

// Write keeps the texts of the first rows.
func (w *writer) Write(_ context.Context, b batch.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(b.NumRows(), w.rows-len(w.cells))
	w.more = w.more || n < b.NumRows()
	if n == 0 {
		return nil
	}
	b = b.Slice(0, n)
	texts, err := w.list.Eval(&kernel.Env{Zone: w.zone}, b.Record, kernel.Rows{N: n})
	if err != nil {
		return err
	}
	for i := range n {
		row := make([]string, len(texts))
		for c, v := range texts {
			row[c] = types.Cell(v.Array, v.At(i))
		}
		w.cells = append(w.cells, row)
	}
	return nil
}

// Commit prints the micro-batch.
func (w *writer) Commit(context.Context) error {
	w.printing.Lock() // queries print one after the other
	defer w.printing.Unlock()
	out := bufio.NewWriter(w.out)
	fmt.Fprintf(out, "-------------------------------------------\nBatch: %d\n-------------------------------------------\n", w.id)
	fmt.Fprintln(out, types.Table{Names: w.names, Rows: w.cells, Truncate: w.truncate, More: w.more})
	return out.Flush()
}

// Abort prints nothing.
func (w *writer) Abort() error { return nil }

// Guarantee is at-least-once: what was printed cannot be taken back.
func (c *console) Guarantee() (sink.Guarantee, string) {
	return sink.AtLeastOnce, "what was printed stays printed when a batch runs again"
}

// Volatile is true: what is shown needs no checkpoint.
func (*SinkProvider) Volatile() bool { return true }
