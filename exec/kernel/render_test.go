package kernel_test

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// rendered is a value as the collected cases show it: as spark-sql prints it
// (hive), or as DataFrame.show does.
func rendered(a arrow.Array, i int, hive bool, zone *time.Location) string {
	if a.DataType().ID() == arrow.NULL || a.IsNull(i) {
		return "NULL"
	}
	if b, ok := a.(*array.Binary); ok && hive {
		return string(b.Value(i))
	}
	if s, ok := a.(*array.String); ok {
		if hive {
			return s.Value(i)
		}
		return strings.NewReplacer("\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s.Value(i))
	}
	return renderNested(a, i, hive, zone)
}

func renderInner(a arrow.Array, i int, hive bool, zone *time.Location) string {
	switch {
	case a.DataType().ID() == arrow.NULL || a.IsNull(i):
		if hive {
			return "null"
		}
		return "NULL"
	case hive && a.DataType().ID() == arrow.STRING:
		return `"` + a.(*array.String).Value(i) + `"`
	}
	return rendered(a, i, hive, zone)
}

func renderNested(a arrow.Array, i int, hive bool, zone *time.Location) string {
	sep, arrow, open, end := ", ", " -> ", "{", "}"
	if hive {
		sep, arrow = ",", ":"
	}
	switch a := a.(type) {
	case *array.Map:
		from, to := a.ValueOffsets(i)
		var parts []string
		for e := int(from); e < int(to); e++ {
			parts = append(parts, renderInner(a.Keys(), e, hive, zone)+arrow+renderInner(a.Items(), e, hive, zone))
		}
		if hive {
			sort.Strings(parts)
		}
		return open + strings.Join(parts, sep) + end
	case *array.List:
		from, to := a.ValueOffsets(i)
		var parts []string
		for e := int(from); e < int(to); e++ {
			parts = append(parts, renderInner(a.ListValues(), e, hive, zone))
		}
		return "[" + strings.Join(parts, sep) + "]"
	case *array.Struct:
		var parts []string
		for f := range a.NumField() {
			text := renderInner(a.Field(f), i, hive, zone)
			if hive {
				text = strconv.Quote(a.DataType().(interface{ Field(int) arrowField }).Field(f).Name) + ":" + text
			}
			parts = append(parts, text)
		}
		return open + strings.Join(parts, sep) + end
	}
	return renderSimple(a, i, zone)
}

type arrowField = arrow.Field

func renderSimple(a arrow.Array, i int, zone *time.Location) string {
	switch a := a.(type) {
	case *array.Binary:
		return fmt.Sprintf("[% X]", a.Value(i))
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i))
	case *array.Float32:
		return javaFloat(float64(a.Value(i)), 32)
	case *array.Float64:
		return javaFloat(a.Value(i), 64)
	case *array.Date32:
		return types.Day(a.Value(i)).String()
	case *array.Timestamp:
		t := time.UnixMicro(int64(a.Value(i))).UTC()
		if a.DataType().(*arrow.TimestampType).TimeZone != "" {
			t = t.In(zone)
		}
		return types.FormatTimestamp(t)
	case *array.Decimal128:
		return a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.MonthDayNanoInterval:
		v := a.Value(i)
		return types.Duration{Months: v.Months, Days: v.Days, Micros: v.Nanoseconds / 1000}.String()
	}
	return a.ValueStr(i)
}

// javaFloat is Java's toString of a float, written apart from the kernels'.
func javaFloat(f float64, bits int) string {
	text := strconv.FormatFloat(f, 'e', -1, bits)
	mantissa, exp, ok := strings.Cut(text, "e")
	if !ok {
		return strings.NewReplacer("Inf", "Infinity", "+", "").Replace(text)
	}
	if n, _ := strconv.Atoi(exp); n >= -3 && n < 7 || f == 0 {
		text = strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	} else if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "E" + exp
}
