package fn

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// typeOf is the type that holds a Go value, or what a pointer points to.
func typeOf(zero any) types.Type {
	switch zero.(type) {
	case bool, *bool:
		return types.Boolean
	case int8, *int8:
		return types.Byte
	case int16, *int16:
		return types.Short
	case int32, *int32:
		return types.Int
	case int64, *int64, int, *int:
		return types.Long
	case float32, *float32:
		return types.Float
	case float64, *float64:
		return types.Double
	case string, *string:
		return types.String
	case []byte, *[]byte:
		return types.Binary
	case time.Time, *time.Time:
		return types.Timestamp
	case types.Day, *types.Day:
		return types.Date
	}
	return nil
}

// reader gives the rows of an argument as Go values. ok tells whether the
// function can be called with row i.
type reader[T any] struct {
	ok  func(i int) bool
	get func(i int) T
}

func always(int) bool { return true }

func readerOf[T any](a arrow.Array) reader[T] {
	get, pointer := getter(a, any(*new(T)))
	r := reader[T]{ok: a.IsValid}
	if a.NullN() == 0 || pointer {
		r.ok = always
	}
	r.get = get.(func(int) T)
	return r
}

// getter returns a func(int) T for the type of zero, as any.
func getter(a arrow.Array, zero any) (get any, pointer bool) {
	switch zero.(type) {
	case bool:
		return a.(*array.Boolean).Value, false
	case int8:
		return a.(*array.Int8).Value, false
	case int16:
		return a.(*array.Int16).Value, false
	case int32:
		return a.(*array.Int32).Value, false
	case int64:
		return a.(*array.Int64).Value, false
	case int:
		v := a.(*array.Int64)
		return func(i int) int { return int(v.Value(i)) }, false
	case float32:
		return a.(*array.Float32).Value, false
	case float64:
		return a.(*array.Float64).Value, false
	case string:
		return a.(*array.String).Value, false
	case []byte:
		return a.(*array.Binary).Value, false
	case time.Time:
		v := a.(*array.Timestamp)
		return func(i int) time.Time { return time.UnixMicro(int64(v.Value(i))).UTC() }, false
	case types.Day:
		v := a.(*array.Date32)
		return func(i int) types.Day { return types.Day(v.Value(i)) }, false
	}
	return pointerGetter(a, zero), true
}

func pointerGetter(a arrow.Array, zero any) any {
	switch zero.(type) {
	case *bool:
		return pointers[bool](a)
	case *int8:
		return pointers[int8](a)
	case *int16:
		return pointers[int16](a)
	case *int32:
		return pointers[int32](a)
	case *int64:
		return pointers[int64](a)
	case *int:
		return pointers[int](a)
	case *float32:
		return pointers[float32](a)
	case *float64:
		return pointers[float64](a)
	case *string:
		return pointers[string](a)
	case *[]byte:
		return pointers[[]byte](a)
	case *time.Time:
		return pointers[time.Time](a)
	}
	return pointers[types.Day](a)
}

func pointers[T any](a arrow.Array) func(i int) *T {
	r := readerOf[T](a)
	return func(i int) *T {
		if a.IsNull(i) {
			return nil
		}
		v := r.get(i)
		return &v
	}
}
