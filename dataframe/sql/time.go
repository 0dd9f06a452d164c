package sql

import (
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// typed reads DATE '...', TIMESTAMP '...' and their like.
func (p *parser) typed() (expr.Expr, error) {
	word := p.take()
	at := *p.peek()
	s := p.stringLiteral()
	if word.key == "DATE" {
		day, rest, ok := cutDate(strings.TrimSpace(s))
		if !ok || rest != "" && rest[0] != 'T' && rest[0] != ' ' {
			return nil, p.syntax(at, at.shown()+" is no date", "write DATE '2024-01-31'")
		}
		return &expr.Literal{Value: types.Day(day.Unix() / 86400), T: types.Date}, nil
	}
	t, zoned, ok := parseTimestamp(strings.TrimSpace(s))
	switch {
	case !ok:
		return nil, p.syntax(at, at.shown()+" is no timestamp", "write "+word.key+" '2024-01-31 12:30:00'")
	case word.key == "TIMESTAMP_NTZ" && zoned:
		return nil, p.syntax(at, "a timestamp without a time zone cannot name one", "write TIMESTAMP instead of TIMESTAMP_NTZ")
	case word.key == "TIMESTAMP_NTZ":
		return &expr.Literal{Value: t, T: types.TimestampNTZ}, nil
	case zoned:
		return &expr.Literal{Value: t.UTC(), T: types.Timestamp}, nil
	}
	// Which instant it is depends on the session's time zone, known when it runs.
	return &expr.Cast{Child: &expr.Literal{Value: strings.TrimSpace(s), T: types.String}, To: types.Timestamp, Pos: word.at(), Constant: true}, nil
}

// cutDigits cuts a number of low to high digits off s.
func cutDigits(s string, low, high int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < high && isDigit(s[i]) {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i >= low
}

// cutPart is cutDigits behind a separator.
func cutPart(s string, separator byte) (n int, rest string, ok bool) {
	if s == "" || s[0] != separator {
		return 0, s, false
	}
	return cutDigits(s[1:], 1, 2)
}

// cutDate cuts [+-]y+[-m[-d]] off s.
func cutDate(s string) (day time.Time, rest string, ok bool) {
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	year, s, ok := cutDigits(s, 4, 6)
	if negative {
		year = -year
	}
	month, dom := 1, 1
	if ok && s != "" && s[0] == '-' {
		if month, s, ok = cutPart(s, '-'); ok && s != "" && s[0] == '-' {
			dom, s, ok = cutPart(s, '-')
		}
	}
	day = time.Date(year, time.Month(month), dom, 0, 0, 0, 0, time.UTC)
	return day, s, ok && day.Month() == time.Month(month) && day.Day() == dom
}

// parseTimestamp reads a date, and a time of day and a zone where they are given.
func parseTimestamp(s string) (t time.Time, zoned, ok bool) {
	day, s, ok := cutDate(s)
	if !ok || s == "" {
		return day, false, ok
	}
	if s[0] != 'T' && s[0] != ' ' {
		return day, false, false
	}
	hour, s, ok := cutDigits(s[1:], 1, 2)
	if !ok || hour > 23 {
		return day, false, false
	}
	minute, s, ok := cutPart(s, ':')
	if !ok || minute > 59 {
		return day, false, false
	}
	second := 0
	if strings.HasPrefix(s, ":") {
		if second, s, ok = cutPart(s, ':'); !ok || second > 59 {
			return day, false, false
		}
	}
	nanos, s := cutFraction(s)
	zone, ok := time.UTC, true
	if s = strings.TrimSpace(s); s != "" {
		var err error
		zone, err = types.LoadZone(s)
		zoned, ok = true, err == nil
	}
	if !ok {
		return day, true, false
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, nanos, zone).Truncate(time.Microsecond), zoned, true
}

// cutFraction cuts the fraction of a second off s; it counts in nanoseconds.
func cutFraction(s string) (nanos int, rest string) {
	if !strings.HasPrefix(s, ".") {
		return 0, s
	}
	n, rest, _ := cutDigits(s[1:], 0, 9)
	for i := len(s) - 1 - len(rest); i < 9; i++ {
		n *= 10
	}
	return n, rest
}
