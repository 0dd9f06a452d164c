package operator

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// appender appends bytes of row i of an array to dst such that comparing the
// bytes of two rows compares the rows: below, equal, above. What it appends for
// one row is never a beginning of what it appends for another, so that several
// columns may follow each other.
type appender func(dst []byte, i int) []byte

// newAppender returns the appender of an array: nulls before or after all
// values, in ascending or descending order. NaN is the largest number and equals
// itself, -0 equals 0, text compares by its bytes, lists and structs by their
// first difference. Maps have no order, which is an error.
func newAppender(a arrow.Array, desc, nullsFirst bool) (appender, error) {
	value, err := valueAppender(a)
	if err != nil {
		return nil, err
	}
	value = direction(value, desc)
	valid, void := validOf(a), a.DataType().ID() == arrow.NULL
	null := byte(2)
	if nullsFirst {
		null = 0
	}
	return func(dst []byte, i int) []byte {
		if void || !valid.at(i) {
			return append(dst, null)
		}
		return value(append(dst, 1), i)
	}, nil
}

// direction turns the order round where desc is set.
func direction(f appender, desc bool) appender {
	if !desc {
		return f
	}
	return func(dst []byte, i int) []byte {
		from := len(dst)
		dst = f(dst, i)
		for k := from; k < len(dst); k++ {
			dst[k] = ^dst[k]
		}
		return dst
	}
}

func valueAppender(a arrow.Array) (appender, error) {
	switch a.DataType().ID() {
	case arrow.NULL:
		return func(dst []byte, _ int) []byte { return dst }, nil
	case arrow.BOOL:
		vals := boolsOf(a)
		return func(dst []byte, i int) []byte { return append(dst, byte(b2i(vals.at(i)))) }, nil
	case arrow.STRING, arrow.BINARY:
		offsets, data := batch.Texts(a)
		return func(dst []byte, i int) []byte { return appendText(dst, data[offsets[i]:offsets[i+1]]) }, nil
	case arrow.DECIMAL128:
		vals := batch.Values[decimal128.Num](a)
		return func(dst []byte, i int) []byte {
			return binary.BigEndian.AppendUint64(appendInt(dst, vals[i].HighBits()), vals[i].LowBits())
		}, nil
	case arrow.INTERVAL_MONTH_DAY_NANO:
		vals := batch.Values[arrow.MonthDayNanoInterval](a)
		return func(dst []byte, i int) []byte {
			days, nanos := kernel.SpanDays(vals[i])
			return appendInt(appendInt(appendInt(dst, int64(vals[i].Months)), days), nanos)
		}, nil
	case arrow.STRUCT:
		return structAppender(a.(*array.Struct))
	case arrow.LIST:
		return listAppender(a.(*array.List))
	}
	if f := orderedWords(a); f != nil {
		return func(dst []byte, i int) []byte { return appendInt(dst, f(i)) }, nil
	}
	return nil, fmt.Errorf("values of Arrow type %s have no order", a.DataType())
}

// orderedWords returns the values of a column as integers of the same order;
// nil where they are not numbers of at most 64 bits.
func orderedWords(a arrow.Array) func(i int) int64 {
	switch a.DataType().ID() {
	case arrow.INT8:
		return intAt(batch.Values[int8](a))
	case arrow.INT16:
		return intAt(batch.Values[int16](a))
	case arrow.INT32, arrow.DATE32:
		return intAt(batch.Values[int32](a))
	case arrow.INT64, arrow.TIMESTAMP:
		return intAt(batch.Values[int64](a))
	case arrow.FLOAT32:
		vals := batch.Values[float32](a)
		return func(i int) int64 { return floatOrder(float64(vals[i])) }
	case arrow.FLOAT64:
		vals := batch.Values[float64](a)
		return func(i int) int64 { return floatOrder(vals[i]) }
	}
	return nil
}

func intAt[T int8 | int16 | int32 | int64](vals []T) func(i int) int64 {
	return func(i int) int64 { return int64(vals[i]) }
}

// floatOrder maps floats to integers of the same order: -0 as 0, NaN largest.
func floatOrder(f float64) int64 {
	if f != f {
		return math.MaxInt64
	}
	u := int64(math.Float64bits(f + 0)) // -0 + 0 is 0
	return u ^ int64(uint64(u>>63)>>1)
}

func appendInt(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v)^1<<63)
}

// appendText ends text with two zero bytes, and writes a zero byte in it as 0
// and 255: so a text comes before all that begin with it.
func appendText(dst, s []byte) []byte {
	for _, c := range s {
		if dst = append(dst, c); c == 0 {
			dst = append(dst, 0xFF)
		}
	}
	return append(dst, 0, 0)
}

// valuesAppender is newAppender for arrays none of which has nulls: without the
// byte that tells nulls from values.
func valuesAppender(a arrow.Array, desc bool) (appender, error) {
	value, err := valueAppender(a)
	return direction(value, desc), err
}

func structAppender(a *array.Struct) (appender, error) {
	fields := make([]appender, a.NumField())
	for k := range fields {
		f, err := newAppender(a.Field(k), false, true)
		if err != nil {
			return nil, err
		}
		fields[k] = f
	}
	return func(dst []byte, i int) []byte {
		for _, f := range fields {
			dst = f(dst, i)
		}
		return dst
	}, nil
}

// listAppender writes a 1 before each element and a 0 at the end: so a list
// comes before all that begin with it.
func listAppender(a *array.List) (appender, error) {
	elem, err := newAppender(a.ListValues(), false, true)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, i int) []byte {
		from, to := a.ValueOffsets(i)
		for k := from; k < to; k++ {
			dst = elem(append(dst, 1), int(k))
		}
		return append(dst, 0)
	}, nil
}
