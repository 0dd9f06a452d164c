package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// Reader reads one file, batch by batch. It is not safe for concurrent use.
type Reader struct {
	file   *file.Reader
	arrow  *pqarrow.FileReader
	schema *arrow.Schema
	rows   pqarrow.RecordReader
}

// NewReader reads the footer of a file; batches have at most rows rows. The
// caller closes from, after the Reader.
func NewReader(from parquet.ReaderAtSeeker, rows int) (*Reader, error) {
	f, err := file.NewParquetReader(from)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	a, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: int64(rows)}, memory.DefaultAllocator)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", errors.Join(err, f.Close()))
	}
	schema, err := a.Schema()
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", errors.Join(err, f.Close()))
	}
	return &Reader{file: f, arrow: a, schema: schema}, nil
}

// Schema is that of the file.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

// Next returns the next batch, or io.EOF. It belongs to the garbage collector.
func (r *Reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if r.rows == nil {
		rows, err := r.arrow.GetRecordReader(ctx, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("parquet: %w", err)
		}
		r.rows = rows
	}
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("parquet: %w", err)
		}
		return nil, io.EOF
	}
	rec := r.rows.RecordBatch()
	rec.Retain() // the reader lets go of it; it is the collector's then
	return rec, nil
}

// Close frees what the Reader holds, but not the file it reads from.
func (r *Reader) Close() error { return nil }
