package types

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Day is a date: days since 1970-01-01, in the proleptic Gregorian calendar.
type Day int32

// String returns the date as yyyy-MM-dd.
func (d Day) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format("2006-01-02") }

// Duration is a span of calendar time: months, days and microseconds apart,
// since a month has no fixed length.
type Duration struct {
	Months, Days int32
	Micros       int64
}

// String returns the span as Spark shows it: "1 years 2 months 3 days 4 hours".
func (d Duration) String() string {
	var parts []string
	add := func(n int64, unit string) {
		if n != 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+" "+unit)
		}
	}
	add(int64(d.Months/12), "years")
	add(int64(d.Months%12), "months")
	add(int64(d.Days), "days")
	add(d.Micros/3600e6, "hours")
	add(d.Micros/60e6%60, "minutes")
	if rest := d.Micros % 60e6; rest != 0 || len(parts) == 0 {
		parts = append(parts, strconv.FormatFloat(float64(rest)/1e6, 'f', -1, 64)+" seconds")
	}
	return strings.Join(parts, " ")
}

// Dec is an exact number: Unscaled / 10^Scale, of at most Precision digits.
type Dec struct {
	Unscaled         decimal128.Num
	Precision, Scale int
}

// Type returns the decimal type of the value.
func (d Dec) Type() Decimal { return Decimal{d.Precision, d.Scale} }

// String returns all digits, Scale of them after the point.
func (d Dec) String() string { return d.Unscaled.ToString(int32(d.Scale)) }

// FormatTimestamp returns an instant as Spark shows it: yyyy-MM-dd HH:mm:ss and
// as many digits of the second's fraction as are not zero, in t's own zone.
func FormatTimestamp(t time.Time) string {
	return strings.TrimSuffix(strings.TrimRight(t.Format("2006-01-02 15:04:05.000000"), "0"), ".")
}

// FormatFloat returns a float as Spark shows it: in plain digits from 0.001 up
// to 10 millions, else as 1.0E10. bits is 32 or 64.
func FormatFloat(v float64, bits int) string {
	size := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return strings.TrimPrefix(strconv.FormatFloat(v, 'f', -1, bits), "+") + "inity"
	case size != 0 && (size < 1e-3 || size >= 1e7):
		digits, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, bits), "E")
		n, _ := strconv.Atoi(exponent)
		return withPoint(digits) + "E" + strconv.Itoa(n)
	}
	return withPoint(strconv.FormatFloat(v, 'f', -1, bits))
}

func withPoint(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
