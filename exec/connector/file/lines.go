package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/zstd"

	"github.com/riffledata/riffle/exec/batch"
)

// chunkBytes is how much is read at once: measured to be best between 128 and
// 256 KiB, where a chunk stays in the second-level cache until it is decoded.
const chunkBytes = 256 << 10

// slack is the room behind a chunk that decoders may read beyond a record.
const slack = 64

// page is what reads begin at a multiple of, in the file and in memory: a copy
// between places that are aligned alike is the fastest there is.
const page = 4 << 10

// filler fills a buffer from a range. The first drop of the n bytes are not
// wanted; only before the first that are. It returns io.EOF after the last byte.
type filler interface {
	fill(buf []byte) (drop, n int, err error)
}

// lines gives the whole lines of each chunk as one batch.
type lines struct {
	path      string
	file      *os.File
	from      filler
	maxRecord int
	chunk     int    // how much is read at once
	rest      []byte // the beginning of a line whose end is in the next chunk
	err       error
	reuse     bool // the memory of a batch may be used again for the next
	buf       []byte
	offsets   []int32
	// first is the length of the first record of some bytes, its end included, or
	// -1 where they end before it does. nil: each line is a record.
	first func(b []byte) int
	// head takes what a file begins with that is no record: it returns how many bytes
	// of the first chunk that is. nil: nothing.
	head func(chunk []byte) (int, error)
}

func newLines(path string, file *os.File, from filler, maxRecord int) *lines {
	return &lines{path: path, file: file, from: from, maxRecord: maxRecord, chunk: chunkBytes}
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
		b, err := l.cut(chunk)
		if err != nil {
			l.err = err
		} else if b.Record != nil {
			return b, nil
		}
	}
	return batch.Batch{}, l.err
}

// Reuse lets all batches have the same memory.
func (l *lines) Reuse() { l.reuse = true }

// buffer returns a buffer with what was left of the chunk before in
// buf[begin:have], have being the beginning of a page.
func (l *lines) buffer() (buf []byte, begin, have int) {
	have = (len(l.rest) + page - 1) &^ (page - 1)
	begin = have - len(l.rest)
	size := have + l.chunk
	if buf = l.buf; !l.reuse || cap(buf) < size+slack {
		buf = make([]byte, size+slack, size+page+slack)
	}
	buf = buf[:size]
	copy(buf[begin:], l.rest)
	return buf, begin, have
}

// read returns a chunk of whole lines; with io.EOF, the last one. What is read
// lies behind a page's beginning, and what was left of the chunk before directly
// in front of it.
func (l *lines) read() ([]byte, error) {
	buf, begin, have := l.buffer()
	defer func() { l.buf = buf }()
	for {
		drop, n, err := l.from.fill(buf[have:])
		if drop > 0 && drop == n {
			continue
		}
		begin += drop
		have += n
		if err != nil {
			l.rest = nil
			if errors.Is(err, io.EOF) {
				return buf[begin:have], io.EOF
			}
			return nil, fmt.Errorf("reading %s: %w", l.path, err)
		}
		if end := l.whole(buf[begin:have]); end > 0 {
			l.rest = buf[begin+end : have]
			return buf[begin : begin+end], nil
		}
		if have-begin > l.maxRecord {
			return nil, l.tooLong()
		}
		if have == len(buf) {
			buf = append(make([]byte, 0, 2*have+slack), buf...)
			buf = buf[:2*have]
		}
	}
}

// whole is the length of the records of b that end in it.
func (l *lines) whole(b []byte) int {
	if l.first == nil {
		return bytes.LastIndexByte(b, '\n') + 1
	}
	end := 0
	for end < len(b) {
		n := l.first(b[end:])
		if n < 0 {
			break
		}
		end += n
	}
	return end
}

// record is the length of the first record of b, its end left out if it is a line.
func (l *lines) record(b []byte) int {
	var n int
	if l.first == nil {
		n = bytes.IndexByte(b, '\n')
	} else if n = l.first(b); n > 0 {
		n--
	}
	if n < 0 {
		return len(b)
	}
	return n
}

func (l *lines) tooLong() error {
	return fmt.Errorf("%s has a line of more than %d bytes; raise the option maxRecordBytes if it is a record", l.path, l.maxRecord)
}

