package dataframe

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// Collect computes a dataframe and returns its rows as values of a Go struct.
// A field takes the column that its `riffle` tag names, or that has its name in
// any case; every field needs one, but not every column a field. A null needs a
// pointer, a slice or a map to go into.
func Collect[T any](ctx context.Context, d *DataFrame) ([]T, error) {
	if d.err != nil {
		return nil, d.err
	}
	load, err := loader(reflect.TypeFor[T](), d.node.Schema())
	if err != nil {
		return nil, at("Collect", err)
	}
	rows, err := d.collect(ctx, "Collect")
	if err != nil {
		return nil, err
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		if err := load(row, reflect.ValueOf(&out[i]).Elem()); err != nil {
			return nil, at("Collect", fmt.Errorf("row %d: %w", i+1, err))
		}
	}
	return out, nil
}

// SchemaOf returns the schema of a Go struct; see types.FieldTag for names.
func SchemaOf[T any]() (*types.Schema, error) {
	s, err := types.SchemaOf(reflect.TypeFor[T]())
	return s, at("SchemaOf", err)
}

type loadFunc func(row types.Row, into reflect.Value) error

// loader pairs the fields of a Go struct with columns.
func loader(t reflect.Type, schema *types.Schema) (loadFunc, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("rows go into a Go struct, not into %v", t)
	}
	fields := types.StructFields(t)
	cols := make([]int, len(fields))
	for i, f := range fields {
		c, err := schema.Index(f.Column)
		if err != nil {
			return nil, err
		}
		if c < 0 {
			return nil, fmt.Errorf("no column for field %s of %v in %v%s", f.Go.Name, t, schema.Names(), types.DidYouMean(f.Column, schema.Names()))
		}
		cols[i] = c
	}
	return func(row types.Row, into reflect.Value) error {
		for i, f := range fields {
			if err := store(into.FieldByIndex(f.Go.Index), row.At(cols[i])); err != nil {
				return fmt.Errorf("column %s: %w", types.QuoteIfNeeded(f.Column), err)
			}
		}
		return nil
	}, nil
}

// store puts a value of a row into a Go variable.
func store(into reflect.Value, v any) error {
	if v == nil {
		switch into.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
			into.SetZero()
			return nil
		}
		return fmt.Errorf("a null does not fit into %v; use a pointer to it", into.Type())
	}
	from := reflect.ValueOf(v)
	switch {
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return store(into.Elem(), v)
	case from.Type().AssignableTo(into.Type()):
		into.Set(from)
		return nil
	case from.Kind() == into.Kind() && (from.Kind() == reflect.String || from.Kind() == reflect.Bool):
		into.Set(from.Convert(into.Type())) // type Host string
		return nil
	case from.CanInt() && into.CanInt() && !into.OverflowInt(from.Int()):
		into.SetInt(from.Int())
		return nil
	case from.CanInt() && into.CanUint() && from.Int() >= 0 && !into.OverflowUint(uint64(from.Int())):
		into.SetUint(uint64(from.Int()))
		return nil
	case from.CanFloat() && into.CanFloat():
		into.SetFloat(from.Float())
		return nil
	}
	return storeNested(into, v)
}

func storeNested(into reflect.Value, v any) error {
	switch v := v.(type) {
	case []any:
		if into.Kind() != reflect.Slice {
			break
		}
		into.Set(reflect.MakeSlice(into.Type(), len(v), len(v)))
		for i, e := range v {
			if err := store(into.Index(i), e); err != nil {
				return err
			}
		}
		return nil
	case map[any]any:
		if into.Kind() != reflect.Map {
			break
		}
		into.Set(reflect.MakeMapWithSize(into.Type(), len(v)))
		for k, e := range v {
			key, value := reflect.New(into.Type().Key()).Elem(), reflect.New(into.Type().Elem()).Elem()
			if err := store(key, k); err != nil {
				return err
			}
			if err := store(value, e); err != nil {
				return err
			}
			into.SetMapIndex(key, value)
		}
		return nil
	case types.Row:
		if into.Kind() != reflect.Struct || into.Type() == reflect.TypeFor[time.Time]() {
			break
		}
		load, err := loader(into.Type(), v.Schema())
		if err != nil {
			return err
		}
		return load(v, into)
	}
	return fmt.Errorf("%v (%T) does not fit into %v", v, v, into.Type())
}
