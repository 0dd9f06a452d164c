package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// Writer writes a state file. It is not safe for concurrent use.
type Writer struct {
	w      io.Writer
	header Header
	tip    Hash
	hash   *xxh3.Hasher
	zstd   *zstd.Encoder // made when first needed
	info   Info
	foot   footer
	block  []byte
	fresh  bool   // the block has no pair yet
	last   []byte // key before
	out    []byte
	err    error
}

// NewWriter begins a file. Each call to w.Write is a block or less.
func NewWriter(w io.Writer, h Header) *Writer {
	f := &Writer{w: w, header: h, hash: xxh3.New(), fresh: true}
	f.write(h.append(nil))
	return f
}

func (f *Writer) write(b []byte) {
	if f.err != nil {
		return
	}
	_, f.err = f.w.Write(b)
	_, _ = f.hash.Write(b)
	f.info.Bytes += int64(len(b))
}

// Add adds a pair, which comes behind those before by operator and key. A nil
// value is a deletion, which only deltas have.
func (f *Writer) Add(operator string, key, value []byte) error {
	if f.err != nil {
		return f.err
	}
	n := len(f.foot.operators)
	same := n > 0 && f.foot.operators[n-1].Operator == operator
	if err := f.check(operator, same, key, value); err != nil {
		return err
	}
	if !same || len(f.block) >= blockSize {
		f.flush()
	}
	if !same {
		f.foot.operators = append(f.foot.operators, OperatorPart{Operator: operator, Offset: f.info.Bytes})
		n++
	}
	if len(f.block) == 0 {
		f.block = appendBytes(f.block, operator)
	}
	f.entry(key, value)
	o := &f.foot.operators[n-1]
	o.Rows++
	if value == nil {
		o.Deleted++
	}
	return f.err
}

func (f *Writer) check(operator string, same bool, key, value []byte) error {
	ops := f.foot.operators
	switch {
	case value == nil && f.header.Kind == Snapshot:
		return errors.New("internal: a deletion in a snapshot")
	case len(key)+len(value) > MaxPair:
		return fmt.Errorf("%s: a key and value of %d bytes are more than the %d allowed; keep less under one key", operator, len(key)+len(value), MaxPair)
	case same && bytes.Compare(f.last, key) >= 0, !same && len(ops) > 0 && ops[len(ops)-1].Operator > operator:
		return fmt.Errorf("internal: %s: a pair is written out of order", operator)
	}
	return nil
}

// entry adds a pair to the block; the first of a block shares nothing.
func (f *Writer) entry(key, value []byte) {
	shared := 0
	if !f.fresh {
		shared = sharedPrefix(f.last, key)
	}
	f.fresh = false
	b := binary.AppendUvarint(f.block, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(key)-shared))
	if value == nil {
		b = append(b, 0)
	} else {
		b = binary.AppendUvarint(b, uint64(len(value))+1)
	}
	f.block = append(append(b, key[shared:]...), value...)
	f.last = append(f.last[:0], key...)
}

func sharedPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// flush writes the block, if there is one.
func (f *Writer) flush() {
	if len(f.block) == 0 {
		return
	}
	f.frame(frameBlock, f.block)
	f.foot.blocks++
	f.block, f.fresh = f.block[:0], true
}

// frame writes a block or footer.
func (f *Writer) frame(kind byte, raw []byte) {
	h := frame{kind: kind, raw: uint32(len(raw))}
	out := append(f.out[:0], make([]byte, frameSize)...) //nolint:gocritic // it goes back to f.out
	if len(raw) >= compressFrom && f.err == nil {
		out = f.compress(out, raw)
	}
	if n := len(out) - frameSize; n > 0 && n < len(raw) {
		h.codec = codecZstd
	} else {
		out = append(out[:frameSize], raw...)
	}
	h.stored, h.sum = uint32(len(out)-frameSize), checksum(out[frameSize:])
	h.append(out[:0])
	f.write(out)
	f.out = out
}

func (f *Writer) compress(dst, raw []byte) []byte {
	if f.zstd == nil {
		f.zstd, f.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(2*blockSize), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
		if f.err != nil {
			return dst
		}
	}
	return f.zstd.EncodeAll(raw, dst)
}

// SetTip sets the tip of a snapshot: that of the last file that went into it.
func (f *Writer) SetTip(tip Hash) { f.tip = tip }

// Close ends the file and describes it. It does not close what it writes to.
func (f *Writer) Close() (Info, error) {
	f.flush()
	for i, o := range f.foot.operators {
		f.info.Rows += o.Rows
		f.info.Deleted += o.Deleted
		end := f.info.Bytes
		if i+1 < len(f.foot.operators) {
			end = f.foot.operators[i+1].Offset
		}
		f.info.Operators = append(f.info.Operators, OperatorSize{o.Operator, o.Rows, end - o.Offset})
	}
	f.foot.rows, f.foot.deleted, f.foot.tip = uint64(f.info.Rows), uint64(f.info.Deleted), f.tip
	at := f.info.Bytes
	f.frame(frameFooter, f.foot.append(nil))
	f.write(append(little.AppendUint32(nil, uint32(f.info.Bytes-at)), trailerMagic...))
	f.info.Hash = f.hash.Sum128().Bytes()
	f.info.Tip = f.tip
	if f.header.Kind == Delta {
		f.info.Tip = f.info.Hash
	}
	if f.err == nil {
		f.err = errClosed
		return f.info, nil
	}
	return Info{}, f.err
}

var errClosed = errors.New("internal: a pair is written to a state file that is closed")

// WriteDelta writes what a batch changed: changes is Store.Changes. The parent is
// the tip of the file before, zero for the first batch.
func WriteDelta(w io.Writer, version int64, parent Hash, changes func(func(operator string, key, value []byte) error) error) (Info, error) {
	f := NewWriter(w, Header{Kind: Delta, Version: version, Parent: parent})
	if err := changes(f.Add); err != nil {
		return Info{}, err
	}
	return f.Close()
}
