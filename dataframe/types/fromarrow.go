package types

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Value returns row i of an Arrow column as the Go value that its type has in a
// Row. Text and bytes are copies: they do not keep the column alive.
func Value(col arrow.Array, i int) any {
	if _, void := col.(*array.Null); void || col.IsNull(i) { // an array of type void has no bitmap
		return nil
	}
	switch a := col.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return a.Value(i)
	case *array.Int16:
		return a.Value(i)
	case *array.Int32:
		return a.Value(i)
	case *array.Int64:
		return a.Value(i)
	case *array.Float32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.String:
		return strings.Clone(a.Value(i))
	case *array.StringView:
		return strings.Clone(a.Value(i))
	case *array.Binary:
		return append([]byte{}, a.Value(i)...)
	case *array.BinaryView:
		return append([]byte{}, a.Value(i)...)
	case *array.Date32:
		return Day(a.Value(i))
	case *array.Timestamp:
		return time.UnixMicro(int64(a.Value(i))).UTC()
	case *array.Decimal128:
		t := a.DataType().(*arrow.Decimal128Type)
		return Dec{a.Value(i), int(t.Precision), int(t.Scale)}
	case *array.MonthDayNanoInterval:
		v := a.Value(i)
		return Duration{v.Months, v.Days, v.Nanoseconds / 1000}
	}
	return nestedValue(col, i)
}

func nestedValue(col arrow.Array, i int) any {
	switch a := col.(type) {
	case *array.Map:
		from, to := a.ValueOffsets(i)
		out := make(map[any]any, to-from)
		for j := from; j < to; j++ {
			out[Value(a.Keys(), int(j))] = Value(a.Items(), int(j))
		}
		return out
	case *array.List:
		from, to := a.ValueOffsets(i)
		out := make([]any, 0, to-from)
		for j := from; j < to; j++ {
			out = append(out, Value(a.ListValues(), int(j)))
		}
		return out
	case *array.Struct:
		st := a.DataType().(*arrow.StructType)
		fields, err := fromArrowFields(st.Fields())
		if err != nil {
			return err.Error()
		}
		values := make([]any, a.NumField())
		for f := range values {
			values[f] = Value(a.Field(f), i)
		}
		return NewRow(NewSchema(fields...), values)
	}
	panic(fmt.Sprintf("types: no value of %s in a row", col.DataType()))
}

// Rows returns the rows of a record batch, in order.
func Rows(schema *Schema, rec arrow.RecordBatch) []Row {
	n := int(rec.NumRows())
	rows := make([]Row, n)
	cells := make([]any, n*schema.Len())
	for i := range rows {
		rows[i] = Row{schema, cells[i*schema.Len() : (i+1)*schema.Len() : (i+1)*schema.Len()]}
	}
	for c := range schema.Len() {
		col := rec.Column(c)
		for i := range rows {
			rows[i].values[c] = Value(col, i)
		}
	}
	return rows
}
