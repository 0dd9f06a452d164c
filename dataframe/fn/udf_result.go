package fn

import (
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
)

// results collects the rows of a result, in order; those left out are null.
type results[R any] struct {
	b      array.Builder
	append func(R) bool
	n      int
	next   int
}

func newResults[R any](n int) *results[R] {
	var zero R
	b := array.NewBuilder(memory.DefaultAllocator, types.ToArrow(typeOf(any(zero))))
	b.Reserve(n)
	return &results[R]{b: b, append: appender(b, any(zero)).(func(R) bool), n: n}
}

func (r *results[R]) set(i int, v R) {
	r.skip(i)
	if r.next++; !r.append(v) {
		r.b.AppendNull()
	}
}

func (r *results[R]) skip(to int) {
	for ; r.next < to; r.next++ {
		r.b.AppendNull()
	}
}

// array returns the rows as an array.
func (r *results[R]) array() arrow.Array {
	r.skip(r.n)
	return r.b.NewArray()
}

// appender returns a func(T) bool for the type T of zero, as any. It appends a
// value, or returns false for a nil one, which has no value.
func appender(b array.Builder, zero any) any {
	switch zero.(type) {
	case bool:
		return always1(b.(*array.BooleanBuilder).Append)
	case int8:
		return always1(b.(*array.Int8Builder).Append)
	case int16:
		return always1(b.(*array.Int16Builder).Append)
	case int32:
		return always1(b.(*array.Int32Builder).Append)
	case int64:
		return always1(b.(*array.Int64Builder).Append)
	case int:
		longs := b.(*array.Int64Builder)
		return always1(func(v int) { longs.Append(int64(v)) })
	case float32:
		return always1(b.(*array.Float32Builder).Append)
	case float64:
		return always1(b.(*array.Float64Builder).Append)
	case string:
		texts := b.(*array.StringBuilder)
		return always1(func(v string) { texts.Append(strings.ToValidUTF8(v, "\uFFFD")) })
	case []byte:
		bin := b.(*array.BinaryBuilder)
		return func(v []byte) bool {
			if v != nil {
				bin.Append(v)
			}
			return v != nil
		}
	case time.Time:
		times := b.(*array.TimestampBuilder)
		return always1(func(v time.Time) { times.Append(arrow.Timestamp(v.UnixMicro())) })
	case types.Day:
		days := b.(*array.Date32Builder)
		return always1(func(v types.Day) { days.Append(arrow.Date32(v)) })
	}
	return pointerAppender(b, zero)
}

func always1[T any](f func(T)) func(T) bool {
	return func(v T) bool { f(v); return true }
}

func pointerAppender(b array.Builder, zero any) any {
	switch zero.(type) {
	case *bool:
		return unlessNil[bool](b)
	case *int8:
		return unlessNil[int8](b)
	case *int16:
		return unlessNil[int16](b)
	case *int32:
		return unlessNil[int32](b)
	case *int64:
		return unlessNil[int64](b)
	case *int:
		return unlessNil[int](b)
	case *float32:
		return unlessNil[float32](b)
	case *float64:
		return unlessNil[float64](b)
	case *string:
		return unlessNil[string](b)
	case *[]byte:
		return unlessNil[[]byte](b)
	case *time.Time:
		return unlessNil[time.Time](b)
	}
	return unlessNil[types.Day](b)
}

func unlessNil[T any](b array.Builder) func(*T) bool {
	f := appender(b, any(*new(T))).(func(T) bool)
	return func(p *T) bool { return p != nil && f(*p) }
}
