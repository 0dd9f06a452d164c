package json

import (
	"math"
	"math/bits"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// AppendString appends s as a JSON string with quotes. Only quotes, backslashes and
// control characters are escaped; a byte that is not UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		n := plainPrefix(s)
		dst = append(dst, s[:n]...)
		if s = s[n:]; s == "" {
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		dst = appendEscaped(dst, r)
		s = s[size:]
	}
	return append(dst, '"')
}

// plainPrefix is how many bytes at the start of s are plain ASCII.
func plainPrefix(s string) int {
	n := 0
	for b := unsafe.Pointer(unsafe.StringData(s)); n+8 <= len(s); n += 8 {
		x := load8(b, n)
		if m := (((x ^ 0x02*ones) - 0x21*ones) | ((x ^ '\\'*ones) - ones) | x) & highs; m != 0 {
			return n + bits.TrailingZeros64(m)>>3
		}
	}
	for n < len(s) && s[n] >= ' ' && s[n] < utf8.RuneSelf && s[n] != '"' && s[n] != '\\' {
		n++
	}
	return n
}

func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	if r < ' ' {
		const hex = "0123456789ABCDEF"
		return append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
	}
	return utf8.AppendRune(dst, r)
}

// appendFloat appends a float as Java prints it: plain from 0.001 up to 10
// million, else with an exponent, always with a digit after the point.
func appendFloat(dst []byte, v float64, size int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Infinity"`...)
	}
	start := len(dst)
	if abs := math.Abs(v); v == 0 || abs >= 1e-3 && abs < 1e7 {
		dst = strconv.AppendFloat(dst, v, 'f', -1, size)
		if point(dst[start:], '.') < 0 {
			dst = append(dst, '.', '0')
		}
		return dst
	}
	var room [32]byte
	text := strconv.AppendFloat(room[:0], v, 'e', -1, size)
	e := point(text, 'e')
	dst = append(dst, text[:e]...)
	if point(text[:e], '.') < 0 {
		dst = append(dst, '.', '0')
	}
	exp, _ := strconv.Atoi(string(text[e+1:]))
	return strconv.AppendInt(append(dst, 'E'), int64(exp), 10)
}

func point(s []byte, c byte) int {
	for i := range s {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// appendDecimal appends a decimal as Java's BigDecimal.toString does.
func appendDecimal(dst []byte, v decimal128.Num, scale int) []byte {
	digits := v.BigInt().String()
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if exp := len(digits) - 1 - scale; exp < -6 {
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(dst, 'E'), int64(exp), 10)
	}
	for len(digits) <= scale {
		digits = "0" + digits
	}
	whole := len(digits) - scale
	dst = append(dst, digits[:whole]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[whole:]...)
	}
	return dst
}

func (o *WriteOptions) appendDate(dst []byte, days int) []byte {
	t := time.Unix(int64(days)*secondsPerDay, 0).UTC()
	if o.DateFormat != nil {
		return o.DateFormat.append(dst, t)
	}
	return defaultDate.append(dst, t)
}

func (o *WriteOptions) appendTimestamp(dst []byte, us int64, local bool) []byte {
	t := time.UnixMicro(us).UTC()
	format := o.TimestampNTZFormat
	if !local {
		format = o.TimestampFormat
		if o.TimeZone != nil {
			t = t.In(o.TimeZone)
		}
	}
	if format != nil {
		return format.append(dst, t)
	}
	dst = defaultSeconds.append(dst, t)
	dst = append(dst, '.')
	if us%1000 == 0 {
		dst = appendPadded(dst, t.Nanosecond()/1e6, 3)
	} else {
		dst = appendPadded(dst, t.Nanosecond()/1e3, 6)
	}
	if local {
		return dst
	}
	return appendOffset(dst, t, "Z", ":")
}

var (
	defaultDate    = &Pattern{parts: []part{{'y', 4, ""}, {0, 1, "-"}, {'M', 2, ""}, {0, 1, "-"}, {'d', 2, ""}}}
	defaultSeconds = &Pattern{parts: append(defaultDate.parts[:5:5], part{0, 1, "T"}, part{'H', 2, ""}, part{0, 1, ":"},
		part{'m', 2, ""}, part{0, 1, ":"}, part{'s', 2, ""})}
)

// append formats t.
func (p *Pattern) append(dst []byte, t time.Time) []byte {
	for _, part := range p.parts {
		switch part.letter {
		case 0:
			dst = append(dst, part.text...)
		case 'y', 'u':
			dst = appendYear(dst, t.Year(), part.count)
		case 'M':
			dst = appendPadded(dst, int(t.Month()), part.count)
		case 'd':
			dst = appendPadded(dst, t.Day(), part.count)
		case 'H':
			dst = appendPadded(dst, t.Hour(), part.count)
		case 'm':
			dst = appendPadded(dst, t.Minute(), part.count)
		case 's':
			dst = appendPadded(dst, t.Second(), part.count)
		case 'S':
			dst = append(dst, string(appendPadded(nil, t.Nanosecond(), 9)[:part.count])...)
		case 'V':
			dst = append(dst, t.Location().String()...)
		default:
			dst = part.appendZone(dst, t)
		}
	}
	return dst
}

func appendYear(dst []byte, year, count int) []byte {
	switch {
	case count == 2:
		return appendPadded(dst, (year%100+100)%100, 2)
	case year < 0:
		return appendPadded(append(dst, '-'), -year, max(count, 4))
	case year > 9999 && count >= 4:
		dst = append(dst, '+')
	}
	return appendPadded(dst, year, count)
}

// appendZone writes the letters X, x and Z.
func (p part) appendZone(dst []byte, t time.Time) []byte {
	zulu, colon := "", ""
	if p.letter == 'X' {
		zulu = "Z"
	}
	if p.count == 3 && p.letter != 'Z' {
		colon = ":"
	}
	if _, off := t.Zone(); p.count == 1 && p.letter != 'Z' && off%3600 == 0 && !(off == 0 && zulu != "") {
		full := appendOffset(nil, t, "", "")
		return append(dst, full[:3]...)
	}
	return appendOffset(dst, t, zulu, colon)
}

// appendOffset appends +hh:mm with the given colon, or zulu for UTC unless empty.
func appendOffset(dst []byte, t time.Time, zulu, colon string) []byte {
	_, off := t.Zone()
	if off == 0 && zulu != "" {
		return append(dst, zulu...)
	}
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = appendPadded(append(dst, sign), off/3600, 2)
	return appendPadded(append(dst, colon...), off/60%60, 2)
}

// appendPadded appends v >= 0 with at least width digits.
func appendPadded(dst []byte, v, width int) []byte {
	for n, limit := 1, 10; n < width; n, limit = n+1, limit*10 {
		if v < limit {
			dst = append(dst, '0')
		}
	}
	return strconv.AppendInt(dst, int64(v), 10)
}