// cut makes a batch of the lines of a chunk, without copying: each value runs to
// the beginning of the next line, its line end included. An empty chunk makes an
// empty batch.
func (l *lines) cut(chunk []byte) (batch.Batch, error) {
	if len(chunk) == 0 {
		return batch.Batch{}, nil
	}
	begin := 0
	if l.head != nil {
		var err error
		if begin, err = l.head(chunk); err != nil {
			return batch.Batch{}, fmt.Errorf("%s: %w", l.path, err)
		}
		l.head = nil
	}
	offsets := l.offsets[:0]
	if !l.reuse || offsets == nil {
		offsets = make([]int32, 0, len(chunk)/256+16)
	}
	offsets = append(offsets, int32(begin))
	for pos := begin; pos < len(chunk); {
		i := l.record(chunk[pos:])
		if i > l.maxRecord {
			return batch.Batch{}, l.tooLong()
		}
		pos = min(pos+i+1, len(chunk))
		offsets = append(offsets, int32(pos))
	}
	l.offsets = offsets
	n := len(offsets) - 1
	data := array.NewData(arrow.BinaryTypes.Binary, n, []*memory.Buffer{nil,
		memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(chunk)}, nil, 0, 0)
	rec := array.NewRecordBatch(rawSchema.Arrow(), []arrow.Array{array.NewBinaryData(data)}, int64(n))
	return batch.Batch{Record: rec}, nil
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

// rangeReader reads the lines that begin in [from, end): it leaves out the one
// that began before from, and reads on to the end of the one that begins last.
type rangeReader struct {
	file      *os.File
	from, end int64
	pos       int64 // of what is read next; it begins at a page
	last      byte  // the byte before pos
	skip      bool  // the line that began before from has not ended yet
	done      bool
}

func newRange(file *os.File, from, end int64) *rangeReader {
	// The byte before from tells whether a line begins at from.
	return &rangeReader{file: file, from: from, end: end, pos: max(0, from-1) &^ (page - 1), last: '\n', skip: from > 0}
}

func (r *rangeReader) fill(buf []byte) (drop, n int, err error) {
	if r.done || r.pos >= r.end {
		return r.tail(buf)
	}
	at := r.pos
	n, err = r.file.ReadAt(buf[:min(int64(len(buf)), r.end-at)], at)
	if n == 0 {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the file is shorter than when it was listed: %w", io.ErrUnexpectedEOF)
		}
		return 0, 0, err
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	r.pos, r.last = at+int64(n), buf[n-1]
	if r.skip {
		drop = r.dropped(buf[:n], at)
	}
	return drop, n, err
}

// dropped is how many of the bytes read at a position belong to the line that
// began before from, or to what is before it.
func (r *rangeReader) dropped(b []byte, at int64) int {
	before := int(max(0, r.from-1-at))
	i := bytes.IndexByte(b[min(before, len(b)):], '\n')
	if i < 0 {
		return len(b)
	}
	r.skip = false
	return before + i + 1
}

// tail reads what is missing of the last line beyond end.
func (r *rangeReader) tail(buf []byte) (drop, n int, err error) {
	if r.done || r.skip || r.last == '\n' {
		r.done = true
		return 0, 0, io.EOF
	}
	n, err = r.file.ReadAt(buf[:min(len(buf), page)], r.pos)
	r.pos += int64(n)
	if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
		r.done = true
		return 0, i + 1, nil
	}
	if errors.Is(err, io.EOF) {
		r.done, err = true, nil
	}
	return 0, n, err
}

// gzipReader reads a compressed file as one range.
type gzipReader struct {
	file *os.File
	zip  io.Reader // of zstd, where the file's name says so
}

func (g *gzipReader) fill(buf []byte) (drop, n int, err error) {
	if g.zip == nil {
		zip, err := unzip(g.file)
		if errors.Is(err, io.EOF) {
			return 0, 0, fmt.Errorf("the file is empty and no gzip: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			return 0, 0, err
		}
		g.zip = zip
	}
	n, err = io.ReadFull(g.zip, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) && n > 0 || errors.Is(err, io.EOF) {
		err = g.ended(err)
	}
	return 0, n, err
}

// unzip reads a compressed file by the end of its name.
func unzip(f *os.File) (io.Reader, error) {
	if strings.HasSuffix(strings.ToLower(f.Name()), ".zst") {
		return zstd.NewReader(f, zstd.WithDecoderConcurrency(1)) // which starts no goroutine
	}
	return gzip.NewReader(f)
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
