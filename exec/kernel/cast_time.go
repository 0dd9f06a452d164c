package kernel

import (
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
)

const microsPerDay = 86_400_000_000

// time returns a cast among dates and timestamps, or from timestamps to
// numbers; nil for others.
func (c *conversion) time() Func {
	switch {
	case c.from == types.Date && c.to == types.Timestamp:
		return zoned(c, func(d int32, zone *time.Location) int64 { return instant(int64(d)*microsPerDay, zone) })
	case c.from == types.Date && c.to == types.TimestampNTZ:
		return fixed1(c.dt, func(d int32) int64 { return int64(d) * microsPerDay })
	case c.from == types.Timestamp && c.to == types.Date:
		return zoned(c, func(t int64, zone *time.Location) int32 { return dayOf(local(t, zone)) })
	case c.from == types.TimestampNTZ && c.to == types.Date:
		return fixed1(c.dt, dayOf)
	case c.from == types.Timestamp && c.to == types.TimestampNTZ:
		return zoned(c, local)
	case c.from == types.TimestampNTZ && c.to == types.Timestamp:
		return zoned(c, instant)
	case c.from == types.Timestamp:
		return c.timestampToNumber()
	}
	return nil
}

// zoned maps values with the session's time zone.
func zoned[A, R fixed](c *conversion, f func(a A, zone *time.Location) R) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		zone := zoneOf(env)
		return fixed1(c.dt, func(a A) R { return f(a, zone) })(env, args, rows)
	}
}

func zoneOf(env *Env) *time.Location {
	if env.Zone == nil {
		return time.UTC
	}
	return env.Zone
}

// dayOf is the day of a time without a zone.
func dayOf(micros int64) int32 { return int32(floorDiv(micros, microsPerDay)) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// local is what a clock in the zone shows at an instant, as microseconds
// without a zone.
func local(t int64, zone *time.Location) int64 {
	if zone == time.UTC {
		return t
	}
	_, offset := time.UnixMicro(t).In(zone).Zone()
	return t + int64(offset)*1e6
}

// instant is when a clock in the zone shows a local time: the first time where
// it does so twice, and as much later as the clock was put forward where it
// never does.
func instant(local int64, zone *time.Location) int64 {
	if zone == time.UTC {
		return local
	}
	// The offset a day before and a day after: a change lies between them if any.
	_, before := time.UnixMicro(local - microsPerDay).In(zone).Zone()
	_, after := time.UnixMicro(local + microsPerDay).In(zone).Zone()
	t := local - int64(before)*1e6
	if before == after {
		return t
	}
	if _, now := time.UnixMicro(t).In(zone).Zone(); now == before {
		return t
	}
	late := local - int64(after)*1e6
	if _, now := time.UnixMicro(late).In(zone).Zone(); now == after {
		return late
	}
	return t // in the gap: by the offset before it
}

func (c *conversion) timestampToNumber() Func {
	switch c.to {
	case types.Byte:
		return secondsTo[int8](c)
	case types.Short:
		return secondsTo[int16](c)
	case types.Int:
		return secondsTo[int32](c)
	case types.Long:
		return secondsTo[int64](c)
	case types.Float:
		return fixed1(c.dt, func(t int64) float32 { return float32(float64(t) / 1e6) })
	case types.Double:
		return fixed1(c.dt, func(t int64) float64 { return float64(t) / 1e6 })
	}
	d, ok := c.to.(types.Decimal)
	if !ok {
		return nil
	}
	return fixed1Err(c.dt, func(env *Env, t int64) (decimal128.Num, bool, error) {
		n, ok := rescaled(big.NewInt(t), 6, d)
		if !ok {
			return n, false, c.overflow(env, strconv.FormatFloat(float64(t)/1e6, 'f', -1, 64))
		}
		return n, true, nil
	})
}

// secondsTo gives whole seconds since 1970, rounded down.
func secondsTo[R integer](c *conversion) Func {
	return fixed1Err(c.dt, func(env *Env, t int64) (R, bool, error) {
		s := floorDiv(t, 1e6)
		if int64(R(s)) == s || !c.try && !env.ANSI {
			return R(s), true, nil
		}
		text := string(appendTimestamp(nil, local(t, zoneOf(env))))
		return 0, false, c.overflow(env, "TIMESTAMP '"+text+"'")
	})
}

// daysOf is the day of a date of the proleptic Gregorian calendar; ok is false
// where there is no such date.
func daysOf(y, m, d int) (days int64, ok bool) {
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d {
		return 0, false
	}
	days = floorDiv(t.Unix(), 86400)
	return days, days >= math.MinInt32 && days <= math.MaxInt32
}
