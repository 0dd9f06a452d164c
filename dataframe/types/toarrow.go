package types

import (
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Record returns rows as a record batch of the schema's Arrow twin. Each row
// has a value for each column, of the Go type that stands beside its type; an
// int is taken for every integral type that it fits. This is for small inputs
// (tests, literals, lookup tables), not for the hot path.
func Record(schema *Schema, rows [][]any) (arrow.RecordBatch, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema.Arrow())
	for r, row := range rows {
		if len(row) != schema.Len() {
			return nil, fmt.Errorf("row %d has %d values for %d columns", r+1, len(row), schema.Len())
		}
		for c, v := range row {
			f := schema.Field(c)
			if v == nil && !f.Nullable {
				return nil, fmt.Errorf("row %d: column %s may not be null", r+1, QuoteIfNeeded(f.Name))
			}
			if !appendValue(b.Field(c), f.Type, v) {
				return nil, fmt.Errorf("row %d, column %s: %v (%T) is not of type %s", r+1, QuoteIfNeeded(f.Name), v, v, f.Type.Name())
			}
		}
	}
	return b.NewRecordBatch(), nil
}

func appendValue(b array.Builder, t Type, v any) bool {
	if v == nil {
		b.AppendNull()
		return true
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		x, ok := v.(bool)
		b.Append(x)
		return ok
	case *array.Int8Builder:
		x, ok := integer(v, math.MinInt8, math.MaxInt8)
		b.Append(int8(x))
		return ok
	case *array.Int16Builder:
		x, ok := integer(v, math.MinInt16, math.MaxInt16)
		b.Append(int16(x))
		return ok
	case *array.Int32Builder:
		x, ok := integer(v, math.MinInt32, math.MaxInt32)
		b.Append(int32(x))
		return ok
	case *array.Int64Builder:
		x, ok := integer(v, math.MinInt64, math.MaxInt64)
		b.Append(x)
		return ok
	case *array.Float32Builder:
		x, ok := v.(float32)
		b.Append(x)
		return ok
	case *array.Float64Builder:
		x, ok := float(v)
		b.Append(x)
		return ok
	case *array.StringBuilder:
		x, ok := v.(string)
		b.Append(x)
		return ok
	case *array.BinaryBuilder:
		x, ok := v.([]byte)
		b.Append(x)
		return ok
	}
	return appendOther(b, t, v)
}

func appendOther(b array.Builder, t Type, v any) bool {
	switch b := b.(type) {
	case *array.Date32Builder:
		x, ok := v.(Day)
		b.Append(arrow.Date32(x))
		return ok
	case *array.TimestampBuilder:
		x, ok := v.(time.Time)
		b.Append(arrow.Timestamp(x.UnixMicro()))
		return ok
	case *array.Decimal128Builder:
		x, ok := v.(Dec)
		b.Append(x.Unscaled)
		return ok && x.Scale == t.(Decimal).Scale
	case *array.MonthDayNanoIntervalBuilder:
		x, ok := v.(Duration)
		b.Append(arrow.MonthDayNanoInterval{Months: x.Months, Days: x.Days, Nanoseconds: x.Micros * 1000})
		return ok
	case *array.MapBuilder:
		return appendMap(b, t.(Map), v)
	case *array.ListBuilder:
		x, ok := v.([]any)
		b.Append(true)
		for _, e := range x {
			ok = ok && appendValue(b.ValueBuilder(), t.(Array).Elem, e)
		}
		return ok
	case *array.StructBuilder:
		return appendStruct(b, t.(Struct), v)
	}
	return false
}

func appendMap(b *array.MapBuilder, t Map, v any) bool {
	x, ok := v.(map[any]any)
	b.Append(true)
	for k, e := range x {
		ok = ok && k != nil && appendValue(b.KeyBuilder(), t.Key, k) && appendValue(b.ItemBuilder(), t.Value, e)
	}
	return ok
}

func appendStruct(b *array.StructBuilder, t Struct, v any) bool {
	x, ok := v.(Row)
	ok = ok && x.Len() == len(t.Fields)
	b.Append(true)
	for i, f := range t.Fields {
		var cell any
		if ok {
			cell = x.At(i)
		}
		ok = appendValue(b.FieldBuilder(i), f.Type, cell) && ok
	}
	return ok
}

func integer(v any, low, high int64) (int64, bool) {
	var x int64
	switch v := v.(type) {
	case int:
		x = int64(v)
	case int8:
		x = int64(v)
	case int16:
		x = int64(v)
	case int32:
		x = int64(v)
	case int64:
		x = v
	case uint8:
		x = int64(v)
	case uint16:
		x = int64(v)
	case uint32:
		x = int64(v)
	default:
		return 0, false
	}
	return x, x >= low && x <= high
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case int:
		return float64(v), true
	}
	return 0, false
}
