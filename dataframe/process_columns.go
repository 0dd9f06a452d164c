package dataframe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// reader sets a Go value from a row of a column.
type reader func(row int, into reflect.Value) error

// structReader reads the fields of a struct, or a value of any other type, from
// the columns of a record batch, the first of which is number from.
func (s *shape) structReader(rec arrow.RecordBatch, from int) (reader, error) {
	if s.class != classStruct {
		return s.named(rec.Column(from), rec.ColumnName(from))
	}
	cols := make([]arrow.Array, len(s.fields))
	for i := range cols {
		cols[i] = rec.Column(from + i)
	}
	return s.fieldReader(cols)
}

func (s *shape) fieldReader(cols []arrow.Array) (reader, error) {
	read := make([]reader, len(cols))
	for i, f := range s.fields {
		var err error
		if read[i], err = f.named(cols[i], f.name); err != nil {
			return nil, err
		}
	}
	return func(row int, into reflect.Value) error {
		for i := range read {
			if err := read[i](row, into.FieldByIndex(s.fields[i].index)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// named reads a column that may have nulls.
func (s *shape) named(a arrow.Array, name string) (reader, error) {
	read, err := s.reader(a, name)
	if err != nil || a.NullN() == 0 {
		return read, err
	}
	return func(row int, into reflect.Value) error {
		switch {
		case a.IsValid(row):
			return read(row, into)
		case s.nullable():
			into.SetZero()
			return nil
		}
		return fmt.Errorf("column %s is null, which %v cannot be: use a pointer to it, or filter the rows before", types.QuoteIfNeeded(name), s.t)
	}, nil
}

func mismatch(s *shape, a arrow.Array) error {
	return fmt.Errorf("internal: a column of type %s for a Go value of type %v", a.DataType(), s.t)
}

// reader reads values that are not null.
func (s *shape) reader(a arrow.Array, name string) (reader, error) {
	switch s.class {
	case classPointer:
		inner, err := s.elem.reader(a, name)
		return func(row int, into reflect.Value) error {
			into.Set(reflect.New(s.t.Elem()))
			return inner(row, into.Elem())
		}, err
	case classStruct:
		st, ok := a.(*array.Struct)
		if !ok {
			return nil, mismatch(s, a)
		}
		cols := make([]arrow.Array, st.NumField())
		for i := range cols {
			cols[i] = st.Field(i)
		}
		return s.fieldReader(cols)
	case classMap, classList:
		return s.listReader(a, name)
	}
	return s.plainReader(a)
}

func (s *shape) plainReader(a arrow.Array) (reader, error) {
	switch a := a.(type) {
	case *array.Boolean:
		return func(row int, into reflect.Value) error { into.SetBool(a.Value(row)); return nil }, nil
	case *array.Int8:
		return integers(s, a.Int8Values()), nil
	case *array.Int16:
		return integers(s, a.Int16Values()), nil
	case *array.Int32:
		return integers(s, a.Int32Values()), nil
	case *array.Int64:
		return integers(s, a.Int64Values()), nil
	case *array.Date32:
		return func(row int, into reflect.Value) error { into.SetInt(int64(a.Value(row))); return nil }, nil
	case *array.Float32:
		return func(row int, into reflect.Value) error { into.SetFloat(float64(a.Value(row))); return nil }, nil
	case *array.Float64:
		return func(row int, into reflect.Value) error { into.SetFloat(a.Value(row)); return nil }, nil
	case *array.String:
		return func(row int, into reflect.Value) error { into.SetString(strings.Clone(a.Value(row))); return nil }, nil
	case *array.Binary:
		return func(row int, into reflect.Value) error { into.SetBytes(slices.Clone(a.Value(row))); return nil }, nil
	case *array.Timestamp:
		return func(row int, into reflect.Value) error {
			*into.Addr().Interface().(*time.Time) = time.UnixMicro(int64(a.Value(row))).UTC()
			return nil
		}, nil
	case *array.MonthDayNanoInterval:
		return func(row int, into reflect.Value) error {
			v := a.Value(row)
			into.Set(reflect.ValueOf(types.Duration{Months: v.Months, Days: v.Days, Micros: v.Nanoseconds / 1000}))
			return nil
		}, nil
	}
	return nil, mismatch(s, a)
}

func integers[T int8 | int16 | int32 | int64](s *shape, values []T) reader {
	return func(row int, into reflect.Value) error {
		v := int64(values[row])
		if s.class == classInt {
			into.SetInt(v)
			return nil
		}
		if v < 0 || into.OverflowUint(uint64(v)) {
			return fmt.Errorf("%d does not fit into %v", v, s.t)
		}
		into.SetUint(uint64(v))
		return nil
	}
}

func (s *shape) listReader(a arrow.Array, name string) (reader, error) {
	list, ok := a.(array.ListLike)
	if !ok {
		return nil, mismatch(s, a)
	}
	if s.class == classList {
		elem, err := s.elem.named(list.ListValues(), name)
		return func(row int, into reflect.Value) error {
			from, to := list.ValueOffsets(row)
			into.Set(reflect.MakeSlice(s.t, int(to-from), int(to-from)))
			for k := from; k < to; k++ {
				if err := elem(int(k), into.Index(int(k-from))); err != nil {
					return err
				}
			}
			return nil
		}, err
	}
	m, ok := a.(*array.Map)
	if !ok {
		return nil, mismatch(s, a)
	}
	key, err := s.key.named(m.Keys(), name)
	if err != nil {
		return nil, err
	}
	value, err := s.elem.named(m.Items(), name)
	return func(row int, into reflect.Value) error {
		from, to := list.ValueOffsets(row)
		into.Set(reflect.MakeMapWithSize(s.t, int(to-from)))
		for i := from; i < to; i++ {
			k, v := reflect.New(s.t.Key()).Elem(), reflect.New(s.t.Elem()).Elem()
			if err := key(int(i), k); err != nil {
				return err
			}
			if err := value(int(i), v); err != nil {
				return err
			}
			into.SetMapIndex(k, v)
		}
		return nil
	}, err
}

// appendTo adds a value to a column.
func (s *shape) appendTo(b array.Builder, v reflect.Value) {
	if s.null(v) {
		b.AppendNull()
		return
	}
	if s.class == classPointer {
		s.elem.appendTo(b, v.Elem())
		return
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int8Builder:
		b.Append(int8(v.Int()))
	case *array.Int16Builder:
		b.Append(int16(s.bits(v)))
	case *array.Int32Builder:
		b.Append(int32(s.bits(v)))
	case *array.Int64Builder:
		b.Append(int64(s.bits(v)))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int()))
	case *array.Float32Builder:
		b.Append(float32(v.Float()))
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(s.bits(v)))
	case *array.StringBuilder:
		b.Append(strings.ToValidUTF8(v.String(), "\uFFFD"))
	case *array.BinaryBuilder:
		b.Append(v.Bytes())
	case *array.MonthDayNanoIntervalBuilder:
		d := v.Interface().(types.Duration)
		b.Append(arrow.MonthDayNanoInterval{Months: d.Months, Days: d.Days, Nanoseconds: d.Micros * 1000})
	default:
		s.appendNested(b, v)
	}
}

func (s *shape) appendNested(b array.Builder, v reflect.Value) {
	switch b := b.(type) {
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range s.fields {
			f.appendTo(b.FieldBuilder(i), v.FieldByIndex(f.index))
		}
	case *array.MapBuilder:
		b.Append(true)
		for _, k := range s.sortedKeys(v) {
			s.key.appendTo(b.KeyBuilder(), k)
			s.elem.appendTo(b.ItemBuilder(), v.MapIndex(k))
		}
	case *array.ListBuilder:
		b.Append(true)
		for i := range v.Len() {
			s.elem.appendTo(b.ValueBuilder(), v.Index(i))
		}
	}
}

// sortedKeys returns the keys of a Go map in an order of their own: a replay of a
// batch gives the same rows.
func (s *shape) sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(string(s.key.encode(nil, a)), string(s.key.encode(nil, b)))
	})
	return keys
}
