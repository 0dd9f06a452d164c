package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// SinkProvider makes sinks that print.
type SinkProvider struct{ out io.Writer }

// NewSinkProvider returns the provider of format "console", which prints to
// standard output.
func NewSinkProvider() *SinkProvider { return &SinkProvider{os.Stdout} }

// NewSinkProviderTo returns a provider that prints elsewhere.
func NewSinkProviderTo(w io.Writer) *SinkProvider { return &SinkProvider{w} }

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
		casts[i] = &expr.Cast{Child: expr.RefTo(spec.Schema, i), To: types.String}
	}
	if _, err := kernel.CompileList(casts); err != nil {
		return nil, err
	}
	return &console{out: p.out, rows: int(rows), cut: cut, names: spec.Schema.Names(), casts: casts}, nil
}

type console struct {
	out   io.Writer
	rows  int
	cut   bool
	names []string
	casts []expr.Expr // of each column to text
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
	texts, err := w.list.Eval(&kernel.Env{Zone: time.UTC}, b.Record, kernel.Rows{N: int(b.Record.NumRows())})
	if err != nil {
		return err
	}
	for i := range n {
		row := make([]string, len(texts))
		for c, v := range texts {
			row[c] = "NULL"
			if col := v.Array.(*array.String); col.IsValid(v.At(i)) {
				row[c] = w.shorten(strings.Clone(col.Value(v.At(i))))
			}
		}
		w.cells = append(w.cells, row)
	}
	return nil
}

func (w *writer) shorten(s string) string {
	const most = 20
	if !w.cut || utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-3]) + "..."
}

// Commit prints the micro-batch.
func (w *writer) Commit(context.Context) error {
	out := bufio.NewWriter(w.out)
	fmt.Fprintf(out, "-------------------------------------------\nBatch: %d\n-------------------------------------------\n", w.id)
	widths := make([]int, len(w.names))
	for c, name := range w.names {
		widths[c] = max(3, utf8.RuneCountInString(name))
		for _, row := range w.cells {
			widths[c] = max(widths[c], utf8.RuneCountInString(row[c]))
		}
	}
	rule := "+"
	for _, n := range widths {
		rule += strings.Repeat("-", n) + "+"
	}
	fmt.Fprintln(out, rule)
	w.line(out, w.names, widths)
	fmt.Fprintln(out, rule)
	for _, row := range w.cells {
		w.line(out, row, widths)
	}
	fmt.Fprintln(out, rule)
	if w.more {
		fmt.Fprintf(out, "only showing top %d rows\n", w.rows)
	}
	fmt.Fprintln(out)
	return out.Flush()
}

func (w *writer) line(out io.Writer, row []string, widths []int) {
	for c, text := range row {
		fmt.Fprint(out, "|", strings.Repeat(" ", widths[c]-utf8.RuneCountInString(text)), text)
	}
	fmt.Fprintln(out, "|")
}

// Abort prints nothing.
func (w *writer) Abort() error { return nil }
