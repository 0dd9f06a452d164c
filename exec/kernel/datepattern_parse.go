package kernel

import (
	"strings"
	"time"
)

// reading is what was read of a text so far.
type reading struct {
	moment
	has                 [128]bool // by letter
	half                int       // 0: AM, 1: PM
	halfHour, dayOfYear int
	quarterNo, dayName  int
	offset              int // seconds, where it has 'X' and zone is nil
	zones               *timestampParser
}

// parse reads all of s. date is the day, micros the time of that day; zoned
// tells whether the text named a zone, and zone is that then.
func (p *datePattern) parse(s string, zones *timestampParser) (days, micros int64, zone *time.Location, ok bool) {
	r := reading{zones: zones}
	if rest, ok := p.run(0, s, &r); !ok || rest != "" {
		return 0, 0, nil, false
	}
	return r.resolve()
}

// run reads the items from i on, up to the end of their section.
func (p *datePattern) run(i int, s string, r *reading) (rest string, ok bool) {
	for ; i < len(p.items); i++ {
		switch it := &p.items[i]; it.letter {
		case 0:
			if len(s) < len(it.text) || !strings.EqualFold(s[:len(it.text)], it.text) {
				return s, false
			}
			s = s[len(it.text):]
		case '[':
			try := *r
			if rest, ok := p.run(i+1, s, &try); ok {
				*r, s = try, rest
			}
			i = it.skip - 1
		case ']':
			return s, true
		default:
			if s, ok = it.read(s, r); !ok {
				return s, false
			}
			r.has[it.letter] = true
		}
	}
	return s, true
}

// read takes the item's text off s.
func (it *dateItem) read(s string, r *reading) (string, bool) {
	switch it.letter {
	case 'G':
		return cutAny(s, []string{"AD"}, new(int))
	case 'a':
		return cutAny(s, []string{"AM", "PM"}, &r.half)
	case 'E':
		return cutNames(s, weekdayName, 7, it.count, &r.dayName)
	case 'M', 'L':
		if it.count > 2 {
			rest, ok := cutNames(s, func(i int) string { return time.Month(i + 1).String() }, 12, it.count, &r.month)
			r.month++
			return rest, ok
		}
	case 'Q', 'q':
		if it.count > 2 {
			return cutQuarter(s, it.count, &r.quarterNo)
		}
	case 'S':
		return r.readFraction(s, it.count)
	case 'z', 'V', 'O', 'X', 'x', 'Z':
		return it.readZone(s, r)
	}
	n, rest, ok := it.digits(s)
	if !ok {
		return s, false
	}
	*r.field(it) = n
	return rest, true
}

func weekdayName(i int) string { return time.Weekday((i + 1) % 7).String() }

func (r *reading) field(it *dateItem) *int {
	switch it.letter {
	case 'y':
		return &r.year
	case 'Q', 'q':
		return &r.quarterNo
	case 'M', 'L':
		return &r.month
	case 'd':
		return &r.day
	case 'D':
		return &r.dayOfYear
	case 'h', 'K':
		return &r.halfHour
	case 'k', 'H':
		return &r.hour
	case 'm':
		return &r.minute
	}
	return &r.second
}

// digits takes a number: as many digits as the letter is repeated, or any
// number of them for a single letter, but for those that numbers behind need.
func (it *dateItem) digits(s string) (n int, rest string, ok bool) {
	low, high, negative := it.count, it.count, false
	switch {
	case it.letter == 'y' && it.count != 2:
		if high = 9; it.count >= 4 {
			signed := strings.HasPrefix(s, "+")
			if negative = strings.HasPrefix(s, "-"); signed || negative {
				s = s[1:]
			}
			if signed {
				low++
			} else if !negative && it.reserve == 0 {
				high = it.count
			}
		}
	case it.count == 1:
		high = 9
	case it.letter == 'D':
		high = 3
	}
	n, rest, count := cutDigits(s)
	if take := min(high, max(low, count-it.reserve)); count > take {
		n, rest, count = 0, s[take:], take
		for _, c := range []byte(s[:take]) {
			n = n*10 + int(c-'0')
		}
	}
	switch {
	case it.letter == 'y' && it.count == 2:
		n += 2000
	case negative:
		n = -n
	case it.letter == 'y' && it.count >= 4 && low == it.count && count > it.count:
		return 0, s, false // a longer year needs its plus
	}
	return n, rest, count >= low
}

func cutAny(s string, names []string, to *int) (string, bool) {
	for i, name := range names {
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) {
			*to = i
			return s[len(name):], true
		}
	}
	return s, false
}

// cutNames takes one of n names: whole ones for four letters, else the first
// three letters.
func cutNames(s string, name func(i int) string, n, count int, to *int) (string, bool) {
	names := make([]string, n)
	for i := range names {
		if names[i] = name(i); count < 4 {
			names[i] = names[i][:3]
		}
	}
	return cutAny(s, names, to)
}

func cutQuarter(s string, count int, to *int) (string, bool) {
	names := []string{"Q1", "Q2", "Q3", "Q4"}
	if count == 4 {
		names = []string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}
	}
	rest, ok := cutAny(s, names, to)
	*to++
	return rest, ok
}

// readFraction takes up to n digits of a second, and keeps microseconds.
func (r *reading) readFraction(s string, n int) (string, bool) {
	i := 0
	for r.micro = 0; i < n && i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if i < 6 {
			r.micro = r.micro*10 + int(s[i]-'0')
		}
	}
	for k := i; k < 6; k++ {
		r.micro *= 10
	}
	return s[i:], i > 0
}

// resolve puts the fields together. What is missing is that of 1970-01-01 00:00.
func (r *reading) resolve() (days, micros int64, zone *time.Location, ok bool) {
	if !r.has['y'] {
		r.year = 1970
	}
	if !r.has['M'] && !r.has['L'] {
		r.month = 1
		if r.has['Q'] || r.has['q'] {
			r.month = r.quarterNo*3 - 2
		}
	}
	if !r.has['d'] {
		r.day = 1
	}
	days, ok = daysOf(r.year, r.month, r.day)
	if r.has['D'] && !r.has['M'] && !r.has['L'] && !r.has['d'] {
		days = firstOf(r.year, 1) + int64(r.dayOfYear) - 1
		y, _, _ := civil(days)
		ok = y == r.year
	}
	if !ok || r.has['E'] && weekday(days) != r.dayName || !r.clock() {
		return 0, 0, nil, false
	}
	zone = r.zone
	if zone == nil && (r.has['X'] || r.has['x'] || r.has['Z'] || r.has['O']) {
		zone = fixedZone(r.offset)
	}
	return days, int64(r.hour*3600+r.minute*60+r.second)*1e6 + int64(r.micro), zone, true
}

// clock settles the hour, and tells whether the time of day is one.
func (r *reading) clock() bool {
	switch {
	case r.has['H']:
	case r.has['k']:
		if r.hour < 1 || r.hour > 24 {
			return false
		}
		r.hour %= 24
	case r.has['h'] || r.has['K']:
		if r.has['h'] && r.halfHour < 1 || r.has['h'] && r.halfHour > 12 || r.has['K'] && r.halfHour > 11 {
			return false
		}
		r.hour = r.halfHour%12 + 12*r.half
	case r.has['a']:
		r.hour = 12 * r.half
	}
	return r.hour < 24 && r.minute < 60 && r.second < 60 && (!r.has['a'] || r.hour/12 == r.half)
}
