package types

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

var arrowOf = map[*Basic]arrow.DataType{
	Void: arrow.Null, Boolean: arrow.FixedWidthTypes.Boolean,
	Byte: arrow.PrimitiveTypes.Int8, Short: arrow.PrimitiveTypes.Int16,
	Int: arrow.PrimitiveTypes.Int32, Long: arrow.PrimitiveTypes.Int64,
	Float: arrow.PrimitiveTypes.Float32, Double: arrow.PrimitiveTypes.Float64,
	String: arrow.BinaryTypes.String, Binary: arrow.BinaryTypes.Binary,
	Date:         arrow.FixedWidthTypes.Date32,
	Timestamp:    &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	TimestampNTZ: &arrow.TimestampType{Unit: arrow.Microsecond},
	Interval:     arrow.FixedWidthTypes.MonthDayNanoInterval,
}

// ToArrow returns the Arrow type that a column of type t has.
func ToArrow(t Type) arrow.DataType {
	switch t := t.(type) {
	case *Basic:
		return arrowOf[t]
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case Array:
		return arrow.ListOfField(arrow.Field{Name: "item", Type: ToArrow(t.Elem), Nullable: t.ContainsNull})
	case Map:
		m := arrow.MapOf(ToArrow(t.Key), ToArrow(t.Value))
		m.SetItemNullable(t.ValueContainsNull)
		return m
	case Struct:
		return arrow.StructOf(arrowFields(t.Fields)...)
	}
	panic(fmt.Sprintf("types: no Arrow type for %T", t))
}

// Arrow returns the Arrow schema of the columns, without metadata.
func (s *Schema) Arrow() *arrow.Schema { return arrow.NewSchema(arrowFields(s.fields), nil) }

func arrowFields(fields []Field) []arrow.Field {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		out[i] = arrow.Field{Name: f.Name, Type: ToArrow(f.Type), Nullable: f.Nullable}
	}
	return out
}

// FromArrow returns the type of a column of Arrow type t: dictionaries as their
// values, views and large types as the plain ones, unsigned integers as the
// next wider signed ones, times of any unit as timestamps. An Arrow type that
// has no twin is an error.
func FromArrow(t arrow.DataType) (Type, error) {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return FromArrow(t.ValueType)
	case *arrow.TimestampType:
		if t.TimeZone == "" {
			return TimestampNTZ, nil
		}
		return Timestamp, nil
	case *arrow.Decimal128Type:
		return Decimal{int(t.Precision), int(t.Scale)}, nil
	case *arrow.ListType:
		elem, err := FromArrow(t.Elem())
		return Array{elem, t.ElemField().Nullable}, err
	case *arrow.MapType:
		key, err := FromArrow(t.KeyType())
		if err != nil {
			return nil, err
		}
		value, err := FromArrow(t.ItemType())
		return Map{key, value, t.ItemField().Nullable}, err
	case *arrow.StructType:
		fields, err := fromArrowFields(t.Fields())
		return Struct{fields}, err
	}
	if b, ok := basicOf[t.ID()]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("the Arrow type %s has no twin here; cast the column first", t)
}

var basicOf = map[arrow.Type]*Basic{
	arrow.NULL: Void, arrow.BOOL: Boolean, arrow.INT8: Byte, arrow.INT16: Short, arrow.INT32: Int, arrow.INT64: Long,
	arrow.UINT8: Short, arrow.UINT16: Int, arrow.UINT32: Long,
	arrow.FLOAT32: Float, arrow.FLOAT64: Double,
	arrow.STRING: String, arrow.LARGE_STRING: String, arrow.STRING_VIEW: String,
	arrow.BINARY: Binary, arrow.LARGE_BINARY: Binary, arrow.BINARY_VIEW: Binary,
	arrow.DATE32: Date, arrow.INTERVAL_MONTH_DAY_NANO: Interval,
}

// SchemaFromArrow returns the schema of an Arrow schema; metadata is dropped.
func SchemaFromArrow(s *arrow.Schema) (*Schema, error) {
	fields, err := fromArrowFields(s.Fields())
	if err != nil {
		return nil, err
	}
	return NewSchema(fields...), nil
}

func fromArrowFields(in []arrow.Field) ([]Field, error) {
	out := make([]Field, len(in))
	for i, f := range in {
		t, err := FromArrow(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", QuoteIfNeeded(f.Name), err)
		}
		out[i] = Field{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return out, nil
}
