package kernel

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// toText is a cast to string, as Spark writes values: timestamps in the
// session's zone, [a, b] for arrays, {k -> v} for maps, {a, b} for structs, and
// null inside those.
func toText(types.Type) Func {
	return textsTo(func(env *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		format, at := newFormatter(args[0].Array, env), args[0].index()
		return func(dst []byte, i int) ([]byte, bool, error) { return format(dst, i&at), true, nil }
	})
}

// prettyText is toText in the words of show: NULL inside arrays, maps and
// structs, and binary values as [61 62].
func prettyText(*expr.Call) (Func, error) {
	return textsTo(func(env *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		format, at := formatting{env, true}.of(args[0].Array), args[0].index()
		return func(dst []byte, i int) ([]byte, bool, error) { return format(dst, i&at), true, nil }
	}), nil
}

// formatter appends the text of row i, which is not null.
type formatter func(dst []byte, i int) []byte

func newFormatter(a arrow.Array, env *Env) formatter { return formatting{env, false}.of(a) }

// formatting says how values are written: as a cast does, or in show's words.
type formatting struct {
	env    *Env
	pretty bool
}

func (f formatting) of(a arrow.Array) formatter {
	switch a := a.(type) {
	case *array.Boolean:
		b := boolsOf(a)
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, b.at(i)) }
	case *array.Int8:
		return formatInteger(values[int8](a))
	case *array.Int16:
		return formatInteger(values[int16](a))
	case *array.Int32:
		return formatInteger(values[int32](a))
	case *array.Int64:
		return formatInteger(values[int64](a))
	case *array.Float32:
		v := values[float32](a)
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(v[i]), 32) }
	case *array.Float64:
		v := values[float64](a)
		return func(dst []byte, i int) []byte { return appendFloat(dst, v[i], 64) }
	case *array.Binary:
		if f.pretty {
			t := textsOf(a)
			return func(dst []byte, i int) []byte { return fmt.Appendf(dst, "[% X]", t.bytes(i)) }
		}
		return formatText(a)
	case *array.String:
		return formatText(a)
	case *array.Date32:
		v := values[int32](a)
		return func(dst []byte, i int) []byte { return appendDate(dst, int64(v[i])) }
	case *array.Timestamp:
		return formatTimestamp(a, f.env)
	case *array.Decimal128:
		v, scale := values[decimal128.Num](a), a.DataType().(*arrow.Decimal128Type).Scale
		return func(dst []byte, i int) []byte { return append(dst, v[i].ToString(scale)...) }
	case *array.MonthDayNanoInterval:
		v := values[arrow.MonthDayNanoInterval](a)
		return func(dst []byte, i int) []byte {
			return append(dst, types.Duration{Months: v[i].Months, Days: v[i].Days, Micros: v[i].Nanoseconds / 1000}.String()...)
		}
	}
	return f.nested(a)
}

func formatText(a arrow.Array) formatter {
	t := textsOf(a)
	return func(dst []byte, i int) []byte { return append(dst, t.bytes(i)...) }
}

func formatInteger[T integer](v []T) formatter {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(v[i]), 10) }
}

func formatTimestamp(a *array.Timestamp, env *Env) formatter {
	v, zone := values[int64](a), zoneOf(env)
	if a.DataType().(*arrow.TimestampType).TimeZone == "" {
		zone = time.UTC
	}
	return func(dst []byte, i int) []byte { return appendTimestamp(dst, local(v[i], zone)) }
}

func (f formatting) nested(a arrow.Array) formatter {
	switch a := a.(type) {
	case *array.Map:
		key, item, span := f.orNull(a.Keys()), f.orNull(a.Items()), spansOf(a)
		return func(dst []byte, i int) []byte {
			from, to := span(i)
			return appendList(dst, '{', '}', from, to, func(dst []byte, e int) []byte {
				return item(append(key(dst, e), " -> "...), e)
			})
		}
	case *array.List:
		elem, span := f.orNull(a.ListValues()), spansOf(a)
		return func(dst []byte, i int) []byte {
			from, to := span(i)
			return appendList(dst, '[', ']', from, to, elem)
		}
	case *array.Struct:
		fields := make([]formatter, a.NumField())
		for k := range fields {
			fields[k] = f.orNull(a.Field(k))
		}
		return func(dst []byte, i int) []byte {
			return appendList(dst, '{', '}', 0, len(fields), func(dst []byte, k int) []byte { return fields[k](dst, i) })
		}
	}
	return func(dst []byte, _ int) []byte { return append(dst, f.null()...) }
}

func (f formatting) null() string {
	if f.pretty {
		return "NULL"
	}
	return "null"
}

func (f formatting) orNull(a arrow.Array) formatter {
	format, holes, null := f.of(a), nullsOfArray(a), f.null()
	return func(dst []byte, i int) []byte {
		if holes.at(i) {
			return append(dst, null...)
		}
		return format(dst, i)
	}
}

func appendList(dst []byte, open, end byte, from, to int, item formatter) []byte {
	dst = append(dst, open)
	for e := from; e < to; e++ {
		if e > from {
			dst = append(dst, ", "...)
		}
		dst = item(dst, e)
	}
	return append(dst, end)
}

// appendDate appends yyyy-MM-dd, a plus before years of more than four digits.
func appendDate(dst []byte, days int64) []byte {
	y, m, d := time.Unix(days*86400, 0).UTC().Date()
	switch {
	case y > 9999:
		dst = append(dst, '+')
	case y < 0:
		dst, y = append(dst, '-'), -y
	}
	return append2(append(append2(append(appendYear(dst, y), '-'), int(m)), '-'), d)
}

func appendYear(dst []byte, y int) []byte {
	for limit := 1000; limit > 1 && y < limit; limit /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(y), 10)
}

func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendTimestamp appends yyyy-MM-dd HH:mm:ss and the fraction without zeros at
// its end.
func appendTimestamp(dst []byte, micros int64) []byte {
	days := floorDiv(micros, microsPerDay)
	rest := micros - days*microsPerDay
	sec := int(rest / 1e6)
	dst = append(appendDate(dst, days), ' ')
	dst = append(append2(dst, sec/3600), ':')
	dst = append(append2(dst, sec/60%60), ':')
	dst = append2(dst, sec%60)
	fraction := int(rest % 1e6)
	if fraction == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := 100000; fraction > 0; unit /= 10 {
		dst = append(dst, byte('0'+fraction/unit))
		fraction %= unit
	}
	return dst
}

// javaFloat is the text of a float as Java writes it.
func javaFloat(f float64, bits int) string { return string(appendFloat(nil, f, bits)) }

// appendFloat appends a float as Java's toString does: plain from 10^-3 to
// 10^7, else with an exponent; always with a digit after the point.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch a := math.Abs(f); {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case a == 0 || a >= 1e-3 && a < 1e7:
		from := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
		for _, c := range dst[from:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	return appendScientific(dst, f, bits)
}

func appendScientific(dst []byte, f float64, bits int) []byte {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, bits) // -d.ddde-dd
	point := false
	for i, c := range text {
		point = point || c == '.'
		if c != 'e' {
			dst = append(dst, c)
			continue
		}
		if !point {
			dst = append(dst, ".0"...)
		}
		n, _ := parseInteger(string(text[i+1:]))
		return strconv.AppendInt(append(dst, 'E'), n, 10)
	}
	return dst
}
