package dataframe

import (
	"fmt"
	"reflect"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// shape is a Go type of a processor, taken apart once: how its values stand in
// columns and in state.
type shape struct {
	t      reflect.Type
	class  class
	width  int // of a fixed value in state, in bytes
	key    *shape
	elem   *shape // of a list or a map, and what a pointer points to
	fields []shapeField
}

type shapeField struct {
	name  string
	index []int
	*shape
}

type class int

const (
	classBool class = iota
	classInt
	classUint
	classFloat
	classText
	classBytes
	classTime
	classDay
	classSpan
	classList
	classMap
	classStruct
	classPointer
)

var fixedKinds = map[reflect.Kind]struct {
	class class
	width int
}{
	reflect.Bool: {classBool, 1},
	reflect.Int8: {classInt, 1}, reflect.Int16: {classInt, 2}, reflect.Int32: {classInt, 4}, reflect.Int64: {classInt, 8}, reflect.Int: {classInt, 8},
	reflect.Uint8: {classUint, 2}, reflect.Uint16: {classUint, 4}, reflect.Uint32: {classUint, 8},
	reflect.Float32: {classFloat, 4}, reflect.Float64: {classFloat, 8},
	reflect.String: {classText, 0},
}

// shapeOf takes a Go type apart that types.SchemaOf takes too.
func shapeOf(t reflect.Type) (*shape, error) {
	s := &shape{t: t}
	switch t {
	case reflect.TypeFor[time.Time]():
		s.class, s.width = classTime, 8
		return s, nil
	case reflect.TypeFor[types.Day]():
		s.class, s.width = classDay, 4
		return s, nil
	case reflect.TypeFor[types.Duration]():
		s.class, s.width = classSpan, 16
		return s, nil
	case reflect.TypeFor[types.Dec]():
		return nil, fmt.Errorf("a processor cannot hold %v; use text, or a whole number of the smallest unit", t)
	case reflect.TypeFor[[]byte]():
		s.class = classBytes
		return s, nil
	}
	if f, ok := fixedKinds[t.Kind()]; ok {
		s.class, s.width = f.class, f.width
		return s, nil
	}
	return s, s.nest()
}

func (s *shape) nest() (err error) {
	switch s.t.Kind() {
	case reflect.Pointer:
		s.class = classPointer
		if s.elem, err = shapeOf(s.t.Elem()); err == nil && s.elem.nullable() {
			err = fmt.Errorf("%v is null in two ways; use %v", s.t, s.t.Elem())
		}
	case reflect.Slice:
		s.class = classList
		s.elem, err = shapeOf(s.t.Elem())
	case reflect.Map:
		s.class = classMap
		if s.key, err = shapeOf(s.t.Key()); err == nil {
			s.elem, err = shapeOf(s.t.Elem())
		}
	case reflect.Struct:
		s.class = classStruct
		for _, f := range types.StructFields(s.t) {
			inner, err := shapeOf(f.Type)
			if err != nil {
				return fmt.Errorf("field %s of %v: %w", f.Go.Name, s.t, err)
			}
			s.fields = append(s.fields, shapeField{f.Column, f.Go.Index, inner})
		}
	default:
		err = fmt.Errorf("a Go value of type %v has no column type", s.t)
	}
	return err
}

// nullable tells whether values may be null.
func (s *shape) nullable() bool {
	return s.class == classPointer || s.class == classBytes || s.class == classList || s.class == classMap
}

// null tells whether a value is.
func (s *shape) null(v reflect.Value) bool { return s.nullable() && v.IsNil() }

// columnsOf returns the columns of a Go type, and their shapes: those of a struct's
// fields, or one of any other type, with a name.
func columnsOf(t reflect.Type, name string) (*types.Schema, *shape, error) {
	typ, err := typeOf(t) // refuses types that hold themselves, which have no shape
	if err != nil {
		return nil, nil, err
	}
	s, err := shapeOf(t)
	if err != nil {
		return nil, nil, err
	}
	if s.class == classStruct {
		fields := typ.Type.(types.Struct).Fields
		if len(fields) == 0 {
			return nil, nil, fmt.Errorf("%v has no exported fields", t)
		}
		return types.NewSchema(fields...), s, nil
	}
	return types.NewSchema(types.Field{Name: name, Type: typ.Type, Nullable: typ.Nullable}), s, nil
}

// typeOf is the type of a Go type, as a field of a schema has it.
func typeOf(t reflect.Type) (types.Field, error) {
	holder := reflect.StructOf([]reflect.StructField{{Name: "Value", Type: t}})
	s, err := types.SchemaOf(holder)
	if err != nil {
		return types.Field{}, err
	}
	return s.Field(0), nil
}
