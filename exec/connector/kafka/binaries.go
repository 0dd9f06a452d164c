package kafka

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// nulls is a validity bitmap that exists only where there is a null.
type nulls struct {
	bits  []byte // a set bit is a value
	count int
}

// add notes that row i is null, and that all before it which were not noted are
// values.
func (n *nulls) add(i int) {
	n.grow(i + 1)
	n.bits[i/8] &^= 1 << (i % 8)
	n.count++
}

func (n *nulls) grow(rows int) {
	for len(n.bits)*8 < rows {
		n.bits = append(n.bits, 0xff)
	}
}

// buffer returns the bitmap of so many rows, nil where there is no null.
func (n *nulls) buffer(rows int) *memory.Buffer {
	if n.count == 0 {
		return nil
	}
	n.grow(rows)
	return memory.NewBufferBytes(n.bits)
}

// binaries is a binary or string column: all bytes in one arena.
type binaries struct {
	nulls   nulls
	offsets []int32
	data    []byte
}

func newBinaries(rows int) *binaries {
	return &binaries{offsets: append(make([]int32, 0, rows+1), 0)}
}

// after returns a column that has room for what b, the batch before it, held.
func (b *binaries) after(rows int) *binaries {
	out := newBinaries(rows)
	if b != nil && len(b.data) > 0 {
		out.data = make([]byte, 0, len(b.data)+len(b.data)/32)
	}
	return out
}

func (b *binaries) add(v []byte, ok bool) {
	if !ok {
		b.nulls.add(len(b.offsets) - 1)
	}
	if free := cap(b.data) - len(b.data); free < len(v) {
		b.reserve(len(v))
	}
	b.data = append(b.data, v...)
	b.offsets = append(b.offsets, int32(len(b.data)))
}

// reserve grows the arena to what all rows will need if they are like those so
// far, in powers of two.
func (b *binaries) reserve(more int) {
	rows, all := len(b.offsets), cap(b.offsets)
	need := len(b.data) + more
	guess := need + need/8
	if rows > 16 {
		guess = int(int64(need) * int64(all) / int64(rows))
	}
	guess = min(max(guess, need), 2*need+1<<12)
	grown := make([]byte, len(b.data), 1<<bits.Len(uint(max(guess, 64)-1)))
	copy(grown, b.data)
	b.data = grown
}

func (b *binaries) array(t arrow.DataType) arrow.Array {
	n := len(b.offsets) - 1
	bufs := []*memory.Buffer{b.nulls.buffer(n), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(b.offsets)), memory.NewBufferBytes(b.data)}
	return array.MakeFromData(array.NewData(t, n, bufs, nil, b.nulls.count, 0))
}

// views is a binary view column over bytes that others hold.
type views struct {
	nulls   nulls
	headers []arrow.ViewHeader
	regions []*memory.Buffer
	bytes   []byte // of the last region
	base    int    // is added to positions
}

// region adds the bytes that the next views lie in, if they are not the last
// ones.
func (v *views) region(bytes []byte, base int) {
	v.base = base
	if len(v.regions) > 0 && len(v.bytes) == len(bytes) && len(bytes) > 0 && &v.bytes[0] == &bytes[0] {
		return
	}
	v.bytes = bytes
	v.regions = append(v.regions, memory.NewBufferBytes(bytes))
}

func (v *views) add(from, to int, ok bool) {
	from, to = from+v.base, to+v.base
	var h arrow.ViewHeader
	if !ok {
		v.nulls.add(len(v.headers))
	} else if h.SetBytes(v.bytes[from:to]); !h.IsInline() {
		h.SetIndexOffset(int32(len(v.regions)-1), int32(from))
	}
	v.headers = append(v.headers, h)
}

func (v *views) array() arrow.Array {
	n := len(v.headers)
	bufs := append([]*memory.Buffer{v.nulls.buffer(n), memory.NewBufferBytes(arrow.ViewHeaderTraits.CastToBytes(v.headers))}, v.regions...)
	return array.NewBinaryViewData(array.NewData(arrow.BinaryTypes.BinaryView, n, bufs, nil, v.nulls.count, 0))
}

// headers is the column of record headers: array<struct<key,value>>. As in
// Spark's, a record without headers has null.
type headers struct {
	nulls   nulls
	offsets []int32
	keys    *binaries
	values  *binaries
}

func newHeaders(rows int) *headers {
	return &headers{offsets: append(make([]int32, 0, rows+1), 0), keys: newBinaries(rows), values: newBinaries(rows)}
}

func (h *headers) none() {
	h.nulls.add(len(h.offsets) - 1)
	h.end()
}

func (h *headers) end() { h.offsets = append(h.offsets, int32(len(h.keys.offsets)-1)) }

func (h *headers) read(r *reader) {
	n := headerCount(r)
	if n == 0 {
		h.none()
		return
	}
	for ; n > 0 && !r.bad; n-- {
		key, ok := r.bytes()
		r.bad = r.bad || !ok // a header's key is never null
		h.keys.add(key, true)
		value, ok := r.bytes()
		h.values.add(value, ok)
	}
	h.end()
}

func (h *headers) array(t arrow.DataType) arrow.Array {
	elem := t.(*arrow.ListType).Elem().(*arrow.StructType)
	keys, values := h.keys.array(elem.Field(0).Type), h.values.array(elem.Field(1).Type)
	pairs := array.NewData(elem, keys.Len(), []*memory.Buffer{nil}, []arrow.ArrayData{keys.Data(), values.Data()}, 0, 0)
	n := len(h.offsets) - 1
	bufs := []*memory.Buffer{h.nulls.buffer(n), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(h.offsets))}
	return array.NewListData(array.NewData(t, n, bufs, []arrow.ArrayData{pairs}, h.nulls.count, 0))
}
