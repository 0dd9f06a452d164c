package kernel

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
)

// Constant returns a Go value, of the kind that a Row holds for the type, as a
// constant; nil is NULL. A value that is not of the type is an error.
func Constant(v any, t types.Type) (Value, error) {
	if v == nil {
		return nullValue(t), nil
	}
	dt, m := types.ToArrow(t), noNulls(1)
	one := func(a arrow.Array) (Value, error) { return Value{a, true}, nil }
	switch v := v.(type) {
	case bool:
		b := newBoolBuilder(1)
		b.set(0, v)
		return one(b.finish(m))
	case int8:
		return one(newFixed(dt, []int8{v}, m))
	case int16:
		return one(newFixed(dt, []int16{v}, m))
	case int32:
		return one(newFixed(dt, []int32{v}, m))
	case int64:
		return one(newFixed(dt, []int64{v}, m))
	case float32:
		return one(newFixed(dt, []float32{v}, m))
	case float64:
		return one(newFixed(dt, []float64{v}, m))
	case string:
		return one(newTexts(dt, []int32{0, int32(len(v))}, []byte(v), m))
	case []byte:
		return one(newTexts(dt, []int32{0, int32(len(v))}, v, m))
	case types.Day:
		return one(newFixed(dt, []int32{int32(v)}, m))
	case time.Time:
		return one(newFixed(dt, []int64{v.UnixMicro()}, m))
	case types.Dec:
		return one(newFixed(dt, []decimal128.Num{v.Unscaled}, m))
	case types.Duration:
		return one(newFixed(dt, []arrow.MonthDayNanoInterval{{Months: v.Months, Days: v.Days, Nanoseconds: v.Micros * 1000}}, m))
	}
	return Value{}, fmt.Errorf("a Go value of type %T cannot be a constant of type %s", v, t.Name())
}
