package kernel

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
)

var (
	arrowInt  = arrow.PrimitiveTypes.Int32
	arrowDate = arrow.FixedWidthTypes.Date32
)

// dateKernels compute with days and take them apart.
func dateKernels() map[string]Maker {
	all := map[string]Maker{
		"current_date": always(currentDate),
		"date_add":     always(fixed2(arrowDate, func(d, n int32) int32 { return d + n })),
		"date_sub":     always(fixed2(arrowDate, func(d, n int32) int32 { return d - n })),
		"datediff":     always(fixed2(arrowInt, func(end, start int32) int32 { return end - start })),
		"add_months":   always(addMonthsFunc),
		"last_day": always(fixed1(arrowDate, func(d int32) int32 {
			y, m, _ := civil(int64(d))
			return int32(firstOf(y, m+1) - 1)
		})),
		"next_day":  always(nextDayFunc),
		"trunc":     always(truncFunc),
		"make_date": always(makeDate),
		"date_part": datePartMaker,
	}
	for name, f := range dateParts {
		all[name] = always(fixed1(arrowInt, f))
	}
	for name, f := range clockParts {
		all[name] = always(clockPart(f))
	}
	return all
}

// dateParts are the fields of a day.
var dateParts = map[string]func(d int32) int32{
	"year":       func(d int32) int32 { y, _, _ := civil(int64(d)); return int32(y) },
	"quarter":    func(d int32) int32 { _, m, _ := civil(int64(d)); return int32(m-1)/3 + 1 },
	"month":      func(d int32) int32 { _, m, _ := civil(int64(d)); return int32(m) },
	"day":        func(d int32) int32 { _, _, day := civil(int64(d)); return int32(day) },
	"dayofweek":  func(d int32) int32 { return int32((weekday(int64(d))+1)%7 + 1) },
	"weekday":    func(d int32) int32 { return int32(weekday(int64(d))) },
	"dayofyear":  func(d int32) int32 { m := dateMoment(int64(d)); return int32(m.yearDay()) },
	"weekofyear": func(d int32) int32 { _, w := isoWeek(int64(d)); return int32(w) },
}

// clockParts are the fields of a time of day, given in microseconds.
var clockParts = map[string]func(micros int64) int32{
	"hour":   func(t int64) int32 { return int32(t / 3600e6) },
	"minute": func(t int64) int32 { return int32(t / 60e6 % 60) },
	"second": func(t int64) int32 { return int32(t / 1e6 % 60) },
}

func clockPart(f func(micros int64) int32) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		zone := zoneOf(env)
		return fixed1(arrowInt, func(t int64) int32 {
			t = local(t, zone)
			return f(t - floorDiv(t, microsPerDay)*microsPerDay)
		})(env, args, rows)
	}
}

// partNames are the kernels of the fields that date_part knows.
var partNames = map[string]string{
	"YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "weekofyear", "DAY": "day", "DAYOFWEEK": "dayofweek", "DOY": "dayofyear",
	"HOUR": "hour", "MINUTE": "minute",
}

// datePartMaker is the kernel of the field that the first argument names.
func datePartMaker(call *expr.Call) (Func, error) {
	text, _ := expr.ConstantText(call.Args[0])
	field, ok := expr.DateField(text)
	if !ok {
		return nil, fmt.Errorf("date_part: no field %q", text)
	}
	var f Func
	switch field {
	case "YEAROFWEEK":
		f = fixed1(arrowInt, func(d int32) int32 { y, _ := isoWeek(int64(d)); return int32(y) })
	case "DAYOFWEEK_ISO":
		f = fixed1(arrowInt, func(d int32) int32 { return int32(weekday(int64(d)) + 1) })
	case "SECOND":
		f = fixed1(resultType(call), func(t int64) decimal128.Num {
			return decimal128.FromI64(t - floorDiv(t, 60e6)*60e6)
		})
	default:
		if part, ok := dateParts[partNames[field]]; ok {
			f = fixed1(arrowInt, part)
		} else {
			f = clockPart(clockParts[partNames[field]])
		}
	}
	return func(env *Env, args []Value, rows Rows) (Value, error) { return f(env, args[1:], rows) }, nil
}

