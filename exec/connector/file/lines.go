package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
)

// chunkBytes is how much is read at once: measured to be best between 128 and
// 256 KiB, where a chunk stays in the second-level cache until it is decoded.
const chunkBytes = 256 << 10

// slack is the room behind a chunk that decoders may read beyond a record.
const slack = 64

// filler fills a buffer from a range. It returns io.EOF after the last byte.
type filler interface {
	fill(buf []byte) (int, error)
}

// lines gives the whole lines of each chunk as one batch.
type lines struct {
	path      string
	file      *os.File
	from      filler
	maxRecord int
	rest      []byte // the beginning of a line whose end is in the next chunk
	err       error
	reuse     bool // the memory of a batch may be used again for the next
	buf       []byte
	offsets   []int32
}

func newLines(path string, file *os.File, from filler, maxRecord int) *lines {
	return &lines{path: path, file: file, from: from, maxRecord: maxRecord}
}

// String names the file.
func (l *lines) String() string { return "Lines " + l.path }

// Schema is one column, value.
func (l *lines) Schema() *arrow.Schema { return rawSchema.Arrow() }

// Next reads a chunk and returns its lines. The last line needs no line end.
func (l *lines) Next(ctx context.Context) (batch.Batch, error) {
	for l.err == nil {
		if err := ctx.Err(); err != nil {
			return batch.Batch{}, err
		}
		chunk, err := l.read()
		l.err = err
		if len(chunk) > 0 {
			return l.cut(chunk), nil
		}
	}
	return batch.Batch{}, l.err
}

// Reuse lets all batches have the same memory.
func (l *lines) Reuse() { l.reuse = true }

// buffer returns a buffer for the next chunk, which begins with what is left of
// the last one.
func (l *lines) buffer() (buf []byte, have int) {
	size := len(l.rest) + chunkBytes
	if buf = l.buf; !l.reuse || cap(buf) < size+slack {
		buf = make([]byte, size+size/16+slack)
	}
	return buf[:size], copy(buf, l.rest)
}

// read returns a chunk of whole lines; with io.EOF, the last one.
func (l *lines) read() ([]byte, error) {
	buf, have := l.buffer()
	defer func() { l.buf = buf }()
	for {
		n, err := l.from.fill(buf[have:])
		have += n
		if err != nil {
			l.rest = nil
			if errors.Is(err, io.EOF) {
				return buf[:have], io.EOF
			}
			return nil, fmt.Errorf("reading %s: %w", l.path, err)
		}
		if end := bytes.LastIndexByte(buf[:have], '\n') + 1; end > 0 {
			l.rest = buf[end:have]
			return buf[:end], nil
		}
		if have > l.maxRecord {
			return nil, fmt.Errorf("%s has a line of more than %d bytes; raise the option maxRecordBytes if it is a record", l.path, l.maxRecord)
		}
		if have == len(buf) {
			buf = append(make([]byte, 0, 2*have+slack), buf...)
			buf = buf[:2*have]
		}
	}
}

// cut makes a batch of the lines of a chunk, without copying: each value runs to
// the beginning of the next line, its line end included.
func (l *lines) cut(chunk []byte) batch.Batch {
	offsets := l.offsets[:0]
	if !l.reuse || offsets == nil {
		offsets = make([]int32, 0, len(chunk)/256+16)
	}
	offsets = append(offsets, 0)
	for pos := 0; pos < len(chunk); {
		i := bytes.IndexByte(chunk[pos:], '\n') + 1
		if i == 0 {
			i = len(chunk) - pos
		}
		pos += i
		offsets = append(offsets, int32(pos))
	}
	l.offsets = offsets
	n := len(offsets) - 1
	data := array.NewData(arrow.BinaryTypes.Binary, n, []*memory.Buffer{nil,
		memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(chunk)}, nil, 0, 0)
	rec := array.NewRecordBatch(rawSchema.Arrow(), []arrow.Array{array.NewBinaryData(data)}, int64(n))
	return batch.Batch{Record: rec}
}

// Close closes the file.
func (l *lines) Close() error {
	if l.err == nil {
		l.err = os.ErrClosed
	}
	if err := l.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// rangeReader reads the lines that begin in [pos, end): it leaves out the one
// that began before pos, and reads on to the end of the one that begins last.
type rangeReader struct {
	file     *os.File
	pos, end int64
	skip     bool
	done     bool
}

func (r *rangeReader) fill(buf []byte) (int, error) {
	if r.done {
		return 0, io.EOF
	}
	if r.skip {
		r.skip = false
		if err := r.skipLine(); err != nil {
			return 0, err
		}
	}
	if r.pos >= r.end {
		return r.tail(buf)
	}
	n, err := r.file.ReadAt(buf[:min(int64(len(buf)), r.end-r.pos)], r.pos)
	r.pos += int64(n)
	if n == 0 && errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("the file is shorter than when it was listed: %w", io.ErrUnexpectedEOF)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// skipLine moves pos behind the first line end at or after pos-1: a line that
// begins exactly at pos is ours.
func (r *rangeReader) skipLine() error {
	buf := make([]byte, 4096)
	for at := r.pos - 1; ; {
		n, err := r.file.ReadAt(buf, at)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			r.pos = at + int64(i) + 1
			return nil
		}
		at += int64(n)
		if errors.Is(err, io.EOF) || at >= r.end && n == 0 {
			r.pos, r.done = at, true
			return io.EOF
		}
		if err != nil {
			return err
		}
	}
}

// tail reads what is missing of the last line beyond end.
func (r *rangeReader) tail(buf []byte) (int, error) {
	if r.pos > r.end || r.lastByte() == '\n' {
		r.done = true
		return 0, io.EOF
	}
	n, err := r.file.ReadAt(buf[:min(len(buf), 4096)], r.pos)
	if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
		r.done = true
		return i + 1, nil
	}
	r.pos += int64(n)
	r.end = r.pos
	if errors.Is(err, io.EOF) {
		r.done = true
		return n, nil
	}
	return n, err
}

func (r *rangeReader) lastByte() byte {
	var b [1]byte
	if r.pos == 0 {
		return '\n'
	}
	if _, err := r.file.ReadAt(b[:], r.pos-1); err != nil {
		return 0
	}
	return b[0]
}

// gzipReader reads a compressed file as one range.
type gzipReader struct {
	file *os.File
	zip  *gzip.Reader
}

func (g *gzipReader) fill(buf []byte) (int, error) {
	if g.zip == nil {
		zip, err := gzip.NewReader(g.file)
		if errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("the file is empty and no gzip: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return 0, err
		}
		g.zip = zip
	}
	n, err := io.ReadFull(g.zip, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) && n > 0 || errors.Is(err, io.EOF) {
		return n, g.ended(err)
	}
	return n, err
}

// ended tells the end of the data from the end of a file that was cut off:
// io.ReadFull reports both alike.
func (g *gzipReader) ended(err error) error {
	var one [1]byte
	if _, after := g.zip.Read(one[:]); errors.Is(after, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("the gzip data end too early: %w", err)
}
