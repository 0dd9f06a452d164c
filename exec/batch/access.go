package batch

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

// Values returns the values of an array of fixed width as they lie in its
// buffer, those of null rows included. T is as wide as a value. The slice must
// not be changed.
func Values[T any](a arrow.Array) []T {
	d := a.Data()
	if d.Len() == 0 {
		return nil
	}
	return viewed[T](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()]
}

// Texts returns the rows of a string or binary array, not a large one or a view:
// row i is data[offsets[i]:offsets[i+1]]. Neither may be changed.
func Texts(a arrow.Array) (offsets []int32, data []byte) {
	d := a.Data()
	if d.Len() == 0 {
		return []int32{0}, nil
	}
	if d.Buffers()[2] != nil {
		data = d.Buffers()[2].Bytes()
	}
	return viewed[int32](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1], data
}

func viewed[T any](b []byte) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(t)))
}

// Bytes returns the memory of values of fixed width, for the buffer of an array.
func Bytes[T any](v []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(t)))
}
