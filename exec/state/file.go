package state

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
)

// A state file holds pairs ordered by operator and key: a delta what one batch
// changed, a snapshot all that there was after a batch. Numbers are
// little-endian, checksums CRC-32C.
//
//	header   8 bytes "rflstate", 1 format, 1 kind, 6 zero, 8 version, 16 parent, 4 checksum
//	block    any number of them
//	footer   one
//	trailer  4 bytes length of the footer's frame, 4 "rfle"
//
// Blocks and footer are frames:
//
//	1 byte kind ('B', 'F'), 1 codec (0 none, 1 zstd), 4 stored length, 4 raw length,
//	4 checksum of what is stored, 4 checksum of the frame's head so far, what is stored
//
// A block has pairs of one operator, and stands for itself: uvarint length and
// name of the operator, then for each pair
//
//	uvarint bytes that the key shares with the one before, uvarint further bytes,
//	uvarint length of the value plus 1 (0: deleted), the key's further bytes, the value
//
// The footer has uvarint blocks, pairs and deletions, 16 bytes tip, uvarint
// operators, and for each the length of its name, the name, uvarint pairs,
// deletions and the offset of its first block.
const (
	fileMagic    = "rflstate"
	trailerMagic = "rfle"
	fileFormat   = 1
	headerSize   = 44
	frameSize    = 18
	trailerSize  = 8

	frameBlock  = 'B'
	frameFooter = 'F'
	codecNone   = 0
	codecZstd   = 1

	// blockSize is the raw size at which a block ends; a large pair makes one larger.
	blockSize = 64 << 10
	// compressFrom is the raw size from which compressing is worth it.
	compressFrom = 1 << 10
	// maxFrame is more than any block has: the largest pair is 1 GiB.
	maxFrame = 1<<30 + 1<<20
	// MaxPair is the greatest length of key and value together.
	MaxPair = 1 << 30
)

// ErrDamaged is wrapped by the error of a state file that is not as it was
// written. The error names the file and the place in it.
var ErrDamaged = errors.New("the file is damaged; restore it from a copy, or start from an older batch")

// Hash is the XXH3-128 of a whole state file; zero is none.
type Hash [16]byte

// String is the hash in hexadecimal, or "" for none.
func (h Hash) String() string {
	if h == (Hash{}) {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// ParseHash reads what String wrote.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if s == "" {
		return h, nil
	}
	if n, err := hex.Decode(h[:], []byte(s)); err != nil || n != len(h) || len(s) != 2*len(h) {
		return Hash{}, fmt.Errorf("%q is not a hash of %d hexadecimal digits", s, 2*len(h))
	}
	return h, nil
}

// FileKind tells deltas from snapshots.
type FileKind byte

const (
	// Delta is what one batch changed.
	Delta FileKind = 1
	// Snapshot is all pairs after a batch; it has no deletions.
	Snapshot FileKind = 2
)

// Header begins a state file.
type Header struct {
	Kind FileKind
	// Version is the batch after which the state is as the file says.
	Version int64
	// Parent is, for a delta, the tip before it: the hash of the delta of the batch
	// before, zero for the first. For a snapshot it is zero.
	Parent Hash
}

// Info describes a whole state file.
type Info struct {
	// Rows is the number of pairs, deletions included; Deleted that of deletions.
	Rows, Deleted int64
	// Bytes is the length of the file.
	Bytes int64
	// Operators are the parts of the file, by operator.
	Operators []OperatorSize
	Hash      Hash
	// Tip is the hash of the last delta that is in the file: its own for a delta. The
	// delta that comes next has it as its parent.
	Tip Hash
}

