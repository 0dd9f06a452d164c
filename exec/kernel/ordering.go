package kernel

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Comparator compares row i of one array with row j of another: below 0, 0 or
// above 0. A null comes before all values and equals a null.
type Comparator func(i, j int) int

// NewComparator returns the order of two arrays of one type: numbers by value,
// NaN above all and equal to itself, -0 equal to 0; text by its bytes; lists
// and structs by their first difference. Maps have no order.
func NewComparator(a, b arrow.Array) (Comparator, error) {
	c, err := valueComparator(a, b)
	if err != nil {
		return nil, err
	}
	na, nb := nullsOfArray(a), nullsOfArray(b)
	if na.none() && nb.none() {
		return c, nil
	}
	return func(i, j int) int {
		switch x, y := na.at(i), nb.at(j); {
		case x && y:
			return 0
		case x:
			return -1
		case y:
			return 1
		}
		return c(i, j)
	}, nil
}

func valueComparator(a, b arrow.Array) (Comparator, error) {
	switch a.DataType().ID() {
	case arrow.NULL:
		return func(int, int) int { return 0 }, nil
	case arrow.BOOL:
		x, y := boolsOf(a), boolsOf(b)
		return func(i, j int) int { return int(b2u(x.at(i))) - int(b2u(y.at(j))) }, nil
	case arrow.INT8:
		return orderedComparator[int8](a, b), nil
	case arrow.INT16:
		return orderedComparator[int16](a, b), nil
	case arrow.INT32, arrow.DATE32:
		return orderedComparator[int32](a, b), nil
	case arrow.INT64, arrow.TIMESTAMP:
		return orderedComparator[int64](a, b), nil
	case arrow.FLOAT32:
		x, y := values[float32](a), values[float32](b)
		return func(i, j int) int { return cmp.Compare(floatKey(float64(x[i])), floatKey(float64(y[j]))) }, nil
	case arrow.FLOAT64:
		x, y := values[float64](a), values[float64](b)
		return func(i, j int) int { return cmp.Compare(floatKey(x[i]), floatKey(y[j])) }, nil
	case arrow.DECIMAL128:
		x, y := values[decimal128.Num](a), values[decimal128.Num](b)
		return func(i, j int) int { return x[i].Cmp(y[j]) }, nil
	case arrow.STRING, arrow.BINARY:
		x, y := textsOf(a), textsOf(b)
		return func(i, j int) int { return bytes.Compare(x.bytes(i), y.bytes(j)) }, nil
	case arrow.INTERVAL_MONTH_DAY_NANO:
		x, y := values[arrow.MonthDayNanoInterval](a), values[arrow.MonthDayNanoInterval](b)
		return func(i, j int) int { return compareIntervals(x[i], y[j]) }, nil
	case arrow.LIST:
		return listComparator(a.(*array.List), b.(*array.List))
	case arrow.STRUCT:
		return structComparator(a.(*array.Struct), b.(*array.Struct))
	}
	return nil, fmt.Errorf("values of Arrow type %s have no order", a.DataType())
}

func orderedComparator[T int8 | int16 | int32 | int64](a, b arrow.Array) Comparator {
	x, y := values[T](a), values[T](b)
	return func(i, j int) int { return cmp.Compare(x[i], y[j]) }
}

// compareIntervals orders spans by months, which have no fixed length, and then by
// time: a day is as long as 24 hours.
func compareIntervals(x, y arrow.MonthDayNanoInterval) int {
	xDays, xRest := SpanDays(x)
	yDays, yRest := SpanDays(y)
	return cmp.Or(cmp.Compare(x.Months, y.Months), cmp.Compare(xDays, yDays), cmp.Compare(xRest, yRest))
}

// SpanDays returns the time of a span besides its months as whole days of 24 hours
// and the nanoseconds that are left, at least 0 and less than a day.
func SpanDays(v arrow.MonthDayNanoInterval) (days, nanos int64) {
	const day = 24 * int64(time.Hour)
	days, nanos = v.Nanoseconds/day, v.Nanoseconds%day
	if nanos < 0 {
		days, nanos = days-1, nanos+day
	}
	return days + int64(v.Days), nanos
}

// floatKey maps floats to integers of the same order: -0 as 0, NaN largest.
func floatKey(f float64) int64 {
	if f != f {
		return math.MaxInt64
	}
	u := int64(math.Float64bits(f + 0)) // -0 + 0 is 0
	return u ^ int64(uint64(u>>63)>>1)
}

func listComparator(a, b *array.List) (Comparator, error) {
	elem, err := NewComparator(a.ListValues(), b.ListValues())
	if err != nil {
		return nil, err
	}
	return func(i, j int) int {
		from, to := a.ValueOffsets(i)
		from2, to2 := b.ValueOffsets(j)
		for k := int64(0); from+k < to && from2+k < to2; k++ {
			if c := elem(int(from+k), int(from2+k)); c != 0 {
				return c
			}
		}
		return cmp.Compare(to-from, to2-from2)
	}, nil
}

func structComparator(a, b *array.Struct) (Comparator, error) {
	fields := make([]Comparator, a.NumField())
	for k := range fields {
		c, err := NewComparator(a.Field(k), b.Field(k))
		if err != nil {
			return nil, err
		}
		fields[k] = c
	}
	return func(i, j int) int {
		for _, f := range fields {
			if c := f(i, j); c != 0 {
				return c
			}
		}
		return 0
	}, nil
}

func b2u(b bool) byte {
	if b {
		return 1
	}
	return 0
}
