package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"github.com/riffledata/riffle/dataframe/types"
)

// leaf makes the node of a column of values.
func (b *builder) leaf(c *pq.Column, at level) (types.Type, node, error) {
	t, v, err := valuesOf(c.Type())
	if err != nil {
		return nil, nil, fmt.Errorf("the column %s: %w", types.QuoteIfNeeded(c.Name()), err)
	}
	l := &leaf{file: b.file, name: c.Name(), index: c.Index(), def: at.def, rep: at.rep, base: at.base, values: v}
	b.leaves = append(b.leaves, l)
	return t, l, nil
}

// valuesOf returns the type that values of a Parquet type have here, and what
// reads them.
func valuesOf(t pq.Type) (types.Type, values, error) {
	if logical := t.LogicalType(); logical != nil && logical.Value != nil {
		return logicalOf(t, logical.Value)
	}
	if old := t.ConvertedType(); old != nil && *old == deprecated.Interval {
		return nil, nil, noTwin(t)
	}
	switch t.Kind() {
	case pq.Boolean:
		return types.Boolean, &booleans{}, nil
	case pq.Int32:
		return fixedOf(types.Int, int32s[int32])
	case pq.Int64:
		return fixedOf(types.Long, int64s)
	case pq.Int96:
		return fixedOf(types.Timestamp, int96s)
	case pq.Float:
		return fixedOf(types.Float, func(v *encoding.Values) ([]float32, error) { return v.Float(), nil })
	case pq.Double:
		return fixedOf(types.Double, func(v *encoding.Values) ([]float64, error) { return v.Double(), nil })
	case pq.ByteArray, pq.FixedLenByteArray:
		return types.Binary, &texts{typ: arrow.BinaryTypes.Binary}, nil
	}
	return nil, nil, noTwin(t)
}

func noTwin(t pq.Type) error {
	return fmt.Errorf("the Parquet type %s has no twin here; write the column as another type, or leave it out", t)
}

func logicalOf(t pq.Type, logical format.LogicalTypeValue) (types.Type, values, error) {
	switch logical := logical.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		return types.String, &texts{typ: arrow.BinaryTypes.String}, nil
	case *format.BsonType:
		return types.Binary, &texts{typ: arrow.BinaryTypes.Binary}, nil
	case *format.NullType:
		return types.Void, nothing{}, nil
	case *format.DateType:
		return fixedOf(types.Date, int32s[int32])
	case *format.IntType:
		return integerOf(t, logical)
	case *format.DecimalType:
		return decimalOf(t, logical)
	case *format.TimestampType:
		typ := types.TimestampNTZ
		if logical.IsAdjustedToUTC {
			typ = types.Timestamp
		}
		switch logical.Unit.Value.(type) {
		case *format.MilliSeconds:
			return fixedOf(typ, fromMillis)
		case *format.MicroSeconds:
			return fixedOf(typ, int64s)
		case *format.NanoSeconds:
			return fixedOf(typ, fromNanos)
		}
	}
	return nil, nil, noTwin(t)
}

// integerOf takes numbers without a sign as the next wider type.
func integerOf(t pq.Type, logical *format.IntType) (types.Type, values, error) {
	switch {
	case logical.BitWidth == 8 && logical.IsSigned:
		return fixedOf(types.Byte, int32s[int8])
	case logical.BitWidth == 16 && logical.IsSigned, logical.BitWidth == 8:
		return fixedOf(types.Short, int32s[int16])
	case logical.BitWidth == 32 && logical.IsSigned, logical.BitWidth == 16:
		return fixedOf(types.Int, int32s[int32])
	case logical.BitWidth == 32:
		return fixedOf(types.Long, func(v *encoding.Values) ([]int64, error) { return convert[uint32, int64](v.Uint32()), nil })
	case logical.BitWidth == 64 && logical.IsSigned:
		return fixedOf(types.Long, int64s)
	}
	return nil, nil, noTwin(t)
}

