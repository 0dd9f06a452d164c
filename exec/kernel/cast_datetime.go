package kernel

import (
	"math"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// parseDate reads yyyy, yyyy-[M]M or yyyy-[M]M-[d]d; after a whole date, a
// blank or T and anything.
func parseDate(s string) (int32, bool) {
	days, rest, parts, ok := cutDate(trim(s))
	if !ok || rest != "" && (parts < 3 || rest[0] != ' ' && rest[0] != 'T') {
		return 0, false
	}
	return int32(days), true
}

// cutDate reads a date at the start of s; parts is how many of year, month and
// day there are.
func cutDate(s string) (days int64, rest string, parts int, ok bool) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
	}
	year, s, n := cutDigits(s)
	if n < 4 || n > 7 {
		return 0, "", 0, false
	}
	if neg {
		year = -year
	}
	md := [2]int{1, 1}
	for parts = 1; parts < 3 && s != "" && s[0] == '-'; parts++ {
		if md[parts-1], s, n = cutDigits(s[1:]); n < 1 || n > 2 {
			return 0, "", 0, false
		}
	}
	days, ok = daysOf(year, md[0], md[1])
	return days, s, parts, ok
}

// cutDigits reads digits at the start of s, and says how many there are; the
// number of more than 9 means nothing.
func cutDigits(s string) (n int, rest string, count int) {
	for count < len(s) && s[count] >= '0' && s[count] <= '9' {
		if count < 9 {
			n = n*10 + int(s[count]-'0')
		}
		count++
	}
	return n, s[count:], count
}

// timestampParser reads timestamps: a date as parseDate reads it, a blank or T,
// [h]h[:[m]m[:[s]s[.fraction]]], and a zone: Z, +hh:mm, UTC+h or a region. A
// time alone is one of the day of the batch. It remembers the zones it met.
type timestampParser struct {
	ntz   bool // times without a zone: one that is written is ignored
	zones map[string]*time.Location
}

func (p *timestampParser) parse(env *Env, s string) (int64, bool) {
	s = trim(s)
	days, rest, parts, ok := cutDate(s)
	justTime := !ok && isClock(s)
	switch {
	case justTime && !p.ntz:
		rest = strings.TrimPrefix(s, "T")
		days = int64(dayOf(local(env.Time.UnixMicro(), zoneOf(env))))
	case !ok || rest != "" && parts < 3:
		return 0, false
	case rest != "":
		if rest[0] != ' ' && rest[0] != 'T' {
			return 0, false
		}
		rest = rest[1:]
	}
	micros, zone, ok := cutClock(rest)
	if !ok || (days > math.MaxInt64/microsPerDay-1 || days < math.MinInt64/microsPerDay+1) {
		return 0, false
	}
	at := days*microsPerDay + micros
	if zone = trim(zone); zone == "" {
		if p.ntz {
			return at, true
		}
		return instant(at, zoneOf(env)), true
	}
	loc, ok := p.zone(zone)
	if !ok || p.ntz {
		return at, ok
	}
	return instant(at, loc), true
}

// isClock tells a time without a date: "T10" or "10:20".
func isClock(s string) bool {
	if strings.HasPrefix(s, "T") {
		return len(s) > 1
	}
	_, rest, n := cutDigits(s)
	return n >= 1 && n <= 2 && rest != "" && rest[0] == ':'
}

// cutClock reads a time of day, and returns what follows it. Digits beyond the
// microsecond are cut.
func cutClock(s string) (micros int64, rest string, ok bool) {
	if s == "" {
		return 0, "", true
	}
	var hms [3]int
	parts := 0
	for ; parts < 3; parts++ {
		if parts > 0 {
			if s == "" || s[0] != ':' {
				break
			}
			s = s[1:]
		}
		var n int
		if hms[parts], s, n = cutDigits(s); n < 1 || n > 2 {
			return 0, "", false
		}
	}
	if parts == 3 && s != "" && s[0] == '.' {
		n := 0
		for s = s[1:]; s != "" && s[0] >= '0' && s[0] <= '9'; s = s[1:] {
			if n++; n <= 6 {
				micros = micros*10 + int64(s[0]-'0')
			}
		}
		for ; n < 6; n++ {
			micros *= 10
		}
	}
	if hms[0] > 23 || hms[1] > 59 || hms[2] > 59 {
		return 0, "", false
	}
	return micros + (int64(hms[0])*3600+int64(hms[1])*60+int64(hms[2]))*1e6, s, true
}

// zone finds a time zone by its text.
func (p *timestampParser) zone(name string) (*time.Location, bool) {
	if name == "Z" || name == "z" || name == "UTC" || name == "GMT" {
		return time.UTC, true
	}
	if loc, ok := p.zones[name]; ok {
		return loc, loc != nil
	}
	loc, err := LoadZone(name)
	if p.zones == nil || len(p.zones) > 1000 {
		p.zones = map[string]*time.Location{}
	}
	if err != nil {
		loc = nil
	}
	p.zones[name] = loc
	return loc, loc != nil
}

// parseInterval reads "1 year 2 months -3 days 4.5 seconds", with the word
// interval before it or not.
func parseInterval(s string) (out arrow.MonthDayNanoInterval, ok bool) {
	words := strings.Fields(strings.ToLower(trim(s)))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	if len(words) == 0 || len(words)%2 == 1 {
		return out, false
	}
	var months, days, micros int64
	for i := 0; i < len(words); i += 2 {
		unit := strings.TrimSuffix(words[i+1], "s")
		if unit == "second" {
			f, ok := parseSeconds(words[i])
			if !ok {
				return out, false
			}
			micros += f
			continue
		}
		n, ok := parseInteger(words[i])
		u, known := intervalUnits[unit]
		if !ok || !known || n > 1e12 || n < -1e12 {
			return out, false
		}
		months, days, micros = months+n*u[0], days+n*u[1], micros+n*u[2]
	}
	if months != int64(int32(months)) || days != int64(int32(days)) || micros > math.MaxInt64/1000 || micros < math.MinInt64/1000 {
		return out, false
	}
	return arrow.MonthDayNanoInterval{Months: int32(months), Days: int32(days), Nanoseconds: micros * 1000}, true
}

// intervalUnits are months, days and microseconds of each unit but seconds.
var intervalUnits = map[string][3]int64{
	"year": {12, 0, 0}, "month": {1, 0, 0}, "week": {0, 7, 0}, "day": {0, 1, 0},
	"hour": {0, 0, 3600e6}, "minute": {0, 0, 60e6}, "millisecond": {0, 0, 1000}, "microsecond": {0, 0, 1},
}

// parseSeconds reads seconds with at most nine digits of a fraction, of which
// six count.
func parseSeconds(s string) (micros int64, ok bool) {
	neg := strings.HasPrefix(s, "-")
	whole, fraction, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	n, ok := parseInteger("0" + whole)
	if !ok || n > 1e12 || len(fraction) > 9 || len(s)-len(strings.TrimLeft(s, "+-")) > 1 {
		return 0, false
	}
	f, ok := parseInteger("0" + (fraction + "000000")[:6])
	if micros = n*1e6 + f; neg {
		micros = -micros
	}
	return micros, ok && strings.Trim(fraction, "0123456789") == ""
}
