package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// makeArray builds an array of n rows over buffers and children that the caller
// hands over.
func makeArray(dt arrow.DataType, n int, m nulls, children []arrow.ArrayData, buffers ...[]byte) arrow.Array {
	bufs := make([]*memory.Buffer, 1, 3)
	if m.bits != nil {
		bufs[0] = memory.NewBufferBytes(m.bits)
	}
	for _, b := range buffers {
		bufs = append(bufs, memory.NewBufferBytes(b))
	}
	return array.MakeFromData(array.NewData(dt, n, bufs, children, m.count(), 0))
}

// newFixed returns an array of the given values; it takes them over.
func newFixed[T fixed](dt arrow.DataType, vals []T, m nulls) arrow.Array {
	return makeArray(dt, len(vals), m, nil, batch.Bytes(vals))
}

// newBools returns a boolean array of n rows over a bitmap, which it takes over.
func newBools(bits []byte, n int, m nulls) arrow.Array {
	return makeArray(arrow.FixedWidthTypes.Boolean, n, m, nil, bits)
}

// newTexts returns a string or binary array; it takes the slices over. There is
// one offset more than rows.
func newTexts(dt arrow.DataType, offsets []int32, data []byte, m nulls) arrow.Array {
	return makeArray(dt, len(offsets)-1, m, nil, batch.Bytes(offsets), data)
}

// newStruct returns a struct array of n rows over its fields' arrays.
func newStruct(dt arrow.DataType, n int, fields []arrow.Array, m nulls) arrow.Array {
	return makeArray(dt, n, m, dataOf(fields))
}

// newList returns a list array: row i is elements offsets[i] to offsets[i+1].
func newList(dt arrow.DataType, offsets []int32, elems arrow.Array, m nulls) arrow.Array {
	return makeArray(dt, len(offsets)-1, m, dataOf([]arrow.Array{elems}), batch.Bytes(offsets))
}

func dataOf(arrays []arrow.Array) []arrow.ArrayData {
	out := make([]arrow.ArrayData, len(arrays))
	for i, a := range arrays {
		out[i] = a.Data()
	}
	return out
}

// relabel returns the same buffers as an array of another type of the same
// layout: binary as string, int32 as date.
func relabel(a arrow.Array, dt arrow.DataType) arrow.Array {
	d := a.Data()
	return array.MakeFromData(array.NewData(dt, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset()))
}

// withNulls returns the array with other nulls.
func withNulls(a arrow.Array, m nulls) arrow.Array {
	d := a.Data()
	bits := m.bits
	if off := d.Offset(); off > 0 && bits != nil {
		bits = make([]byte, (off+d.Len()+7)/8)
		copyBits(bits, off, m.bits, 0, d.Len())
	}
	bufs := append([]*memory.Buffer(nil), d.Buffers()...)
	bufs[0] = nil
	if bits != nil {
		bufs[0] = memory.NewBufferBytes(bits)
	}
	return array.MakeFromData(array.NewData(d.DataType(), d.Len(), bufs, d.Children(), m.count(), d.Offset()))
}

// nullArray returns n null rows of a type, one that holds void included, of
// which arrow's own function makes none.
func nullArray(dt arrow.DataType, n int) arrow.Array { return array.MakeFromData(nullData(dt, n)) }

func nullData(dt arrow.DataType, n int) arrow.ArrayData {
	bufs := []*memory.Buffer{memory.NewBufferBytes(allNull(n).bits)}
	var children []arrow.ArrayData
	switch t := dt.(type) {
	case *arrow.NullType:
		bufs[0] = nil
	case *arrow.StructType:
		for _, f := range t.Fields() {
			children = append(children, nullData(f.Type, n))
		}
	case *arrow.ListType:
		bufs = append(bufs, zeros(4*(n+1)))
		children = append(children, nullData(t.Elem(), 0))
	case *arrow.MapType:
		bufs = append(bufs, zeros(4*(n+1)))
		entries := []arrow.ArrayData{nullData(t.KeyType(), 0), nullData(t.ItemType(), 0)}
		children = append(children, array.NewData(t.Elem(), 0, []*memory.Buffer{nil}, entries, 0, 0))
	case *arrow.StringType, *arrow.BinaryType:
		bufs = append(bufs, zeros(4*(n+1)), zeros(0))
	case arrow.FixedWidthDataType:
		bufs = append(bufs, zeros((t.BitWidth()*n+7)/8))
	}
	return array.NewData(dt, n, bufs, children, n, 0)
}

func zeros(bytes int) *memory.Buffer { return memory.NewBufferBytes(make([]byte, bytes)) }

// nullValue is the constant NULL of a type.
func nullValue(t types.Type) Value { return Value{nullArray(types.ToArrow(t), 1), true} }

// textBuilder writes the rows of a string or binary array, in ascending order:
//
//	b.row(i)
//	b.data = append(b.data, ...)
//
// Rows that are left out are empty.
type textBuilder struct {
	offsets []int32
	data    []byte
	next    int // rows before it have their offset
}

func newTextBuilder(n, bytes int) textBuilder {
	return textBuilder{offsets: make([]int32, n+1), data: make([]byte, 0, bytes)}
}

// row begins row i: what is appended to data from now on belongs to it.
func (b *textBuilder) row(i int) {
	end := int32(len(b.data))
	for ; b.next <= i; b.next++ {
		b.offsets[b.next] = end
	}
}

// finish returns the array.
func (b *textBuilder) finish(dt arrow.DataType, m nulls) arrow.Array {
	b.row(len(b.offsets) - 1)
	return newTexts(dt, b.offsets, b.data, m)
}

// value returns the rows as text, or the error; text of more than 2 GB is one.
func (b *textBuilder) value(m nulls, err error) (Value, error) {
	if err == nil && len(b.data) > maxBytes {
		err = errTooLong
	}
	if err != nil {
		return Value{}, err
	}
	return Value{Array: b.finish(arrow.BinaryTypes.String, m)}, nil
}

// boolBuilder writes the rows of a boolean array in any order; the others are false.
type boolBuilder struct {
	bits []byte
	n    int
}

func newBoolBuilder(n int) boolBuilder { return boolBuilder{make([]byte, (n+7)/8), n} }

func (b *boolBuilder) set(i int, v bool) {
	if v {
		b.bits[i>>3] |= 1 << (i & 7)
	}
}

func (b *boolBuilder) finish(m nulls) arrow.Array { return newBools(b.bits, b.n, m) }