func decimalOf(t pq.Type, logical *format.DecimalType) (types.Type, values, error) {
	typ := types.Decimal{Precision: int(logical.Precision), Scale: int(logical.Scale)}
	if typ.Precision < 1 || typ.Precision > 38 || typ.Scale < 0 || typ.Scale > typ.Precision {
		return nil, nil, noTwin(t)
	}
	switch t.Kind() {
	case pq.Int32:
		return fixedOf(typ, func(v *encoding.Values) ([]decimal128.Num, error) { return decimals(v.Int32()), nil })
	case pq.Int64:
		return fixedOf(typ, func(v *encoding.Values) ([]decimal128.Num, error) { return decimals(v.Int64()), nil })
	}
	return fixedOf(typ, bigEndians)
}

func fixedOf[T arrow.FixedWidthType](t types.Type, get func(*encoding.Values) ([]T, error)) (types.Type, values, error) {
	return t, &fixed[T]{typ: types.ToArrow(t), get: get}, nil
}

// int32s are values of 32 bits as those of a type that holds them.
func int32s[T int8 | int16 | int32](v *encoding.Values) ([]T, error) {
	if same, ok := any(v.Int32()).([]T); ok {
		return same, nil
	}
	return convert[int32, T](v.Int32()), nil
}

func int64s(v *encoding.Values) ([]int64, error) { return v.Int64(), nil }

func convert[S, T int8 | int16 | int32 | int64 | uint32](in []S) []T {
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = T(v)
	}
	return out
}

var errTime = errors.New("a time is too far away for microseconds in 64 bits")

func fromMillis(v *encoding.Values) ([]int64, error) {
	out := convert[int64, int64](v.Int64())
	for i, ms := range out {
		if ms > math.MaxInt64/1000 || ms < math.MinInt64/1000 {
			return nil, errTime
		}
		out[i] = ms * 1000
	}
	return out, nil
}

func fromNanos(v *encoding.Values) ([]int64, error) {
	out := convert[int64, int64](v.Int64())
	for i, ns := range out {
		if out[i] = ns / 1000; ns%1000 < 0 {
			out[i]--
		}
	}
	return out, nil
}

// int96s are the times of older programs: nanoseconds of a day, and the Julian day.
func int96s(v *encoding.Values) ([]int64, error) {
	const epoch, day = 2440588, 86400 * 1000 * 1000
	in := v.Int96()
	out := make([]int64, len(in))
	for i, t := range in {
		days := int64(int32(t[2])) - epoch
		if days > math.MaxInt64/day-1 || days < math.MinInt64/day+1 {
			return nil, errTime
		}
		out[i] = days*day + int64(uint64(t[1])<<32|uint64(t[0]))/1000
	}
	return out, nil
}

func decimals[T int32 | int64](in []T) []decimal128.Num {
	out := make([]decimal128.Num, len(in))
	for i, v := range in {
		out[i] = decimal128.FromI64(int64(v))
	}
	return out
}

// bigEndians are decimals as bytes, the sign first.
func bigEndians(v *encoding.Values) ([]decimal128.Num, error) {
	t, err := textOf(*v)
	if err != nil || len(t.offsets) == 0 {
		return nil, err
	}
	out := make([]decimal128.Num, len(t.offsets)-1)
	for i := range out {
		if out[i], err = bigEndian(t.bytes[t.offsets[i]:t.offsets[i+1]]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func bigEndian(b []byte) (decimal128.Num, error) {
	var wide [16]byte
	if len(b) > 0 && b[0]&0x80 != 0 {
		for i := range wide {
			wide[i] = 0xff
		}
	}
	for ; len(b) > 16; b = b[1:] {
		if b[0] != wide[0] || b[1]&0x80 != wide[0]&0x80 {
			return decimal128.Num{}, errors.New("a decimal has more than 128 bits")
		}
	}
	copy(wide[16-len(b):], b)
	return decimal128.New(int64(binary.BigEndian.Uint64(wide[:])), binary.BigEndian.Uint64(wide[8:])), nil
}
