package replay

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stamp is the time of an event, and how it is written there.
type stamp struct {
	at field // with its quotes
	ns int64 // since 1970

	quoted bool
	unit   int64  // nanoseconds, of a number
	digits int    // after the point or in the seconds
	layout string // of a text
}

// timeOf returns the time of an event. name is the field, "" stands for any of
// TimeFields.
func timeOf(line []byte, name string) (stamp, bool) {
	names := TimeFields
	if name != "" {
		names = []string{name}
	}
	best := len(names)
	var s stamp
	walk(line, func(got []byte, at field) bool {
		i := slices.Index(names[:best], string(got))
		if i < 0 {
			return true
		}
		if found, ok := parse(line[at.from:at.to]); ok {
			best, s = i, found
			s.at = at
		}
		return best > 0
	})
	return s, best < len(names)
}

// layouts are the forms of ISO 8601 that are known, without fractions of a
// second, which time.Parse takes in any of them.
var layouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"}

func parse(value []byte) (stamp, bool) {
	s := stamp{quoted: value[0] == '"'}
	text := string(value)
	if s.quoted {
		text = text[1 : len(text)-1]
	}
	if s.number(text) {
		return s, true
	}
	if !s.quoted {
		return s, false
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, text)
		if err != nil || t.Year() < 1678 || t.Year() > 2261 {
			continue
		}
		s.ns = t.UnixNano()
		if _, fraction, ok := strings.Cut(text, "."); ok {
			s.digits = len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
		}
		s.layout = layout
		if s.digits > 0 {
			s.layout = strings.Replace(layout, "05", "05."+strings.Repeat("0", min(s.digits, 9)), 1)
		}
		return s, true
	}
	return s, false
}

// number reads a count of seconds or smaller units since 1970.
func (s *stamp) number(text string) bool {
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.Trim(fraction, "0123456789") != "" {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || math.Abs(f) > math.MaxInt64/2 {
			return false
		}
		whole, fraction, _ = strings.Cut(strconv.FormatFloat(f, 'f', 6, 64), ".")
		n, _ = strconv.ParseInt(whole, 10, 64)
	}
	s.unit = 1
	for limit := int64(100_000_000_000_000_000); s.unit < int64(time.Second) && max(n, -n) < limit; limit /= 1000 {
		s.unit *= 1000 // 1e17 divides nanoseconds from microseconds, 1e11 milliseconds from seconds
	}
	if max(n, -n) > math.MaxInt64/2/s.unit {
		return false
	}
	s.digits = len(fraction)
	f, _ := strconv.ParseFloat("0."+fraction+"0", 64)
	part := int64(math.Round(f * float64(s.unit)))
	if strings.HasPrefix(whole, "-") {
		part = -part
	}
	s.ns = n*s.unit + part
	return true
}

// move returns a copy of the event with its time moved by so many nanoseconds.
func (s *stamp) move(line []byte, by int64) []byte {
	out := make([]byte, 0, len(line)+16)
	out = append(out, line[:s.at.from]...)
	if s.quoted {
		out = append(out, '"')
	}
	out = s.write(out, s.ns+by, line)
	if s.quoted {
		out = append(out, '"')
	}
	return append(out, line[s.at.to:]...)
}

func (s *stamp) write(out []byte, ns int64, line []byte) []byte {
	if s.layout != "" {
		zone := time.UTC
		if t, err := time.Parse(s.layout, string(bytes.Trim(line[s.at.from:s.at.to], `"`))); err == nil {
			zone = t.Location()
		}
		return time.Unix(0, ns).In(zone).AppendFormat(out, s.layout)
	}
	if ns < 0 {
		out, ns = append(out, '-'), -ns
	}
	out = strconv.AppendInt(out, ns/s.unit, 10)
	if s.digits == 0 {
		return out
	}
	// Nanoseconds of the unit, then zeros or a cut to as many digits as there were.
	rest := strconv.FormatInt(s.unit+ns%s.unit, 10)[1:]
	rest += strings.Repeat("0", max(0, s.digits-len(rest)))
	return append(append(out, '.'), rest[:s.digits]...)
}
