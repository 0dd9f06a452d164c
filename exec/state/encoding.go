package state

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Appender appends the canonical encoding of row i of a column to dst. Two
// values have the same bytes just if they are equal: types of one family (the
// integers; float and double) do not differ, nor do -0 and 0, NaNs, or decimals
// of different scale, nor plain columns and dictionaries or views of them. The
// encoding of a key is that of its columns, one after the other.
//
// A value is a tag and then, all little-endian:
//
//	00 null
//	01 boolean        1 byte
//	02 integer        8 bytes
//	03 float          8 bytes: a double, NaN as 7FF8000000000000
//	04 string         4 bytes length, then UTF-8 as it came
//	05 binary         4 bytes length, then the bytes
//	06 date           8 bytes: days
//	07 timestamp      1 byte unit (the negative power of ten of a second: 6), 8 bytes
//	08 timestamp_ntz  the same
//	09 decimal        1 byte scale, 16 bytes unscaled, without trailing zeros in the fraction
//	0A interval       8 bytes months, 8 days, 8 nanoseconds
//	0B struct         4 bytes length, then its fields
//	0C array          4 bytes number of elements, then the elements
//	0D in order       the rest of the key: bytes by which it is ordered, as a last binary column
type Appender func(dst []byte, i int) []byte

const (
	tagNull = iota
	tagBoolean
	tagInteger
	tagFloat
	tagString
	tagBinary
	tagDate
	tagTimestamp
	tagTimestampNTZ
	tagDecimal
	tagInterval
	tagStruct
	tagArray
	tagOrdered
)

var little = binary.LittleEndian

// NewAppender returns the appender of a column. Maps cannot be keys: an error.
func NewAppender(a arrow.Array) (Appender, error) {
	if a.DataType().ID() == arrow.NULL {
		return func(dst []byte, _ int) []byte { return append(dst, tagNull) }, nil
	}
	value, err := valueAppender(a)
	if err != nil {
		return nil, err
	}
	if a.NullN() == 0 {
		return value, nil
	}
	return func(dst []byte, i int) []byte {
		if a.IsNull(i) {
			return append(dst, tagNull)
		}
		return value(dst, i)
	}, nil
}

func valueAppender(a arrow.Array) (Appender, error) {
	switch a := a.(type) {
	case *array.Boolean:
		return func(dst []byte, i int) []byte {
			if a.Value(i) {
				return append(dst, tagBoolean, 1)
			}
			return append(dst, tagBoolean, 0)
		}, nil
	case *array.Int8:
		return integers(a.Int8Values()), nil
	case *array.Int16:
		return integers(a.Int16Values()), nil
	case *array.Int32:
		return integers(a.Int32Values()), nil
	case *array.Int64:
		return integers(a.Int64Values()), nil
	case *array.Float32:
		return floats(a.Float32Values()), nil
	case *array.Float64:
		return floats(a.Float64Values()), nil
	case *array.Date32:
		return func(dst []byte, i int) []byte { return appendInt(append(dst, tagDate), int64(a.Value(i))) }, nil
	case *array.Timestamp:
		return timestamps(a), nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(dst []byte, i int) []byte { return appendDecimal(dst, a.Value(i), scale) }, nil
	case *array.MonthDayNanoInterval:
		return func(dst []byte, i int) []byte {
			v := a.Value(i)
			return appendInt(appendInt(appendInt(append(dst, tagInterval), int64(v.Months)), int64(v.Days)), v.Nanoseconds)
		}, nil
	}
	return textOrNestedAppender(a)
}

