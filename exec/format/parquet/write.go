package parquet

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

const (
	// groupRows is the most rows of a row group.
	groupRows = 1 << 20
	// dictionaryBytes is how long a dictionary may be: a column with more in it is
	// written plainly from there.
	dictionaryBytes = 1 << 20
	// step is how many rows of a column are handed over at once.
	step = 1024
)

var codecs = map[string]compress.Codec{"none": &pq.Uncompressed, "snappy": &pq.Snappy, "gzip": &pq.Gzip, "zstd": &pq.Zstd}

// Codecs are the names of the compressions that a Writer knows.
func Codecs() []string { return slices.Sorted(maps.Keys(codecs)) }

// Writer writes one file. It is not safe for concurrent use.
type Writer struct {
	w       *pq.GenericWriter[any]
	schema  *arrow.Schema
	columns []shredder
	leaves  []*column
	rows    int // of the row group
	err     error
}

// NewWriter begins a file of batches of a schema. codec is one of Codecs. The
// caller closes to; the Writer does not.
func NewWriter(to io.Writer, schema *arrow.Schema, codec string) (*Writer, error) {
	c, ok := codecs[codec]
	if !ok {
		return nil, fmt.Errorf("parquet: no compression %q; use %s", codec, strings.Join(Codecs(), ", "))
	}
	w := &Writer{schema: schema}
	root, err := w.fields(schema.Fields(), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	w.columns = root.fields
	w.w = pq.NewGenericWriter[any](to, pq.NewSchema("schema", root.node), pq.Compression(c), pq.DataPageVersion(1),
		pq.DictionaryMaxBytes(dictionaryBytes), pq.CreatedBy("riffle", "1", ""))
	return w, nil
}

// Write appends a batch. After an error the file is of no use.
func (w *Writer) Write(rec arrow.RecordBatch) error {
	for from := 0; w.err == nil && from < int(rec.NumRows()); from += step {
		w.err = w.write(rec, from, min(step, int(rec.NumRows())-from))
	}
	return w.err
}

func (w *Writer) write(rec arrow.RecordBatch, from, n int) error {
	for i, c := range w.columns {
		if err := c.shred(rec.Column(i), from, from+n, place{}); err != nil {
			return fmt.Errorf("parquet: column %s: %w", w.schema.Field(i).Name, err)
		}
	}
	to := w.w.ColumnWriters()
	for i, l := range w.leaves {
		if _, err := to[i].WriteRowValues(l.values); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
		l.values = l.values[:0]
	}
	if w.rows += n; w.rows >= groupRows {
		w.rows = 0
		if err := w.w.Flush(); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
	}
	return nil
}

// Close writes the footer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if err := w.w.Close(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}
