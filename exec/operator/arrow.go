package operator

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
)

// bitmap gives access to bits that begin at some bit of a buffer; the zero
// bitmap has all bits set, as Arrow has it for validity.
type bitmap struct {
	bits []byte
	off  int
}

// validOf returns which rows of an array are not null.
func validOf(a arrow.Array) bitmap {
	d := a.Data()
	if d.NullN() == 0 || len(d.Buffers()) == 0 || d.Buffers()[0] == nil {
		return bitmap{}
	}
	return bitmap{d.Buffers()[0].Bytes(), d.Offset()}
}

// boolsOf returns the values of a boolean array.
func boolsOf(a arrow.Array) bitmap {
	d := a.Data()
	if d.Len() == 0 {
		return bitmap{}
	}
	return bitmap{d.Buffers()[1].Bytes(), d.Offset()}
}

func (b bitmap) at(i int) bool {
	i += b.off
	return b.bits == nil || b.bits[i>>3]>>(i&7)&1 != 0
}

// bitset is a growing list of bits under construction.
type bitset []byte

func newBitset(n int) bitset { return make(bitset, (n+7)/8) }

func (b bitset) set(i int) { b[i>>3] |= 1 << (i & 7) }
func (b bitset) put(i int, v bool) { // the bit is clear before
	if v {
		b.set(i)
	}
}

// count is the number of bits set.
func (b bitset) count() int {
	n := 0
	for _, x := range b {
		n += bits.OnesCount8(x)
	}
	return n
}

// newArray builds an array of n rows over buffers that the caller hands over;
// valid nil means no nulls.
func newArray(dt arrow.DataType, n int, valid bitset, buffers ...[]byte) arrow.Array {
	bufs := make([]*memory.Buffer, 1, 3)
	nullN := 0
	if valid != nil {
		bufs[0] = memory.NewBufferBytes(valid)
		nullN = n - valid.count()
	}
	for _, b := range buffers {
		bufs = append(bufs, memory.NewBufferBytes(b))
	}
	return array.MakeFromData(array.NewData(dt, n, bufs, nil, nullN, 0))
}

// newFixed builds an array of fixed-width values that it takes over.
func newFixed[T any](dt arrow.DataType, vals []T, valid bitset) arrow.Array {
	return newArray(dt, len(vals), valid, batch.Bytes(vals))
}

// newNulls builds an array of n nulls.
func newNulls(dt arrow.DataType, n int) arrow.Array {
	return array.MakeArrayOfNull(memory.DefaultAllocator, dt, n)
}

// textTooLong is the error for text that one Arrow array cannot hold.
func textTooLong(bytes int) error {
	return fmt.Errorf("%d bytes of text in one batch are more than a column can hold (%d); leave out or shorten the longest of them", bytes, math.MaxInt32)
}

// gatherTexts builds a string or binary array of n rows; row j is what at(j) says.
func gatherTexts(dt arrow.DataType, n int, valid bitset, at func(j int) []byte) (arrow.Array, error) {
	size := 0
	for j := range n {
		size += len(at(j))
	}
	if size > math.MaxInt32 {
		return nil, textTooLong(size)
	}
	offsets, data := make([]int32, n+1), make([]byte, 0, size)
	for j := range n {
		data = append(data, at(j)...)
		offsets[j+1] = int32(len(data))
	}
	return newArray(dt, n, valid, batch.Bytes(offsets), data), nil
}

// newBatch builds a batch of n rows without changes. Columns whose types differ
// from the schema's only in what they say of nulls inside take the schema's.
func newBatch(schema *arrow.Schema, cols []arrow.Array, n int) batch.Batch {
	for i, c := range cols {
		if want := schema.Field(i).Type; !arrow.TypeEqual(c.DataType(), want) && c.DataType().ID() == want.ID() {
			d := c.Data()
			cols[i] = array.MakeFromData(array.NewData(want, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset()))
		}
	}
	return batch.Batch{Record: array.NewRecordBatch(schema, cols, int64(n))}
}

// sizeOf is the memory that the rows of some columns take.
func sizeOf(cols []arrow.Array) int64 {
	n := int64(0)
	for _, c := range cols {
		n += arraySize(c)
	}
	return n
}

// arraySize is the memory that the rows of an array take, slices without the
// rest of their buffers.
func arraySize(a arrow.Array) int64 {
	n := int64(a.Len())
	size := n / 8 // validity
	switch a := a.(type) {
	case *array.Boolean:
		return size + n/8
	case *array.String, *array.Binary:
		offsets, _ := batch.Texts(a)
		return size + 4*n + int64(offsets[len(offsets)-1]-offsets[0])
	case array.ListLike:
		if n == 0 {
			return 0
		}
		from, _ := a.ValueOffsets(0)
		_, to := a.ValueOffsets(a.Len() - 1)
		return size + 4*n + arraySize(array.NewSlice(a.ListValues(), from, to))
	case *array.Struct:
		for k := range a.NumField() {
			size += arraySize(a.Field(k))
		}
		return size
	}
	if dt, ok := a.DataType().(arrow.FixedWidthDataType); ok {
		return size + n*int64(dt.Bytes())
	}
	return int64(a.Data().SizeInBytes())
}
