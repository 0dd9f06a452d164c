package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// Pair is one pair of a state file. Its slices are valid until the next one is
// read.
type Pair struct {
	Operator   string
	Key, Value []byte // a nil value is a deletion
}

// Reader reads a state file from begin to end. It is not safe for concurrent
// use. Whatever differs from what was written is an error that wraps ErrDamaged.
type Reader struct {
	name   string
	r      io.Reader
	hash   *xxh3.Hasher
	zstd   *zstd.Decoder // made when first needed
	header Header
	foot   footer // as counted
	info   Info
	blocks int // read so far, for errors
	begun  int64
	stored []byte
	raw    []byte
	rest   cutter // of raw
	fresh  bool   // no pair of the block was read yet
	pair   Pair
	key    []byte
	err    error
}

// NewReader reads the head of a file. Errors call the file by r.Name(), if it
// has one, as files have, else by name.
func NewReader(name string, r io.Reader) (*Reader, error) {
	if n, ok := r.(interface{ Name() string }); ok {
		name = n.Name()
	}
	f := &Reader{name: name, r: r, hash: xxh3.New()}
	b, err := f.read(headerSize)
	if err == nil {
		f.header, err = parseHeader(b)
	}
	if err != nil {
		return nil, fmt.Errorf("state file %s: %w", name, err)
	}
	return f, nil
}

// Header is the head of the file.
func (f *Reader) Header() Header { return f.header }

// Info describes the file, once Next has returned io.EOF.
func (f *Reader) Info() Info { return f.info }

// Operators are the parts of the file, once Next has returned io.EOF.
func (f *Reader) Operators() []OperatorPart { return f.foot.operators }

// Next returns the next pair, or io.EOF behind the last, once the file has
// proved whole.
func (f *Reader) Next() (Pair, error) {
	for f.err == nil && len(f.rest.rest) == 0 {
		f.err = f.nextFrame()
	}
	if f.err == nil {
		f.err = f.decode()
	}
	if f.err != nil {
		f.close()
		if f.err != io.EOF && !f.told() { //nolint:errorlint // wrapped, it is no end
			f.err = &fileError{f.name, f.blocks, f.err}
		}
		return Pair{}, f.err
	}
	return f.pair, nil
}

// fileError says where in which file an error is. Blocks count from 1.
type fileError struct {
	file  string
	block int
	err   error
}

func (e *fileError) Error() string {
	return fmt.Sprintf("state file %s: block %d: %v", e.file, e.block, e.err)
}
func (e *fileError) Unwrap() error { return e.err }

func (f *Reader) told() bool { _, ok := f.err.(*fileError); return ok } //nolint:errorlint // only what Next has made itself

func (f *Reader) close() {
	if f.zstd != nil {
		f.zstd.Close()
		f.zstd = nil
	}
}

// read returns the next n bytes, in memory that is used again. It takes no more
// memory than twice what there is to read, whatever n says.
func (f *Reader) read(n int) ([]byte, error) {
	const step = 1 << 20
	f.stored = f.stored[:0]
	for len(f.stored) < n {
		at := len(f.stored)
		more := min(n-at, step)
		if cap(f.stored) < at+more {
			f.stored = append(make([]byte, 0, max(2*at, at+more)), f.stored...)
		}
		f.stored = f.stored[:at+more]
		if _, err := io.ReadFull(f.r, f.stored[at:]); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, fmt.Errorf("it ends too early: %w", ErrDamaged)
			}
			return nil, err
		}
	}
	_, _ = f.hash.Write(f.stored)
	f.info.Bytes += int64(n)
	return f.stored, nil
}

// nextFrame reads a block, or the footer and what is behind it.
func (f *Reader) nextFrame() error {
	f.blocks++
	f.begun = f.info.Bytes
	b, err := f.read(frameSize)
	if err != nil {
		return err
	}
	h, err := parseFrame(b)
	if err != nil {
		return err
	}
	if b, err = f.read(int(h.stored)); err != nil {
		return err
	}
	if checksum(b) != h.sum {
		return fmt.Errorf("the checksum differs: %w", ErrDamaged)
	}
	if b, err = f.unpack(h, b); err != nil {
		return err
	}
	if h.kind == frameFooter {
		return f.finish(b)
	}
	return f.openBlock(b)
}

