package ipc

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// Codecs are the names of the compressions that a Writer knows.
func Codecs() []string { return []string{"lz4", "none", "zstd"} }

// Writer writes one file. It is not safe for concurrent use.
type Writer struct{ w *ipc.FileWriter }

// NewWriter begins a file of batches of a schema. codec is one of Codecs. The
// caller closes to.
func NewWriter(to io.Writer, schema *arrow.Schema, codec string) (*Writer, error) {
	opts := []ipc.Option{ipc.WithSchema(schema)}
	switch codec {
	case "none":
	case "lz4":
		opts = append(opts, ipc.WithLZ4())
	case "zstd":
		opts = append(opts, ipc.WithZstd())
	default:
		return nil, fmt.Errorf("arrow ipc: no compression %q; use %s", codec, strings.Join(Codecs(), ", "))
	}
	w, err := ipc.NewFileWriter(to, opts...)
	if err != nil {
		return nil, fmt.Errorf("arrow ipc: %w", err)
	}
	return &Writer{w}, nil
}

// Write appends a batch.
func (w *Writer) Write(rec arrow.RecordBatch) error {
	if err := w.w.Write(rec); err != nil {
		return fmt.Errorf("arrow ipc: %w", err)
	}
	return nil
}

// Close writes the footer.
func (w *Writer) Close() error { return w.w.Close() }

// Reader reads one file, batch by batch. It is not safe for concurrent use.
type Reader struct {
	r    *ipc.FileReader
	next int
}

// NewReader reads the footer of a file. The caller closes from.
func NewReader(from ipc.ReadAtSeeker) (r *Reader, err error) {
	defer damaged(&err)
	f, err := ipc.NewFileReader(from)
	if err != nil {
		return nil, fmt.Errorf("arrow ipc: %w", err)
	}
	return &Reader{r: f}, nil
}

// damaged makes an error of a panic, with which the library meets some files
// that are cut off.
func damaged(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("arrow ipc: the file is damaged: %v", p)
	}
}

// Schema is that of the file.
func (r *Reader) Schema() *arrow.Schema { return r.r.Schema() }

// Next returns the next batch, or io.EOF. It belongs to the garbage collector.
func (r *Reader) Next() (rec arrow.RecordBatch, err error) {
	defer damaged(&err)
	if r.next == r.r.NumRecords() {
		return nil, io.EOF
	}
	rec, err = r.r.RecordBatch(r.next)
	r.next++
	if errors.Is(err, io.EOF) { // in the middle of what the footer promises
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("arrow ipc: %w", err)
	}
	return rec, nil
}
