package kernel

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// timeArithmetic computes with dates (days), timestamps (microseconds) and
// spans of time.
func timeArithmetic(call *expr.Call, op byte, try bool) (Func, error) {
	a, b, dt := call.Args[0].Type(), call.Args[1].Type(), resultType(call)
	if op == '+' && isTime(b) {
		return swapped(call, try)
	}
	switch {
	case a == types.Date && b == types.Int:
		return shiftDays(dt, op, try), nil
	case a == types.Date && b == types.Date && op == '-':
		return fixed2(dt, func(x, y int32) arrow.MonthDayNanoInterval { return arrow.MonthDayNanoInterval{Days: x - y} }), nil
	case a == b && isTime(a) && op == '-':
		return fixed2Err(dt, func(env *Env, x, y int64) (span arrow.MonthDayNanoInterval, ok bool, err error) {
			d := x - y
			if d > math.MaxInt64/1000 || d < math.MinInt64/1000 {
				return span, false, failure(env, try, errSpan(op))
			}
			return arrow.MonthDayNanoInterval{Nanoseconds: d * 1000}, true, nil
		}), nil
	case a == types.Date && b == types.Interval:
		return shiftDate(dt, op, try), nil
	case isTime(a) && b == types.Interval:
		return shiftTime(dt, op, try, a == types.TimestampNTZ), nil
	case a == types.Interval && b == types.Interval:
		return addSpans(dt, op, try), nil
	case a == types.Interval && b == types.Double:
		return scaleSpan(dt, op, try), nil
	case a == types.Double && b == types.Interval && op == '*':
		return swapped(call, try)
	}
	return nil, fmt.Errorf("%s cannot be computed with %s and %s", call.Name, a.Name(), b.Name())
}

func isTime(t types.Type) bool {
	return t == types.Date || t == types.Timestamp || t == types.TimestampNTZ
}

// swapped computes b + a for a + b.
func swapped(call *expr.Call, try bool) (Func, error) {
	op := byte('+')
	if call.Name == "*" || call.Name == "try_multiply" {
		op = '*'
	}
	inner, err := timeArithmetic(call.WithChildren([]expr.Expr{call.Args[1], call.Args[0]}).(*expr.Call), op, try)
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		return inner(env, []Value{args[1], args[0]}, rows)
	}, err
}

func errSpan(op byte) error {
	return fmt.Errorf("[INTERVAL_ARITHMETIC_OVERFLOW] the span of time overflows; use %s to get null instead", tryOf[op])
}

func errDate(op byte) error {
	return fmt.Errorf("[DATETIME_OVERFLOW] the date or timestamp overflows; use %s to get null instead", tryOf[op])
}

func shiftDays(dt arrow.DataType, op byte, try bool) Func {
	return fixed2Err(dt, func(env *Env, day, n int32) (int32, bool, error) {
		out := int64(day) + int64(n)
		if op == '-' {
			out = int64(day) - int64(n)
		}
		if out != int64(int32(out)) {
			return 0, false, failure(env, try, errDate(op))
		}
		return int32(out), true, nil
	})
}

// sign is -1 for subtraction.
func sign(op byte) int64 {
	if op == '-' {
		return -1
	}
	return 1
}

func shiftDate(dt arrow.DataType, op byte, try bool) Func {
	return fixed2Err(dt, func(env *Env, day int32, span arrow.MonthDayNanoInterval) (int32, bool, error) {
		if span.Nanoseconds != 0 {
			err := errors.New("[INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION] a span with hours or less cannot be added to a date; cast the date to a timestamp")
			return 0, false, failure(env, try, err)
		}
		out := addMonths(int64(day), sign(op)*int64(span.Months)) + sign(op)*int64(span.Days)
		if out != int64(int32(out)) {
			return 0, false, failure(env, try, errDate(op))
		}
		return int32(out), true, nil
	})
}

// addMonths moves a day by months; a day that the month does not have becomes
// its last one.
func addMonths(day, months int64) int64 {
	if months == 0 {
		return day
	}
	y, m, d := time.Unix(day*86400, 0).UTC().Date()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.Unix()/86400 + int64(min(d, last)) - 1
}

// shiftTime moves an instant: months and days on the calendar of the session's
// zone, so that a day keeps its hour across a change of the clocks.
func shiftTime(dt arrow.DataType, op byte, try, ntz bool) Func {
	return fixed2Err(dt, func(env *Env, t int64, span arrow.MonthDayNanoInterval) (int64, bool, error) {
		zone := time.UTC
		if !ntz && env.Zone != nil {
			zone = env.Zone
		}
		out := t
		if span.Months != 0 || span.Days != 0 {
			at := time.UnixMicro(t).In(zone)
			y, m, d := at.Date()
			day := addMonths(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400, sign(op)*int64(span.Months))
			y, m, d = time.Unix((day+sign(op)*int64(span.Days))*86400, 0).UTC().Date()
			out = time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone).UnixMicro()
		}
		step := sign(op) * (span.Nanoseconds / 1000)
		if sum := out + step; (sum > out) == (step > 0) || step == 0 {
			return sum, true, nil
		}
		return 0, false, failure(env, try, errDate(op))
	})
}

func addSpans(dt arrow.DataType, op byte, try bool) Func {
	return fixed2Err(dt, func(env *Env, a, b arrow.MonthDayNanoInterval) (out arrow.MonthDayNanoInterval, ok bool, err error) {
		months := int64(a.Months) + sign(op)*int64(b.Months)
		days := int64(a.Days) + sign(op)*int64(b.Days)
		step := sign(op) * b.Nanoseconds
		nanos := a.Nanoseconds + step
		if months != int64(int32(months)) || days != int64(int32(days)) || step != 0 && (nanos > a.Nanoseconds) != (step > 0) {
			return out, false, failure(env, try, errSpan(op))
		}
		return arrow.MonthDayNanoInterval{Months: int32(months), Days: int32(days), Nanoseconds: nanos}, true, nil
	})
}

// scaleSpan multiplies or divides a span. Parts of a month become days of a
// 31-day month, parts of a day hours, as in Spark.
func scaleSpan(dt arrow.DataType, op byte, try bool) Func {
	return fixed2Err(dt, func(env *Env, a arrow.MonthDayNanoInterval, f float64) (out arrow.MonthDayNanoInterval, ok bool, err error) {
		scale := func(n int64) float64 { return float64(n) * f }
		if op == '/' {
			if f == 0 {
				return out, false, failure(env, try, errDivide(op))
			}
			scale = func(n int64) float64 { return float64(n) / f }
		}
		months := scale(int64(a.Months))
		days := scale(int64(a.Days)) + (months-math.Trunc(months))*31
		micros := scale(a.Nanoseconds/1000) + (days-math.Trunc(days))*86400e6
		if math.Abs(months) > math.MaxInt32 || math.Abs(days) > math.MaxInt32 || !(math.Abs(micros) < math.MaxInt64/1000) {
			return out, false, failure(env, try, errSpan(op))
		}
		return arrow.MonthDayNanoInterval{Months: int32(months), Days: int32(days), Nanoseconds: int64(math.Round(micros)) * 1000}, true, nil
	})
}

func negateSpan(a arrow.MonthDayNanoInterval) arrow.MonthDayNanoInterval {
	return arrow.MonthDayNanoInterval{Months: -a.Months, Days: -a.Days, Nanoseconds: -a.Nanoseconds}
}