func (f *Reader) unpack(h frame, b []byte) ([]byte, error) {
	if h.codec == codecNone {
		f.raw = append(f.raw[:0], b...)
		return f.raw, nil
	}
	if f.zstd == nil {
		var err error
		f.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return nil, err
		}
	}
	if cap(f.raw) < int(h.raw) {
		f.raw = make([]byte, 0, h.raw)
	}
	raw, err := f.zstd.DecodeAll(b, f.raw[:0:h.raw])
	if err != nil || len(raw) != int(h.raw) {
		return nil, fmt.Errorf("it cannot be decompressed (%w): %w", errors.Join(err), ErrDamaged)
	}
	f.raw = raw
	return raw, nil
}

// openBlock begins to read a block's pairs.
func (f *Reader) openBlock(raw []byte) error {
	f.foot.blocks++
	f.rest, f.fresh = cutter{rest: raw}, true
	name := f.rest.bytes(f.rest.uvarint())
	n := len(f.foot.operators)
	if f.rest.bad || len(f.rest.rest) == 0 || n > 0 && f.foot.operators[n-1].Operator > string(name) {
		return fmt.Errorf("it does not begin as a block does: %w", ErrDamaged)
	}
	if n == 0 || f.foot.operators[n-1].Operator != string(name) {
		f.foot.operators = append(f.foot.operators, OperatorPart{Operator: string(name), Offset: f.begun})
		f.pair = Pair{Operator: string(name)}
	}
	return nil
}

// decode reads a pair of the block.
func (f *Reader) decode() error {
	c := &f.rest
	shared, more, size := c.uvarint(), c.uvarint(), c.uvarint()
	suffix := c.bytes(more)
	o := &f.foot.operators[len(f.foot.operators)-1]
	o.Rows++
	f.pair.Value = nil
	if size == 0 {
		o.Deleted++
	} else {
		f.pair.Value = c.bytes(size - 1)
	}
	known := uint64(len(f.key))
	if f.fresh {
		known = 0
	}
	f.fresh = false
	if c.bad || shared > known || f.header.Kind == Snapshot && size == 0 {
		return fmt.Errorf("pair %d of %s cannot be read: %w", o.Rows, o.Operator, ErrDamaged)
	}
	if o.Rows > 1 && bytes.Compare(f.key[shared:], suffix) >= 0 {
		return fmt.Errorf("pair %d of %s is out of order: %w", o.Rows, o.Operator, ErrDamaged)
	}
	f.key = append(f.key[:shared], suffix...)
	f.pair.Key = f.key
	return nil
}

// finish compares the footer with what was read, and sees that nothing is
// behind it but the trailer.
func (f *Reader) finish(raw []byte) error {
	said, err := parseFooter(raw)
	if err != nil {
		return err
	}
	for _, o := range f.foot.operators {
		f.info.Rows += o.Rows
		f.info.Deleted += o.Deleted
	}
	f.foot.rows, f.foot.deleted, f.foot.tip = uint64(f.info.Rows), uint64(f.info.Deleted), said.tip
	if !bytes.Equal(said.append(nil), f.foot.append(nil)) {
		return fmt.Errorf("footer: it counts %d pairs in %d blocks, and there are %d in %d: %w",
			said.rows, said.blocks, f.foot.rows, f.foot.blocks, ErrDamaged)
	}
	length := f.info.Bytes - f.begun
	b, err := f.read(trailerSize)
	if err != nil {
		return err
	}
	if int64(little.Uint32(b)) != length || string(b[4:]) != trailerMagic {
		return fmt.Errorf("trailer: it differs: %w", ErrDamaged)
	}
	if n, err := f.r.Read(make([]byte, 1)); n > 0 || err != nil && err != io.EOF {
		return errors.Join(err, fmt.Errorf("it goes on behind its end: %w", ErrDamaged))
	}
	f.info.Hash = f.hash.Sum128().Bytes()
	f.info.Tip = said.tip
	if f.header.Kind == Delta {
		f.info.Tip = f.info.Hash
	}
	return io.EOF
}