// OperatorSize is how much of a file belongs to an operator.
type OperatorSize struct {
	Operator    string
	Rows, Bytes int64
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func (h Header) append(dst []byte) []byte {
	from := len(dst)
	dst = append(dst, fileMagic...)
	dst = append(dst, fileFormat, byte(h.Kind), 0, 0, 0, 0, 0, 0)
	dst = little.AppendUint64(dst, uint64(h.Version))
	dst = append(dst, h.Parent[:]...)
	return little.AppendUint32(dst, checksum(dst[from:]))
}

func parseHeader(b []byte) (Header, error) {
	switch {
	case string(b[:8]) != fileMagic:
		return Header{}, fmt.Errorf("it does not begin as a state file does: %w", ErrDamaged)
	case little.Uint32(b[40:]) != checksum(b[:40]):
		return Header{}, fmt.Errorf("header: the checksum differs: %w", ErrDamaged)
	case b[8] != fileFormat:
		return Header{}, fmt.Errorf("it has format %d, and this program reads format %d; read it with the program that wrote it", b[8], fileFormat)
	}
	h := Header{Kind: FileKind(b[9]), Version: int64(little.Uint64(b[16:])), Parent: Hash(b[24:40])}
	if h.Kind != Delta && h.Kind != Snapshot {
		return Header{}, fmt.Errorf("header: the kind %d is unknown: %w", h.Kind, ErrDamaged)
	}
	return h, nil
}

// frame is the head of a block or footer.
type frame struct {
	kind, codec byte
	stored, raw uint32
	sum         uint32
}

func (f frame) append(dst []byte) []byte {
	from := len(dst)
	dst = append(dst, f.kind, f.codec)
	dst = little.AppendUint32(dst, f.stored)
	dst = little.AppendUint32(dst, f.raw)
	dst = little.AppendUint32(dst, f.sum)
	return little.AppendUint32(dst, checksum(dst[from:]))
}

func parseFrame(b []byte) (frame, error) {
	f := frame{b[0], b[1], little.Uint32(b[2:]), little.Uint32(b[6:]), little.Uint32(b[10:])}
	switch {
	case little.Uint32(b[14:]) != checksum(b[:14]):
		return f, fmt.Errorf("the checksum of its head differs: %w", ErrDamaged)
	case f.kind != frameBlock && f.kind != frameFooter, f.codec > codecZstd, f.stored > maxFrame, f.raw > maxFrame,
		f.codec == codecNone && f.stored != f.raw:
		return f, fmt.Errorf("its head makes no sense: %w", ErrDamaged)
	}
	return f, nil
}

// footer is what stands at the end of a state file.
type footer struct {
	blocks, rows, deleted uint64
	tip                   Hash
	operators             []OperatorPart
}

// OperatorPart is the part of a state file that belongs to one operator.
type OperatorPart struct {
	Operator string
	// Rows is the number of pairs, deletions included; Deleted that of deletions.
	Rows, Deleted int64
	// Offset is that of the first block in the file.
	Offset int64
}

func (f footer) append(dst []byte) []byte {
	for _, v := range []uint64{f.blocks, f.rows, f.deleted} {
		dst = binary.AppendUvarint(dst, v)
	}
	dst = append(dst, f.tip[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(f.operators)))
	for _, o := range f.operators {
		dst = appendBytes(dst, o.Operator)
		for _, v := range []int64{o.Rows, o.Deleted, o.Offset} {
			dst = binary.AppendUvarint(dst, uint64(v))
		}
	}
	return dst
}

func parseFooter(b []byte) (footer, error) {
	var f footer
	c := cutter{rest: b}
	f.blocks, f.rows, f.deleted = c.uvarint(), c.uvarint(), c.uvarint()
	copy(f.tip[:], c.bytes(uint64(len(f.tip))))
	n := c.uvarint()
	for range min(n, uint64(len(b))) {
		name := string(c.bytes(c.uvarint()))
		f.operators = append(f.operators, OperatorPart{name, int64(c.uvarint()), int64(c.uvarint()), int64(c.uvarint())})
	}
	if c.bad || len(c.rest) > 0 || n != uint64(len(f.operators)) {
		return f, fmt.Errorf("footer: it cannot be read: %w", ErrDamaged)
	}
	return f, nil
}

// appendBytes writes a length and bytes.
func appendBytes[T string | []byte](dst []byte, b T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// cutter takes bytes from the front. After bad is set it gives nothing.
type cutter struct {
	rest []byte
	bad  bool
}

func (c *cutter) uvarint() uint64 {
	if len(c.rest) > 0 && c.rest[0] < 0x80 {
		v := c.rest[0]
		c.rest = c.rest[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.bad, c.rest = true, nil
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cutter) bytes(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.bad, c.rest = true, nil
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}
