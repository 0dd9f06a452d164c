package btree

import (
	"encoding/binary"
	"unsafe"
)

// A page is slotted: the offsets of its cells stand at the front, in the order
// of the keys, and the cells grow from the end towards them.
//
//	slot slot slot ... free ... cell cell cell
//
// A slot is the key's head, four bytes as a number, and the cell's offset, two
// bytes, in its top bit whether the pair is too large for a page and lies beside
// the tree. The head is what follows the bytes that all keys of the page have in
// common, so that a search seldom has to look at cells, each of which is a line
// that the cache does not have. A cell is
//
//	uvarint length of key, uvarint length of value, key, value
//
// or four bytes, the number of the large pair. In an inner page the value is the
// number of the page that holds the keys from this one on; the first key of an
// inner page is taken for the least of all.
type page struct {
	n    uint16 // slots
	low  uint16 // offset of the lowest cell
	dead uint16 // bytes of cells that no slot refers to
	skip uint16 // length of the beginning that all keys have in common, and that heads leave out
	leaf bool
	data [pageData]byte
}

const (
	// PageSize is the memory of a page.
	PageSize = 4096
	pageData = PageSize - 10
	slotSize = 6
	large    = 1 << 15
	// maxCell is the size from which a pair is kept beside the tree: four fit into
	// a page, so that a split always makes room.
	maxCell = pageData/4 - slotSize
)

var little = binary.LittleEndian

var _ [PageSize]byte = [unsafe.Sizeof(page{})]byte{}

func newPage(leaf bool) *page { return &page{low: pageData, leaf: leaf} }

func (p *page) slot(i int) uint16 { return little.Uint16(p.data[i*slotSize+4:]) }

func (p *page) setSlot(i int, v uint16) { little.PutUint16(p.data[i*slotSize+4:], v) }

func (p *page) head(i int) uint32 { return little.Uint32(p.data[i*slotSize:]) }

func (p *page) setHead(i int, v uint32) { little.PutUint32(p.data[i*slotSize:], v) }

// headOf is the head of a key behind skip bytes, of which it has at least as
// many.
func headOf(key []byte, skip int) uint32 {
	if rest := key[skip:]; len(rest) >= 4 {
		return binary.BigEndian.Uint32(rest)
	}
	var b [4]byte
	copy(b[:], key[skip:])
	return binary.BigEndian.Uint32(b[:])
}

// first is the first slot whose key counts.
func (p *page) first() int {
	if p.leaf {
		return 0
	}
	return 1
}

// free is the space that is left without compacting.
func (p *page) free() int { return int(p.low) - int(p.n)*slotSize }

// used is the space that slots and live cells take.
func (p *page) used() int { return pageData - p.free() - int(p.dead) }

// cellSize is the space of a pair's cell.
func cellSize(key, value int) int { return uvarintLen(key) + uvarintLen(value) + key + value }

func uvarintLen(v int) int {
	n := 1
	for v >= 0x80 {
		v >>= 7
		n++
	}
	return n
}

// sizeAt is the size of cell i.
func (p *page) sizeAt(i int) int {
	s := p.slot(i)
	if s&large != 0 {
		return 4
	}
	k, v, at := p.lengths(int(s))
	return at - int(s) + k + v
}

// lengths reads the head of a cell: the lengths of key and value, and where the
// key begins.
func (p *page) lengths(off int) (key, value, at int) {
	a, b := p.data[off], p.data[off+1]
	if a|b < 0x80 {
		return int(a), int(b), off + 2
	}
	k, n := binary.Uvarint(p.data[off:])
	v, m := binary.Uvarint(p.data[off+n:])
	return int(k), int(v), off + n + m
}

// insert puts a slot for a cell of size bytes at position i and returns the
// cell's bytes. The page has the room. The head is left to the caller.
func (p *page) insert(i, size int, flag uint16) []byte {
	copy(p.data[(i+1)*slotSize:(int(p.n)+1)*slotSize], p.data[i*slotSize:int(p.n)*slotSize])
	p.n++
	return p.cell(i, size, flag)
}

// cell gives slot i a new cell.
func (p *page) cell(i, size int, flag uint16) []byte {
	p.low -= uint16(size)
	p.setSlot(i, p.low|flag)
	return p.data[p.low : int(p.low)+size]
}

// remove takes slots [i, j) out.
func (p *page) remove(i, j int) {
	for k := i; k < j; k++ {
		p.dead += uint16(p.sizeAt(k))
	}
	copy(p.data[i*slotSize:], p.data[j*slotSize:int(p.n)*slotSize])
	p.n -= uint16(j - i)
	if p.n == 0 {
		p.low, p.dead = pageData, 0
	}
}

// compact moves the cells together.
func (p *page) compact() {
	if p.dead == 0 {
		return
	}
	old := *p
	p.low, p.dead = pageData, 0
	for i := range int(p.n) {
		s := old.slot(i)
		off := int(s &^ large)
		size := old.sizeAt(i)
		copy(p.cell(i, size, s&large), old.data[off:off+size])
	}
}

// appendFrom adds cells [i, j) of another page at the end, without heads.
func (p *page) appendFrom(q *page, i, j int) {
	for ; i < j; i++ {
		s := q.slot(i)
		off, size := int(s&^large), q.sizeAt(i)
		copy(p.insert(int(p.n), size, s&large), q.data[off:off+size])
	}
}

func putCell(dst, key, value []byte) {
	n := binary.PutUvarint(dst, uint64(len(key)))
	n += binary.PutUvarint(dst[n:], uint64(len(value)))
	n += copy(dst[n:], key)
	copy(dst[n:], value)
}

// separator returns the shortest bytes that are above a and not above b; a is
// below b. It is a part of b.
func separator(a, b []byte) []byte { return b[:common(a, b)+1] }
