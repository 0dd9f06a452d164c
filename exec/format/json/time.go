package json

import (
	"bytes"
	"math"
	"time"
)

// timeStatus is how reading a date or a timestamp ended.
type timeStatus uint8

const (
	timeOK timeStatus = iota
	timeBad
	timeRange
)

func (s timeStatus) reason() Reason {
	if s == timeRange {
		return OutOfRange
	}
	return BadText
}

const (
	microsPerSecond = 1000000
	secondsPerDay   = 86400
	maxZones        = 256
)

// clock reads dates and timestamps from texts.
type clock struct {
	loc     *time.Location            // of times without a zone
	pattern *Pattern                  // nil: the forms of a SQL cast
	zones   map[string]*time.Location // regions met in the data; nil ones are unknown
}

// fields are the parts of a time as they were written.
type fields struct {
	year, month, day     int
	hour, minute, second int
	micro                int
	zoned                bool
	offset               int            // seconds east of UTC, if zoned and zone is nil
	zone                 *time.Location // a region, if zoned
}

// date reads a date, as days since 1970-01-01.
func (k *clock) date(s []byte) (int32, timeStatus) {
	f := fields{month: 1, day: 1, year: 1970}
	if k.pattern != nil {
		if !k.pattern.parse(s, &f, k) {
			return 0, timeBad
		}
	} else {
		rest, ok := f.parseDate(bytes.TrimSpace(s))
		if !ok || len(rest) > 0 && (f.day == 0 || rest[0] != ' ' && rest[0] != 'T') {
			return 0, timeBad
		}
	}
	days, ok := f.days()
	if !ok {
		return 0, timeBad
	}
	return int32(days), timeOK
}

// timestamp reads a timestamp, as microseconds since 1970; a local one may have
// no zone, and counts as if in UTC.
func (k *clock) timestamp(s []byte, local bool) (int64, timeStatus) {
	f := fields{month: 1, day: 1, year: 1970}
	if k.pattern != nil {
		if !k.pattern.parse(s, &f, k) {
			return 0, timeBad
		}
	} else if !f.parseTimestamp(bytes.TrimSpace(s), k) {
		return 0, timeBad
	}
	if local && f.zoned {
		return 0, timeBad
	}
	days, ok := f.days()
	if !ok || f.hour > 23 || f.minute > 59 || f.second > 59 {
		return 0, timeBad
	}
	secs := int64(days)*secondsPerDay + int64(f.hour*3600+f.minute*60+f.second)
	switch {
	case local:
	case !f.zoned:
		secs = toUTC(secs, k.loc)
	case f.zone != nil:
		secs = toUTC(secs, f.zone)
	default:
		secs -= int64(f.offset)
	}
	if secs > math.MaxInt64/microsPerSecond-1 || secs < math.MinInt64/microsPerSecond {
		return 0, timeRange
	}
	return secs*microsPerSecond + int64(f.micro), timeOK
}

// toUTC turns seconds since 1970 of a wall clock in loc into an instant. A time
// that comes twice is the first of the two; one that is left out is as much
// later as was left out, as in Java.
func toUTC(secs int64, loc *time.Location) int64 {
	if loc == nil || loc == time.UTC {
		return secs
	}
	before := offsetAt(secs-secondsPerDay, loc)
	at := offsetAt(secs-before, loc)
	if at == before || offsetAt(secs-at, loc) != at {
		return secs - before
	}
	return secs - at
}

func offsetAt(unix int64, loc *time.Location) int64 {
	_, off := time.Unix(unix, 0).In(loc).Zone()
	return int64(off)
}

