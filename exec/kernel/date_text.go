package kernel

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// dateTextKernels read and write dates and times by patterns.
func dateTextKernels() map[string]Maker {
	return map[string]Maker{
		"to_date":          fromText(types.Date, false),
		"try_to_date":      fromText(types.Date, true),
		"to_timestamp":     fromText(types.Timestamp, false),
		"try_to_timestamp": fromText(types.Timestamp, true),
		"unix_timestamp":   unixTimestampMaker,
		"date_format":      dateFormatMaker,
		"from_unixtime":    fromUnixMaker,
	}
}

const defaultPattern = "yyyy-MM-dd HH:mm:ss"

func identity(_ *Env, args []Value, _ Rows) (Value, error) { return args[0], nil }

// castFirst casts the first argument. It was cast already unless the function
// is one that tries.
func castFirst(from, to types.Type, try bool) (Func, error) {
	if types.Equal(from, to) {
		return identity, nil
	}
	f, err := castFunc(from, to, try)
	return func(env *Env, args []Value, rows Rows) (Value, error) { return f(env, args[:1], rows) }, err
}

// fromText reads text by a pattern.
func fromText(to types.Type, try bool) Maker {
	return func(call *expr.Call) (Func, error) {
		if from := call.Args[0].Type(); len(call.Args) == 1 || from != types.Type(types.String) {
			return castFirst(from, to, try)
		}
		patterns, err := newDatePatterns(call, 1)
		if err != nil {
			return nil, err
		}
		if to == types.Date {
			return readTimes(arrowDate, patterns, try, func(days, _ int64, _ func() int64) int32 { return int32(days) }), nil
		}
		return readTimes(arrowTimestamp, patterns, try, func(_, _ int64, at func() int64) int64 { return at() }), nil
	}
}

// readTimes reads the first argument by the pattern in the second. make gets the
// day, the time of day, and a function that gives the instant.
func readTimes[R fixed](dt arrow.DataType, patterns *datePatterns, try bool, make func(days, clock int64, at func() int64) R) Func {
	return fixedFrom(dt, func(env *Env, args []Value) func(int) (R, bool, error) {
		s, pattern, zone := textRowOf(args[0]), patterns.rows(args, 1, defaultPattern), zoneOf(env)
		var zones timestampParser
		return func(i int) (none R, ok bool, err error) {
			p, err := pattern(i)
			if err != nil {
				return none, false, err
			}
			days, clock, named, ok := p.parse(s.row(i), &zones)
			if !ok {
				return none, false, failure(env, try, fmt.Errorf("[CANNOT_PARSE_TIMESTAMP] the text '%s' is no time in the format '%s'; use try_to_timestamp or try_to_date to get null instead", s.row(i), p.text))
			}
			return make(days, clock, func() int64 {
				if named == nil {
					named = zone
				}
				return instant(days*microsPerDay+clock, named)
			}), true, nil
		}
	})
}

func unixTimestampMaker(call *expr.Call) (Func, error) {
	if len(call.Args) == 0 {
		return func(env *Env, _ []Value, _ Rows) (Value, error) {
			return Value{newFixed(arrowLong, []int64{env.Time.Unix()}, noNulls(1)), true}, nil
		}, nil
	}
	if call.Args[0].Type() == types.Timestamp {
		return func(env *Env, args []Value, rows Rows) (Value, error) {
			return fixed1(arrowLong, func(t int64) int64 { return floorDiv(t, 1e6) })(env, args[:1], rows)
		}, nil
	}
	patterns, err := newDatePatterns(call, 1)
	if err != nil {
		return nil, err
	}
	return readTimes(arrowLong, patterns, false, func(_, _ int64, at func() int64) int64 { return floorDiv(at(), 1e6) }), nil
}

func dateFormatMaker(call *expr.Call) (Func, error) {
	return writeTimes(call, func(v Value) func(i int) (int64, bool) {
		times := fixedRowOf[int64](v)
		return func(i int) (int64, bool) { return times.row(i), true }
	})
}

func fromUnixMaker(call *expr.Call) (Func, error) {
	return writeTimes(call, func(v Value) func(i int) (int64, bool) {
		seconds := fixedRowOf[int64](v)
		return func(i int) (int64, bool) { return micros(seconds.row(i), 1e6) }
	})
}

// writeTimes writes instants by the pattern in the second argument.
func writeTimes(call *expr.Call, open func(v Value) func(i int) (int64, bool)) (Func, error) {
	patterns, err := newDatePatterns(call, 1)
	if err != nil {
		return nil, err
	}
	return textsTo(func(env *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		at, pattern, zone := open(args[0]), patterns.rows(args, 1, defaultPattern), zoneOf(env)
		return func(dst []byte, i int) ([]byte, bool, error) {
			p, err := pattern(i)
			if err != nil {
				return dst, false, err
			}
			t, ok := at(i)
			if !ok {
				return dst, false, errTimeRange(call.Name)
			}
			m := momentAt(t, zone)
			return p.append(dst, &m), true, nil
		}
	}), nil
}
