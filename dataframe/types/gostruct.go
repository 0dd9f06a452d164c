package types

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// FieldTag is the struct tag that gives a Go field the name of its column:
// `riffle:"id.orig_h"`. "-" leaves the field out. Without a tag the column has
// the field's own name.
const FieldTag = "riffle"

// SchemaOf returns the schema of a Go struct type: a column for each exported
// field, in order. A pointer or a slice may be null; other Go types may not.
func SchemaOf(t reflect.Type) (*Schema, error) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("a schema is made of a Go struct, not of %v", t)
	}
	var fields []Field
	for _, f := range StructFields(t) {
		ft, nullable, err := goType(f.Type, nil)
		if err != nil {
			return nil, fmt.Errorf("field %s of %v: %w", f.Go.Name, t, err)
		}
		fields = append(fields, Field{f.Column, ft, nullable})
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("%v has no exported fields", t)
	}
	return NewSchema(fields...), nil
}

// GoField is an exported field of a Go struct and its column's name.
type GoField struct {
	Column string
	Type   reflect.Type
	Go     reflect.StructField
}

// StructFields returns the fields of a Go struct that are columns, in order.
func StructFields(t reflect.Type) []GoField {
	var out []GoField
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get(FieldTag), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		out = append(out, GoField{name, f.Type, f})
	}
	return out
}

var kindTypes = map[reflect.Kind]Type{
	reflect.Bool: Boolean, reflect.Int8: Byte, reflect.Int16: Short, reflect.Int32: Int, reflect.Int64: Long,
	reflect.Int: Long, reflect.Uint8: Short, reflect.Uint16: Int, reflect.Uint32: Long,
	reflect.Float32: Float, reflect.Float64: Double, reflect.String: String,
}

func goType(t reflect.Type, above []reflect.Type) (Type, bool, error) {
	switch {
	case t.Kind() == reflect.Pointer:
		inner, _, err := goType(t.Elem(), above)
		return inner, true, err
	case t == reflect.TypeFor[time.Time]():
		return Timestamp, false, nil
	case t == reflect.TypeFor[Day]():
		return Date, false, nil
	case t == reflect.TypeFor[Duration]():
		return Interval, false, nil
	case t == reflect.TypeFor[Dec]():
		return Decimal{MaxPrecision, 18}, false, nil
	case t == reflect.TypeFor[[]byte]():
		return Binary, true, nil
	}
	if b, ok := kindTypes[t.Kind()]; ok {
		return b, false, nil
	}
	return goNested(t, above)
}

func goNested(t reflect.Type, above []reflect.Type) (Type, bool, error) {
	switch t.Kind() {
	case reflect.Slice:
		elem, null, err := goType(t.Elem(), above)
		return Array{elem, null}, true, err
	case reflect.Map:
		key, null, err := goType(t.Key(), above)
		if err == nil && null {
			err = fmt.Errorf("a map's key may not be null")
		}
		if err != nil {
			return nil, false, err
		}
		value, null, err := goType(t.Elem(), above)
		return Map{key, value, null}, true, err
	case reflect.Struct:
		for _, a := range above {
			if a == t {
				return nil, false, fmt.Errorf("%v holds itself, which no schema can", t)
			}
		}
		var fields []Field
		for _, f := range StructFields(t) {
			ft, null, err := goType(f.Type, append(above, t))
			if err != nil {
				return nil, false, fmt.Errorf("%s: %w", f.Go.Name, err)
			}
			fields = append(fields, Field{f.Column, ft, null})
		}
		return Struct{fields}, false, nil
	}
	return nil, false, fmt.Errorf("a Go value of type %v has no column type", t)
}