// days returns the days since 1970-01-01, or false for a day that is not in the
// calendar.
func (f *fields) days() (int, bool) {
	if f.day == 0 {
		f.day = 1
	}
	if f.month < 1 || f.month > 12 || f.day < 1 || f.day > daysIn(f.year, f.month) {
		return 0, false
	}
	return civilDays(f.year, f.month, f.day), true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// civilDays counts days from 1970-01-01 in the proleptic Gregorian calendar, by
// eras of 400 years that begin in March.
func civilDays(y, m, day int) int {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// wholeNumber takes at least low and at most high digits from the start of s.
func wholeNumber(s []byte, low, high int) (v int, rest []byte, ok bool) {
	n := 0
	for n < len(s) && n < high && s[n]-'0' <= 9 {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, s[n:], n >= low
}

// parseDate reads [+-]yyyy[-[m]m[-[d]d]]; day is 0 where it is missing.
func (f *fields) parseDate(s []byte) (rest []byte, ok bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg || len(s) > 0 && s[0] == '+' {
		s = s[1:]
	}
	if f.year, s, ok = wholeNumber(s, 4, 6); !ok {
		return s, false
	}
	if neg {
		f.year = -f.year
	}
	f.day = 0
	if len(s) == 0 || s[0] != '-' {
		return s, len(s) == 0
	}
	if f.month, s, ok = wholeNumber(s[1:], 1, 2); !ok || len(s) == 0 {
		return s, ok
	}
	if s[0] != '-' {
		return s, false
	}
	f.day, s, ok = wholeNumber(s[1:], 1, 2)
	return s, ok && f.day > 0
}

// parseTimestamp reads a date, and optionally a time of day and a zone.
func (f *fields) parseTimestamp(s []byte, k *clock) bool {
	s, ok := f.parseDate(s)
	if !ok || len(s) == 0 {
		return ok
	}
	if s[0] != ' ' && s[0] != 'T' {
		return false
	}
	if s = s[1:]; len(s) == 0 {
		return false
	}
	if f.hour, s, ok = wholeNumber(s, 1, 2); !ok || len(s) == 0 || s[0] != ':' {
		return false
	}
	if f.minute, s, ok = wholeNumber(s[1:], 1, 2); !ok {
		return false
	}
	if len(s) > 0 && s[0] == ':' {
		if f.second, s, ok = wholeNumber(s[1:], 1, 2); !ok {
			return false
		}
		if len(s) > 0 && s[0] == '.' {
			s = f.parseFraction(s[1:], len(s))
		}
	}
	return len(s) == 0 || f.parseZone(bytes.TrimSpace(s), k)
}

// parseFraction reads up to high digits of a second and keeps microseconds.
func (f *fields) parseFraction(s []byte, high int) []byte {
	n := 0
	f.micro = 0
	for ; n < len(s) && n < high && s[n]-'0' <= 9; n++ {
		if n < 6 {
			f.micro = f.micro*10 + int(s[n]-'0')
		}
	}
	for i := n; i < 6; i++ {
		f.micro *= 10
	}
	return s[n:]
}

// parseZone reads all of s as a zone: Z, an offset, UTC or GMT with or without
// one, or the name of a region.
func (f *fields) parseZone(s []byte, k *clock) bool {
	f.zoned = true
	if string(s) == "Z" {
		return true
	}
	if len(s) >= 3 && (string(s[:3]) == "UTC" || string(s[:3]) == "GMT") {
		if len(s) == 3 {
			return true
		}
		s = s[3:]
	} else if len(s) >= 2 && string(s[:2]) == "UT" {
		if len(s) == 2 {
			return true
		}
		s = s[2:]
	}
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		return f.parseOffset(s)
	}
	f.zone = k.region(s)
	return f.zone != nil
}

// parseOffset reads +h, +hh, +hhmm, +h:mm, +hh:mm and +hh:mm:ss.
func (f *fields) parseOffset(s []byte) bool {
	neg := s[0] == '-'
	h, rest, ok := wholeNumber(s[1:], 1, 2)
	m, sec := 0, 0
	if ok && len(rest) == 2 {
		m, rest, ok = wholeNumber(rest, 2, 2)
	}
	if ok && len(rest) > 0 && rest[0] == ':' {
		if m, rest, ok = wholeNumber(rest[1:], 2, 2); ok && len(rest) > 0 && rest[0] == ':' {
			sec, rest, ok = wholeNumber(rest[1:], 2, 2)
		}
	}
	f.offset = h*3600 + m*60 + sec
	if neg {
		f.offset = -f.offset
	}
	return ok && len(rest) == 0 && m < 60 && sec < 60 && h*3600+m*60+sec <= 18*3600
}

// region returns a zone by the name of its region, or nil. What was looked up
// is kept, unknown names too, since looking reads files.
func (k *clock) region(name []byte) *time.Location {
	if loc, ok := k.zones[string(name)]; ok {
		return loc
	}
	if k.zones == nil || len(k.zones) >= maxZones {
		k.zones = map[string]*time.Location{}
	}
	var loc *time.Location
	if n := string(name); n != "" && n != "Local" && len(n) <= 64 {
		loc, _ = time.LoadLocation(n)
	}
	k.zones[string(name)] = loc
	return loc
}

// secondsToMicros reads a JSON number of seconds as microseconds, digits beyond
// them cut off. ok is false if an int64 does not hold them.
func secondsToMicros(s []byte) (int64, bool) {
	neg := s[0] == '-'
	t := s
	if neg {
		t = s[1:]
	}
	secs, rest, _ := wholeNumber(t, 1, 12)
	f := fields{}
	if len(rest) > 0 && rest[0] == '.' {
		rest = f.parseFraction(rest[1:], len(rest))
	}
	if len(rest) > 0 {
		return secondsSlow(s)
	}
	us := int64(secs)*microsPerSecond + int64(f.micro)
	if neg {
		us = -us
	}
	return us, true
}

// secondsSlow is secondsToMicros for numbers that are long or have an exponent.
func secondsSlow(s []byte) (int64, bool) {
	v, fits, ok := parseNumber(s, 38, 6, false)
	if !ok || !fits {
		return 0, false
	}
	n := v.BigInt()
	return n.Int64(), n.IsInt64()
}
