package kernel

import (
	"strconv"
	"strings"
	"time"
)

// append writes a time as the pattern says. Sections in brackets are written too.
func (p *datePattern) append(dst []byte, m *moment) []byte {
	for i := range p.items {
		it := &p.items[i]
		switch it.letter {
		case 0:
			dst = append(dst, it.text...)
		case '[', ']':
		default:
			dst = it.append(dst, m)
		}
	}
	return dst
}

func (it *dateItem) append(dst []byte, m *moment) []byte {
	switch it.letter {
	case 'G':
		if m.year <= 0 {
			return append(dst, "BC"...)
		}
		return append(dst, "AD"...)
	case 'y':
		return it.appendYear(dst, m.year)
	case 'Q', 'q':
		return it.appendQuarter(dst, m.quarter())
	case 'M', 'L':
		return it.appendName(dst, m.month, time.Month(m.month).String())
	case 'E':
		name := time.Weekday((weekday(m.days) + 1) % 7).String()
		if it.count < 4 {
			name = name[:3]
		}
		return append(dst, name...)
	case 'a':
		return append(dst, [2]string{"AM", "PM"}[m.hour/12]...)
	case 'S':
		digits := appendPadded(nil, m.micro, 6)
		return append(append(dst, digits[:min(it.count, 6)]...), strings.Repeat("0", max(0, it.count-6))...)
	case 'z', 'V', 'O', 'X', 'x', 'Z':
		return it.appendZone(dst, m)
	}
	return appendPadded(dst, it.number(m), it.count)
}

func (it *dateItem) number(m *moment) int {
	switch it.letter {
	case 'd':
		return m.day
	case 'D':
		return m.yearDay()
	case 'h':
		return (m.hour+11)%12 + 1
	case 'K':
		return m.hour % 12
	case 'k':
		return (m.hour+23)%24 + 1
	case 'H':
		return m.hour
	case 'm':
		return m.minute
	}
	return m.second
}

// appendYear writes a year of the era, a plus before one that is too long for
// the pattern, as Java does.
func (it *dateItem) appendYear(dst []byte, year int) []byte {
	if year <= 0 {
		year = 1 - year
	}
	if it.count == 2 {
		return appendPadded(dst, year%100, 2)
	}
	if it.count >= 4 && len(strconv.Itoa(year)) > it.count {
		dst = append(dst, '+')
	}
	return appendPadded(dst, year, it.count)
}

func (it *dateItem) appendQuarter(dst []byte, q int) []byte {
	switch it.count {
	case 3:
		return append(dst, 'Q', byte('0'+q))
	case 4:
		return append(append(dst, byte('0'+q)), [...]string{"st", "nd", "rd", "th"}[q-1]+" quarter"...)
	}
	return appendPadded(dst, q, it.count)
}

// appendName writes a month by its number, its first three letters or its name.
func (it *dateItem) appendName(dst []byte, n int, name string) []byte {
	switch it.count {
	case 3:
		return append(dst, name[:3]...)
	case 4:
		return append(dst, name...)
	}
	return appendPadded(dst, n, it.count)
}

func (it *dateItem) appendZone(dst []byte, m *moment) []byte {
	name, offset := m.offset()
	switch it.letter {
	case 'z':
		return append(dst, name...)
	case 'V':
		if m.zone == nil {
			return append(dst, "UTC"...)
		}
		return append(dst, m.zone.String()...)
	case 'O':
		return appendGMT(dst, offset, it.count == 4)
	case 'X':
		if offset == 0 {
			return append(dst, 'Z')
		}
	case 'Z':
		switch it.count {
		case 4:
			return appendGMT(dst, offset, true)
		case 5:
			if offset == 0 {
				return append(dst, 'Z')
			}
			return appendOffset(dst, offset, ":", true, true)
		}
		return appendOffset(dst, offset, "", true, false)
	}
	colon := ""
	if it.count == 3 || it.count == 5 {
		colon = ":"
	}
	return appendOffset(dst, offset, colon, it.count > 1, it.count > 3)
}

// appendGMT writes GMT+8, or GMT+08:00 where it is to be long.
func appendGMT(dst []byte, offset int, long bool) []byte {
	dst = append(dst, "GMT"...)
	switch {
	case offset == 0:
		return dst
	case long:
		return appendOffset(dst, offset, ":", true, true)
	}
	dst = appendOffset(dst, offset, ":", offset%3600 != 0, true)
	if at := len(dst) - 1; offset%3600 == 0 && dst[at-1] == '0' {
		dst = append(dst[:at-1], dst[at])
	}
	return dst
}

// appendOffset writes +hh, its minutes unless they are 0 and may be left out,
// and its seconds if it has some and they may be shown.
func appendOffset(dst []byte, offset int, colon string, minutes, seconds bool) []byte {
	if offset < 0 {
		dst, offset = append(dst, '-'), -offset
	} else {
		dst = append(dst, '+')
	}
	dst = append2(dst, offset/3600)
	if minutes || offset%3600/60 > 0 {
		dst = append2(append(dst, colon...), offset%3600/60)
	}
	if seconds && offset%60 > 0 {
		dst = append2(append(dst, colon...), offset%60)
	}
	return dst
}

// appendPadded writes n >= 0 with zeros before it to the given width.
func appendPadded(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width, limit = width-1, limit*10 {
		if n < limit {
			zeros := width - 1
			for ; zeros > 0; zeros-- {
				dst = append(dst, '0')
			}
			break
		}
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
