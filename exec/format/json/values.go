package json

import "github.com/apache/arrow-go/v18/arrow/decimal128"

// Times reads dates and timestamps from texts as a decoder does, for the other
// formats of lines. It is not safe for concurrent use.
type Times struct{ times, timesNTZ, dates clock }

// NewTimes returns a reader by the time zone and the patterns of opts.
func NewTimes(opts Options) *Times {
	return &Times{clock{loc: opts.TimeZone, pattern: opts.TimestampFormat}, clock{pattern: opts.TimestampNTZFormat}, clock{pattern: opts.DateFormat}}
}

// Date reads a date as days since 1970-01-01; where ok is false, why says why.
func (t *Times) Date(s []byte) (days int32, why Reason, ok bool) {
	days, status := t.dates.date(s)
	return days, status.reason(), status == timeOK
}

// Timestamp reads an instant as microseconds since 1970 in UTC.
func (t *Times) Timestamp(s []byte) (micros int64, why Reason, ok bool) {
	micros, status := t.times.timestamp(s, false)
	return micros, status.reason(), status == timeOK
}

// TimestampNTZ reads a timestamp without a time zone, as if it were in UTC.
func (t *Times) TimestampNTZ(s []byte) (micros int64, why Reason, ok bool) {
	micros, status := t.timesNTZ.timestamp(s, true)
	return micros, status.reason(), status == timeOK
}

// ParseDecimal reads a decimal number, with a sign and an exponent or without, and
// rounds it half up to the scale. ok is false if s is no number, fits if it has
// more than prec digits then.
func ParseDecimal(s []byte, prec, scale int) (v decimal128.Num, fits, ok bool) {
	return parseDecimal(s, prec, scale)
}

// RepairUTF8 appends s to dst with each byte that is not UTF-8 as U+FFFD.
func RepairUTF8(dst, s []byte) []byte { return repair(dst, s) }