func currentDate(env *Env, _ []Value, _ Rows) (Value, error) {
	day := dayOf(local(env.Time.UnixMicro(), zoneOf(env)))
	return Value{newFixed(arrowDate, []int32{day}, noNulls(1)), true}, nil
}

var addMonthsFunc = fixed2Err(arrowDate, func(_ *Env, d, n int32) (int32, bool, error) {
	out := addMonths(int64(d), int64(n))
	if out != int64(int32(out)) {
		return 0, true, errDate('+')
	}
	return int32(out), true, nil
})

// dayNames are the names of days by their first two letters.
var dayNames = map[string][2]string{
	"MO": {"MON", "MONDAY"}, "TU": {"TUE", "TUESDAY"}, "WE": {"WED", "WEDNESDAY"}, "TH": {"THU", "THURSDAY"},
	"FR": {"FRI", "FRIDAY"}, "SA": {"SAT", "SATURDAY"}, "SU": {"SUN", "SUNDAY"},
}

// dayByName returns the day of the week, 0 being Monday.
func dayByName(name string) (int, bool) {
	up := strings.ToUpper(name)
	if len(up) < 2 {
		return 0, false
	}
	names, ok := dayNames[up[:2]]
	if !ok || len(up) > 2 && up != names[0] && up != names[1] {
		return 0, false
	}
	return strings.Index("MOTUWETHFRSASU", up[:2]) / 2, true
}

var nextDayFunc = fixedFrom(arrowDate, func(env *Env, args []Value) func(int) (int32, bool, error) {
	days, names := fixedRowOf[int32](args[0]), textRowOf(args[1])
	return func(i int) (int32, bool, error) {
		want, ok := dayByName(names.row(i))
		if !ok {
			err := fmt.Errorf("[ILLEGAL_DAY_OF_WEEK] next_day: %q is no day of the week; write MON, TUE, WED, THU, FRI, SAT or SUN", names.row(i))
			return 0, false, failure(env, false, err)
		}
		d := days.row(i)
		return d + int32((want-weekday(int64(d))+6)%7+1), true, nil
	}
})

var truncFunc = fixedFrom(arrowDate, func(_ *Env, args []Value) func(int) (int32, bool, error) {
	days, units := fixedRowOf[int32](args[0]), textRowOf(args[1])
	return func(i int) (int32, bool, error) {
		d, ok := truncDay(int64(days.row(i)), strings.ToUpper(units.row(i)))
		return int32(d), ok, nil
	}
})

// truncDay is the first day of the unit, in capitals, that a day belongs to.
func truncDay(days int64, unit string) (int64, bool) {
	y, m, _ := civil(days)
	switch unit {
	case "YEAR", "YYYY", "YY":
		return firstOf(y, 1), true
	case "QUARTER":
		return firstOf(y, (m-1)/3*3+1), true
	case "MONTH", "MM", "MON":
		return firstOf(y, m), true
	case "WEEK":
		return days - int64(weekday(days)), true
	}
	return 0, false
}

func errFields(fn string) error {
	return fmt.Errorf("[DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION] %s: the numbers make no date or time; check them, or switch ANSI mode off to get null", fn)
}

var makeDate = fixedFrom(arrowDate, func(env *Env, args []Value) func(int) (int32, bool, error) {
	y, m, d := fixedRowOf[int32](args[0]), fixedRowOf[int32](args[1]), fixedRowOf[int32](args[2])
	return func(i int) (int32, bool, error) {
		days, ok := daysOf(int(y.row(i)), int(m.row(i)), int(d.row(i)))
		if !ok {
			return 0, false, failure(env, false, errFields("make_date"))
		}
		return int32(days), true, nil
	}
})
