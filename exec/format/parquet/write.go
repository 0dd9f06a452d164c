package parquet

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/riffledata/riffle/dataframe/types"
)

var codecs = map[string]compress.Compression{"none": compress.Codecs.Uncompressed, "snappy": compress.Codecs.Snappy,
	"gzip": compress.Codecs.Gzip, "zstd": compress.Codecs.Zstd}

// Codecs are the names of the compressions that a Writer knows.
func Codecs() []string {
	names := make([]string, 0, len(codecs))
	for n := range codecs {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Writer writes one file. It is not safe for concurrent use.
type Writer struct{ w *pqarrow.FileWriter }

// NewWriter begins a file of batches of a schema. codec is one of Codecs. The
// caller closes to; the Writer does not.
func NewWriter(to io.Writer, schema *arrow.Schema, codec string) (*Writer, error) {
	c, ok := codecs[codec]
	if !ok {
		return nil, fmt.Errorf("parquet: no compression %q; use %s", codec, strings.Join(Codecs(), ", "))
	}
	if err := check(schema); err != nil {
		return nil, err
	}
	w, err := pqarrow.NewFileWriter(schema, plainWriter{to}, parquet.NewWriterProperties(parquet.WithCompression(c), parquet.WithCreatedBy("riffle")),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	return &Writer{w}, nil
}

// plainWriter hides a Close, which the library would call.
type plainWriter struct{ io.Writer }

// check refuses what a Parquet file cannot hold.
func check(schema *arrow.Schema) error {
	for _, f := range schema.Fields() {
		switch f.Type.ID() {
		case arrow.NULL, arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO:
			return fmt.Errorf("parquet: the column %s of type %s has no form in Parquet; cast it to string, or leave it out", types.QuoteIfNeeded(f.Name), f.Type)
		}
	}
	return nil
}

// Write appends a batch.
func (w *Writer) Write(rec arrow.RecordBatch) error {
	if err := w.w.WriteBuffered(rec); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}

// Close writes the footer.
func (w *Writer) Close() error { return w.w.Close() }
