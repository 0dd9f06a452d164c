package csv

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/riffledata/riffle/exec/format/json"
)

// value reads a field into the row after the last; p is where it begins.
func (d *Decoder) value(f *field, t token, p int) {
	c, row, s := f.col, d.rows, t.text
	if !t.quoted && (len(s) == 0 || len(d.opts.Null) > 0 && string(s) == d.opts.Null) {
		c.null(row)
		return
	}
	if t.raw {
		d.buf = d.scan.unescape(d.buf[:0], s)
		s = d.buf
	}
	if f.kind == kindString {
		if !utf8.Valid(s) {
			s = json.RepairUTF8(nil, s)
			d.flaw(p, json.InvalidUTF8)
		}
		c.putText(row, s)
		return
	}
	c.set(row)
	if why, ok := d.parse(f, s); !ok {
		d.flaw(p, why)
		c.null(row)
	}
}

func (d *Decoder) flaw(p int, why json.Reason) {
	d.flaws = append(d.flaws, flaw{d.found, why, p})
}

// parse reads what is no text.
func (d *Decoder) parse(f *field, s []byte) (why json.Reason, ok bool) {
	c, row := f.col, d.rows
	switch f.kind {
	case kindByte, kindShort, kindInt, kindLong:
		return c.putNumber(row, s)
	case kindFloat, kindDouble:
		v, ok := parseFloat(s)
		if f.kind == kindDouble {
			c.float8[row] = v
		} else {
			c.float4[row] = single(s, v)
		}
		return json.BadText, ok
	case kindBool:
		is := bytes.EqualFold(s, []byte("true"))
		c.putBool(row, is)
		return json.BadText, is || bytes.EqualFold(s, []byte("false"))
	case kindDecimal:
		v, fits, ok := json.ParseDecimal(s, f.prec, f.unit)
		c.dec[row] = v
		if !ok {
			return json.BadText, false
		}
		return json.OutOfRange, fits
	case kindDate:
		c.fixed4[row], why, ok = d.times.Date(s)
	case kindTimestamp:
		c.fixed8[row], why, ok = d.times.Timestamp(s)
	case kindTimestampNTZ:
		c.fixed8[row], why, ok = d.times.TimestampNTZ(s)
	case kindBinary:
		return json.BadText, d.putBinary(c, s)
	default:
		return json.TypeMismatch, false
	}
	return why, ok
}

func (d *Decoder) putBinary(c *column, s []byte) bool {
	d.bin = append(d.bin[:0], make([]byte, base64.StdEncoding.DecodedLen(len(s)))...)
	n, err := base64.StdEncoding.Decode(d.bin, s)
	if err != nil {
		return false
	}
	c.putText(d.rows, d.bin[:n])
	return true
}

// putNumber reads a whole number: digits, with a sign before them or not.
func (c *column) putNumber(row int, s []byte) (why json.Reason, ok bool) {
	v, why, ok := parseLong(s)
	if !ok {
		return why, false
	}
	switch c.kind {
	case kindLong:
		c.fixed8[row] = v
		return why, true
	case kindInt:
		c.fixed4[row] = int32(v)
		return json.OutOfRange, v == int64(int32(v))
	case kindShort:
		c.fixed2[row] = int16(v)
		return json.OutOfRange, v == int64(int16(v))
	}
	c.fixed1[row] = int8(v)
	return json.OutOfRange, v == int64(int8(v))
}

func parseLong(s []byte) (v int64, why json.Reason, ok bool) {
	digits, neg := s, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg, digits = s[0] == '-', s[1:]
	}
	if len(digits) == 0 {
		return 0, json.BadText, false
	}
	if len(digits) > 18 {
		return parseLongSlow(s, digits)
	}
	for _, c := range digits {
		if c-'0' > 9 {
			return 0, json.BadText, false
		}
		v = v*10 + int64(c-'0')
	}
	if neg {
		v = -v
	}
	return v, 0, true
}

func parseLongSlow(s, digits []byte) (int64, json.Reason, bool) {
	for _, c := range digits {
		if c-'0' > 9 {
			return 0, json.BadText, false
		}
	}
	v, err := strconv.ParseInt(text(s), 10, 64)
	return v, json.OutOfRange, err == nil
}

var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloat reads a number, rounded to the nearest; beyond the largest it is
// infinite.
func parseFloat(s []byte) (float64, bool) {
	i, neg := 0, false
	if len(s) > 0 && s[0] == '-' {
		i, neg = 1, true
	}
	m, digits, point := uint64(0), 0, -1
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c-'0' > 9 {
			return parseFloatSlow(s)
		}
		m, digits = m*10+uint64(c-'0'), digits+1
	}
	if point < 0 {
		point = digits
	}
	if digits == 0 || digits > 19 || m >= 1<<53 || digits-point > 22 {
		return parseFloatSlow(s)
	}
	v := float64(m) / pow10[digits-point]
	if neg {
		v = -v
	}
	return v, true
}

var specials = map[string]float64{
	"NaN": math.NaN(), "Infinity": math.Inf(1), "+Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	"INF": math.Inf(1), "+INF": math.Inf(1), "-INF": math.Inf(-1), "Inf": math.Inf(1), "-Inf": math.Inf(-1),
}

func parseFloatSlow(s []byte) (float64, bool) {
	if v, ok := specials[string(s)]; ok {
		return v, true
	}
	if !decimalForm(s) {
		return 0, false
	}
	v, _ := strconv.ParseFloat(text(s), 64) // out of range it is infinite
	return v, true
}

// decimalForm tells whether s is a number in decimal digits, as strconv takes other
// forms too.
func decimalForm(s []byte) bool {
	i, digits := 0, 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for point := false; i < len(s) && (s[i]-'0' <= 9 || s[i] == '.' && !point); i++ {
		if s[i] == '.' {
			point = true
		} else {
			digits++
		}
	}
	if digits == 0 || i == len(s) {
		return digits > 0
	}
	if s[i]|0x20 != 'e' {
		return false
	}
	i++
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for from := i; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return false
		}
		if i == len(s)-1 {
			return i >= from
		}
	}
	return false
}

// single rounds to a float of 4 bytes: from the text where the nearest float64 lies
// half way between two of them.
func single(s []byte, v float64) float32 {
	if bits := math.Float64bits(v); bits&(1<<29-1) == 1<<28 {
		if w, err := strconv.ParseFloat(text(s), 32); err == nil {
			return float32(w)
		}
	}
	return float32(v)
}
