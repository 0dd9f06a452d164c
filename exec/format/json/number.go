package json

import (
	"math"
	"math/bits"
	"unsafe"
)

// number checks the number at p, and returns the position after it and whether
// it has neither point nor exponent.
func (d *Decoder) number(b unsafe.Pointer, p, end int) (int, bool) {
	s := p
	if at(b, p) == '-' {
		s++
	}
	q := digits(b, s, end)
	if q == s {
		return d.notNumber(b, p, end), false
	}
	if at(b, s) == '0' && q > s+1 {
		return d.fail(s, errZero), false
	}
	c := at(b, q)
	if c != '.' && c|0x20 != 'e' {
		return q, true
	}
	if c == '.' {
		s = q + 1
		if q = digits(b, s, end); q == s {
			return d.fail(q, errNumber), false
		}
		c = at(b, q)
	}
	if c|0x20 == 'e' {
		s = q + 1
		if c = at(b, s); c == '+' || c == '-' {
			s++
		}
		if q = digits(b, s, end); q == s {
			return d.fail(q, errNumber), false
		}
	}
	return q, false
}

var nonNumbers = [...]struct {
	text  string
	value float64
}{
	{"NaN", math.NaN()},
	{"Infinity", math.Inf(1)}, {"+Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)},
	{"INF", math.Inf(1)}, {"+INF", math.Inf(1)}, {"-INF", math.Inf(-1)},
}

// notNumber returns the position after a bare NaN or infinity at p, if these are
// allowed, or fails.
func (d *Decoder) notNumber(b unsafe.Pointer, p, end int) int {
	if p >= end {
		return d.fail(end, errEnd)
	}
	if d.opts.AllowNonNumericNumbers {
		for i := range nonNumbers {
			n := len(nonNumbers[i].text)
			if p+n <= end && text(b, p, p+n) == nonNumbers[i].text {
				return p + n
			}
		}
	}
	if c := at(b, p); c == '-' || c == '+' {
		return d.fail(p, errNumber)
	}
	return d.fail(p, errValue)
}

// nonNumber returns the value of one of the texts NaN, Infinity, +INF and so on.
func nonNumber(s []byte) (float64, bool) {
	for i := range nonNumbers {
		if string(s) == nonNumbers[i].text && nonNumbers[i].text != "INF" {
			return nonNumbers[i].value, true
		}
	}
	return 0, false
}

// digits8 returns the value of the first n digits of x, 1 <= n <= 8, given as
// values from 0 to 9.
func digits8(x uint64, n int) uint64 {
	x <<= uint(64 - 8*n)
	x = (x * 10) + (x >> 8)
	return ((x&0x000000ff000000ff)*(100+1000000<<32) + (x>>16&0x000000ff000000ff)*(1+10000<<32)) >> 32
}

// integer reads the integral number at p. ok is false if it does not fit an
// int64; the position is negative if it is malformed, and 0 if the value is not an
// integral number.
func (d *Decoder) integer(b unsafe.Pointer, p, end int) (v int64, q int, ok bool) {
	s := p
	if at(b, p) == '-' {
		s++
	}
	t := load8(b, s) ^ '0'*ones
	if m := (t + 0x76*ones | t) & highs; m != 0 {
		if n := bits.TrailingZeros64(m) >> 3; n > 0 {
			q = s + n
			if c := at(b, q); (t&0xff != 0 || n == 1) && c != '.' && c|0x20 != 'e' {
				v = int64(digits8(t, n))
				if s != p {
					v = -v
				}
				return v, q, true
			}
		}
	}
	return d.integerSlow(b, p, s, end)
}

func (d *Decoder) integerSlow(b unsafe.Pointer, p, s, end int) (int64, int, bool) {
	q, integral := d.number(b, p, end)
	if q < 0 || !integral {
		return 0, min(q, 0), false
	}
	if q-s > 19 {
		return 0, q, false
	}
	u, _ := run(b, s, end, 0)
	if at(b, p) == '-' {
		return -int64(u), q, u <= 1<<63
	}
	return int64(u), q, u < 1<<63
}
