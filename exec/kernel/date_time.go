package kernel

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

var arrowTimestamp = types.ToArrow(types.Timestamp)

// timeKernels compute with timestamps.
func timeKernels() map[string]Maker {
	return map[string]Maker{
		"current_timestamp":  always(currentTimestamp),
		"timestamp_seconds":  secondsMaker,
		"timestamp_millis":   always(scaledTime(1000)),
		"timestamp_micros":   always(fixed1(arrowTimestamp, func(n int64) int64 { return n })),
		"unix_seconds":       always(fixed1(arrowLong, func(t int64) int64 { return floorDiv(t, 1e6) })),
		"unix_millis":        always(fixed1(arrowLong, func(t int64) int64 { return floorDiv(t, 1000) })),
		"unix_micros":        always(fixed1(arrowLong, func(t int64) int64 { return t })),
		"date_trunc":         always(dateTrunc),
		"months_between":     always(monthsBetween),
		"make_timestamp":     always(makeTimestamp),
		"from_utc_timestamp": always(inZone(local)),
		"to_utc_timestamp":   always(inZone(instant)),
	}
}

func currentTimestamp(env *Env, _ []Value, _ Rows) (Value, error) {
	return Value{newFixed(arrowTimestamp, []int64{env.Time.UnixMicro()}, noNulls(1)), true}, nil
}

func errTimeRange(fn string) error {
	return fmt.Errorf("[ARITHMETIC_OVERFLOW] %s: the number is beyond the range of timestamps; divide it to the right unit", fn)
}

// micros is n times a factor; ok is false where it does not fit.
func micros(n, factor int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(max(n, -n)), uint64(factor))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	return n * factor, true
}

func scaledTime(factor int64) Func {
	return fixed1Err(arrowTimestamp, func(_ *Env, n int64) (int64, bool, error) {
		t, ok := micros(n, factor)
		if !ok {
			return 0, true, errTimeRange("timestamp_millis")
		}
		return t, true, nil
	})
}

func secondsMaker(call *expr.Call) (Func, error) {
	switch from := call.Args[0].Type().(type) {
	case types.Decimal:
		return fixed1Err(arrowTimestamp, func(_ *Env, n decimal128.Num) (int64, bool, error) {
			whole, ok := rescaled(n.BigInt(), from.Scale, types.Decimal{Precision: types.MaxPrecision, Scale: 6})
			if b := whole.BigInt(); ok && b.IsInt64() {
				return b.Int64(), true, nil
			}
			return 0, true, errTimeRange(call.Name)
		}), nil
	default:
		if from == types.Type(types.Double) {
			return fixed1Err(arrowTimestamp, func(_ *Env, f float64) (int64, bool, error) {
				if math.IsNaN(f) || math.IsInf(f, 0) {
					return 0, false, nil
				}
				return saturated(f*1e6, math.MinInt64, math.MaxInt64), true, nil
			}), nil
		}
		return fixed1Err(arrowTimestamp, func(_ *Env, n int64) (int64, bool, error) {
			t, ok := micros(n, 1e6)
			if !ok {
				return 0, true, errTimeRange(call.Name)
			}
			return t, true, nil
		}), nil
	}
}

// inZone moves times by what f makes of them in the zone of the second argument.
func inZone(f func(t int64, zone *time.Location) int64) Func {
	return fixedFrom(arrowTimestamp, func(_ *Env, args []Value) func(int) (int64, bool, error) {
		times, names := fixedRowOf[int64](args[0]), textRowOf(args[1])
		var zones timestampParser
		return func(i int) (int64, bool, error) {
			zone, ok := zones.zone(names.row(i))
			if !ok {
				_, err := LoadZone(names.row(i))
				return 0, true, err
			}
			return f(times.row(i), zone), true, nil
		}
	})
}

// subDay are the units below a day, in microseconds.
var subDay = map[string]int64{"HOUR": 3600e6, "MINUTE": 60e6, "SECOND": 1e6, "MILLISECOND": 1000, "MICROSECOND": 1}

var dateTrunc = fixedFrom(arrowTimestamp, func(env *Env, args []Value) func(int) (int64, bool, error) {
	units, times, zone := textRowOf(args[0]), fixedRowOf[int64](args[1]), zoneOf(env)
	return func(i int) (int64, bool, error) {
		t, ok := truncTime(times.row(i), strings.ToUpper(units.row(i)), zone)
		return t, ok, nil
	}
})

// truncTime is the start of the unit, in capitals, that a time belongs to. Of an
// hour that the clock shows twice, both keep their own start.
func truncTime(t int64, unit string, zone *time.Location) (int64, bool) {
	at := local(t, zone)
	if step, ok := subDay[unit]; ok {
		return t - (at - floorDiv(at, step)*step), true
	}
	days := floorDiv(at, microsPerDay)
	if unit != "DAY" && unit != "DD" {
		var ok bool
		if days, ok = truncDay(days, unit); !ok {
			return 0, false
		}
	}
	return instant(days*microsPerDay, zone), true
}

var monthsBetween = fixedFrom(arrowDouble, func(env *Env, args []Value) func(int) (float64, bool, error) {
	a, b, zone := fixedRowOf[int64](args[0]), fixedRowOf[int64](args[1]), zoneOf(env)
	round := func(int) bool { return true }
	if len(args) == 3 {
		flags, at := boolsOf(args[2].Array), args[2].index()
		round = func(i int) bool { return flags.at(i & at) }
	}
	return func(i int) (float64, bool, error) {
		diff := months(momentAt(a.row(i), zone), momentAt(b.row(i), zone))
		if round(i) {
			diff = math.RoundToEven(diff*1e8) / 1e8
		}
		return diff, true, nil
	}
})

// months is the time from b to a: a day counts as a 31st of a month.
func months(a, b moment) float64 {
	whole := float64((a.year-b.year)*12 + a.month - b.month)
	if a.day == b.day || a.day == lastDay(a.year, a.month) && b.day == lastDay(b.year, b.month) {
		return whole
	}
	seconds := (a.day-b.day)*86400 + (a.hour-b.hour)*3600 + (a.minute-b.minute)*60 + a.second - b.second
	return whole + float64(seconds)/(31*86400)
}

var makeTimestamp = fixedFrom(arrowTimestamp, func(env *Env, args []Value) func(int) (int64, bool, error) {
	var n [5]fixedRow[int32]
	for k := range n {
		n[k] = fixedRowOf[int32](args[k])
	}
	seconds, names := fixedRowOf[decimal128.Num](args[5]), stringRows(args, 6, "")
	var zones timestampParser
	return func(i int) (int64, bool, error) {
		days, ok := daysOf(int(n[0].row(i)), int(n[1].row(i)), int(n[2].row(i)))
		hour, minute, sec := int64(n[3].row(i)), int64(n[4].row(i)), int64(seconds.row(i).LowBits())
		if !ok || hour < 0 || hour > 23 || minute < 0 || minute > 59 || sec < 0 || sec > 60e6 {
			return 0, false, failure(env, false, errFields("make_timestamp"))
		}
		zone := zoneOf(env)
		if name := names.row(i); len(args) == 7 {
			if zone, ok = zones.zone(name); !ok {
				_, err := LoadZone(name)
				return 0, false, err
			}
		}
		return instant(days*microsPerDay+hour*3600e6+minute*60e6+sec, zone), true, nil
	}
})
