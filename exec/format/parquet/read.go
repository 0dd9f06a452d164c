package parquet

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	pq "github.com/parquet-go/parquet-go"

	"github.com/riffledata/riffle/dataframe/types"
)

// readBuffer is that of each column, in bytes.
const readBuffer = 64 << 10

// Reader reads one file, batch by batch. It is not safe for concurrent use.
type Reader struct {
	file    *pq.File
	schema  *arrow.Schema
	columns []node
	leaves  []*leaf
	rows    int   // the most of a batch
	left    int64 // rows
}

// NewReader reads the footer of a file; batches have at most rows rows. The
// caller closes from, after the Reader.
func NewReader(from interface {
	io.ReaderAt
	io.Seeker
}, rows int) (r *Reader, err error) {
	defer damaged(&err)
	size, err := from.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	if err := checkFooter(from, size); err != nil {
		return nil, err
	}
	file, err := pq.OpenFile(from, size, pq.SkipPageIndex(true), pq.SkipBloomFilters(true), pq.ReadBufferSize(readBuffer))
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	b := builder{file: file}
	fields, columns, err := b.columns()
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	return &Reader{file: file, schema: types.NewSchema(fields...).Arrow(), columns: columns, leaves: b.leaves, rows: max(rows, 1), left: file.NumRows()}, nil
}

// checkFooter refuses what cannot be a file before its length is believed.
func checkFooter(from io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return fmt.Errorf("parquet: a file of %d bytes is no Parquet file", size)
	}
	if _, err := from.ReadAt(end[:], size-8); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	if n := binary.LittleEndian.Uint32(end[:]); string(end[4:]) == "PAR1" && int64(n) > size-12 {
		return fmt.Errorf("parquet: the file is damaged or cut off: a footer of %d bytes in a file of %d", n, size)
	}
	return nil
}

// Schema is that of the file, in the types that columns have here.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

// Next returns the next batch, or io.EOF. It belongs to the garbage collector.
func (r *Reader) Next(ctx context.Context) (rec arrow.RecordBatch, err error) {
	defer damaged(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.left <= 0 {
		return nil, io.EOF
	}
	n := int(min(r.left, int64(r.rows)))
	for _, l := range r.leaves {
		if err := l.read(n); err != nil {
			return nil, fmt.Errorf("parquet: column %s: %w", types.QuoteIfNeeded(l.name), err)
		}
	}
	cols := make([]arrow.Array, len(r.columns))
	for i, c := range r.columns {
		data, err := c.build()
		if err == nil && data.Len() != n {
			err = fmt.Errorf("the file is damaged: %d values for %d rows", data.Len(), n)
		}
		if err != nil {
			return nil, fmt.Errorf("parquet: column %s: %w", types.QuoteIfNeeded(r.schema.Field(i).Name), err)
		}
		cols[i] = array.MakeFromData(data)
	}
	r.left -= int64(n)
	return array.NewRecordBatch(r.schema, cols, int64(n)), nil
}

// Close frees what the Reader holds, but not the file it reads from. The batches
// stay.
func (r *Reader) Close() error {
	r.left = 0
	var failed error
	for _, l := range r.leaves {
		if err := l.close(); err != nil && failed == nil {
			failed = fmt.Errorf("parquet: %w", err)
		}
	}
	return failed
}

// damaged makes an error of a panic: the library trusts what a file says of itself.
func damaged(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("parquet: the file is damaged: %v", p)
	}
}