func textOrNestedAppender(a arrow.Array) (Appender, error) {
	switch a := a.(type) {
	case *array.String:
		return texts(tagString, a.Value), nil
	case *array.LargeString:
		return texts(tagString, a.Value), nil
	case *array.StringView:
		return texts(tagString, a.Value), nil
	case *array.Binary:
		return texts(tagBinary, a.ValueString), nil
	case *array.LargeBinary:
		return texts(tagBinary, a.ValueString), nil
	case *array.BinaryView:
		return texts(tagBinary, a.ValueString), nil
	case *array.Dictionary:
		f, err := NewAppender(a.Dictionary())
		return func(dst []byte, i int) []byte { return f(dst, a.GetValueIndex(i)) }, err
	case *array.Struct:
		return structs(a)
	case *array.List:
		return lists(a)
	}
	return nil, fmt.Errorf("a column of type %s cannot be part of a key; use parts of it", a.DataType())
}

// Ordered is what stands at the end of keys that are to be in the order of the bytes
// that f appends. It is read as a binary column.
func Ordered(f Appender) Appender {
	return func(dst []byte, i int) []byte { return f(append(dst, tagOrdered), i) }
}

func appendInt(dst []byte, v int64) []byte { return little.AppendUint64(dst, uint64(v)) }

func integers[T int8 | int16 | int32 | int64](vals []T) Appender {
	return func(dst []byte, i int) []byte { return appendInt(append(dst, tagInteger), int64(vals[i])) }
}

const canonicalNaN = 0x7FF8000000000000

func floats[T float32 | float64](vals []T) Appender {
	return func(dst []byte, i int) []byte {
		v := float64(vals[i])
		bits := math.Float64bits(v + 0) // -0 + 0 is 0
		if v != v {
			bits = canonicalNaN
		}
		return little.AppendUint64(append(dst, tagFloat), bits)
	}
}

func timestamps(a *array.Timestamp) Appender {
	dt := a.DataType().(*arrow.TimestampType)
	tag, unit := byte(tagTimestamp), byte(3*int(dt.Unit)) // seconds 0, milli 3, micro 6, nano 9
	if dt.TimeZone == "" {
		tag = tagTimestampNTZ
	}
	return func(dst []byte, i int) []byte { return appendInt(append(dst, tag, unit), int64(a.Value(i))) }
}

// appendDecimal writes a number without the zeros that end its fraction.
func appendDecimal(dst []byte, v decimal128.Num, scale int32) []byte {
	if v.Sign() == 0 {
		scale = 0
	}
	for ; scale > 0; scale-- {
		q, r := tenth(v)
		if r != 0 {
			break
		}
		v = q
	}
	dst = append(dst, tagDecimal, byte(scale))
	return appendInt(little.AppendUint64(dst, v.LowBits()), v.HighBits())
}

// tenth divides by ten.
func tenth(v decimal128.Num) (decimal128.Num, int64) {
	if low := int64(v.LowBits()); v.HighBits() == low>>63 {
		return decimal128.FromI64(low / 10), low % 10
	}
	q, r := new(big.Int).QuoRem(v.BigInt(), big.NewInt(10), new(big.Int))
	return decimal128.FromBigInt(q), r.Int64()
}

func texts(tag byte, value func(int) string) Appender {
	return func(dst []byte, i int) []byte {
		s := value(i)
		return append(little.AppendUint32(append(dst, tag), uint32(len(s))), s...)
	}
}

func structs(a *array.Struct) (Appender, error) {
	fields := make([]Appender, a.NumField())
	for k := range fields {
		f, err := NewAppender(a.Field(k))
		if err != nil {
			return nil, err
		}
		fields[k] = f
	}
	return func(dst []byte, i int) []byte {
		dst = append(dst, tagStruct, 0, 0, 0, 0)
		from := len(dst)
		for _, f := range fields {
			dst = f(dst, i)
		}
		little.PutUint32(dst[from-4:], uint32(len(dst)-from))
		return dst
	}, nil
}

func lists(a *array.List) (Appender, error) {
	elem, err := NewAppender(a.ListValues())
	return func(dst []byte, i int) []byte {
		from, to := a.ValueOffsets(i)
		dst = little.AppendUint32(append(dst, tagArray), uint32(to-from))
		for k := from; k < to; k++ {
			dst = elem(dst, int(k))
		}
		return dst
	}, err
}
