package parquet

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	pq "github.com/parquet-go/parquet-go"
)

// filler appends the values of an array without levels; what it gives for nulls is
// not looked at. It refuses an array of another type.
type filler func(dst []pq.Value, a arrow.Array, from, to int) (out []pq.Value, ok bool)

// fillOf is a filler of arrays of one type.
func fillOf[A arrow.Array](dst []pq.Value, a arrow.Array, from, to int, value func(a A, i int) pq.Value) ([]pq.Value, bool) {
	in, ok := a.(A)
	if !ok {
		return dst, false
	}
	for i := from; i < to; i++ {
		dst = append(dst, value(in, i))
	}
	return dst, true
}

func fillBooleans(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Boolean, i int) pq.Value { return pq.BooleanValue(a.Value(i)) })
}

func fillInt8s(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Int8, i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) })
}

func fillInt16s(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Int16, i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) })
}

func fillInt32s(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Int32, i int) pq.Value { return pq.Int32Value(a.Value(i)) })
}

func fillInt64s(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Int64, i int) pq.Value { return pq.Int64Value(a.Value(i)) })
}

func fillFloats(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Float32, i int) pq.Value { return pq.FloatValue(a.Value(i)) })
}

func fillDoubles(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Float64, i int) pq.Value { return pq.DoubleValue(a.Value(i)) })
}

func fillStrings(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	in, ok := a.(*array.String)
	if !ok {
		return dst, false
	}
	bytes, offsets := in.ValueBytes(), in.ValueOffsets()
	for i := from; i < to; i++ {
		dst = append(dst, pq.ByteArrayValue(bytes[offsets[i]-offsets[0]:offsets[i+1]-offsets[0]]))
	}
	return dst, true
}

func fillBinaries(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Binary, i int) pq.Value { return pq.ByteArrayValue(a.Value(i)) })
}

func fillDates(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Date32, i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) })
}

func fillTimes(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Timestamp, i int) pq.Value { return pq.Int64Value(int64(a.Value(i))) })
}

func fillDecimals32(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Decimal128, i int) pq.Value { return pq.Int32Value(int32(a.Value(i).LowBits())) })
}

func fillDecimals64(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	return fillOf(dst, a, from, to, func(a *array.Decimal128, i int) pq.Value { return pq.Int64Value(int64(a.Value(i).LowBits())) })
}

func fillDecimals(dst []pq.Value, a arrow.Array, from, to int) ([]pq.Value, bool) {
	room := make([]byte, 16*(to-from))
	return fillOf(dst, a, from, to, func(a *array.Decimal128, i int) pq.Value {
		b := room[16*(i-from):][:16]
		v := a.Value(i)
		binary.BigEndian.PutUint64(b, uint64(v.HighBits()))
		binary.BigEndian.PutUint64(b[8:], v.LowBits())
		return pq.FixedLenByteArrayValue(b)
	})
}
