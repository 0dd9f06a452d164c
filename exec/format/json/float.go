package json

import (
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

var tens = [...]uint64{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000}

// maxPow5 is the largest n for which 5^n fits 64 bits.
const maxPow5 = 27

// run reads digits from p on into m, and returns m and the position after them.
// m is right as long as there are at most 19 digits in all.
func run(b unsafe.Pointer, p, end int, m uint64) (uint64, int) {
	for p < end {
		t := load8(b, p) ^ '0'*ones
		f := (t + 0x76*ones | t) & highs
		if f == 0 {
			m = m*tens[8] + digits8(t, 8)
			p += 8
			continue
		}
		n := bits.TrailingZeros64(f) >> 3
		if n > 0 {
			m = m*tens[n] + digits8(t, n)
		}
		return m, p + n
	}
	return m, p
}

// float reads the number at p, rounded to the nearest float64, halves to even;
// beyond the largest it is infinite. The position is negative if it is malformed.
func (d *Decoder) float(b unsafe.Pointer, p, end int) (float64, int) {
	s := p
	if at(b, p) == '-' {
		s++
	}
	m, q := run(b, s, end, 0)
	n, exp := q-s, 0
	if n == 0 || n > 1 && at(b, s) == '0' {
		return d.floatSlow(b, p, end)
	}
	if at(b, q) == '.' {
		f := q + 1
		m, q = run(b, f, end, m)
		exp = f - q
		n -= exp
		if exp == 0 {
			return d.floatSlow(b, p, end)
		}
	}
	if n > 19 && !(n <= 27 && leadingZeros(b, s, n-19)) || at(b, q)|0x20 == 'e' {
		return d.floatSlow(b, p, end)
	}
	v, ok := scale(m, exp)
	if !ok {
		return d.floatSlow(b, p, end)
	}
	if s != p {
		v = -v
	}
	return v, q
}

// leadingZeros tells whether the n digits from p on, the point left out, are zeros.
func leadingZeros(b unsafe.Pointer, p, n int) bool {
	for ; n > 0; p++ {
		switch at(b, p) {
		case '0':
			n--
		case '.':
		default:
			return false
		}
	}
	return true
}

func (d *Decoder) floatSlow(b unsafe.Pointer, p, end int) (float64, int) {
	q, _ := d.number(b, p, end)
	if q < 0 || q > end {
		return 0, q
	}
	v, _ := strconv.ParseFloat(text(b, p, q), 64) // out of range it is infinite
	return v, q
}

// scale returns m * 10^exp, rounded to the nearest, for -27 <= exp <= 0.
// Up to 2^53 and 10^22 both are exact floats and one division rounds rightly.
// Beyond that the quotient of m and 5^-exp is taken to 64 bits, with a sticky
// bit for the rest, and rounded by hand.
func scale(m uint64, exp int) (float64, bool) {
	if m < 1<<53 && exp >= -22 {
		return float64(m) / pow10[-exp], true
	}
	if m == 0 {
		return 0, true
	}
	if exp < -maxPow5 {
		return 0, false
	}
	den := pow5[-exp]
	zm, zd := bits.LeadingZeros64(m), bits.LeadingZeros64(den)
	hi, lo, e := m<<zm, uint64(0), exp+zd-zm
	den <<= zd
	if hi >= den {
		hi, lo, e = hi>>1, hi<<63, e+1
	}
	quo, rem := bits.Div64(hi, lo, den) // quo has its top bit set: hi >= den/2
	if rem != 0 {
		quo |= 1
	}
	mant := quo >> 11
	if rest := quo & (1<<11 - 1); rest > 1<<10 || rest == 1<<10 && mant&1 != 0 {
		mant++
	}
	return float64(mant) * math.Float64frombits(uint64(1023+e-64+11)<<52), true
}

var pow5 = func() (t [maxPow5 + 1]uint64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 5
	}
	return t
}()
