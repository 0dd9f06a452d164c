package json

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// parseDecimal reads a decimal number, with a sign and an exponent or without,
// and rounds it half up to the scale. ok is false if s is no number; fits is false
// if it has more than prec digits then.
func parseDecimal(s []byte, prec, scale int) (v decimal128.Num, fits, ok bool) {
	return parseNumber(s, prec, scale, true)
}

// parseNumber is parseDecimal; without round, digits beyond the scale are cut off.
func parseNumber(s []byte, prec, scale int, round bool) (v decimal128.Num, fits, ok bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
	}
	// The number is 0.d1d2d3... times 10^point, d1 not 0; more digits than fit
	// count for nothing but the rounding, which the first of them decides.
	var sig [64]byte
	n, point, seen, fraction := 0, 0, false, false
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !fraction {
			fraction = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		seen = true
		if n == 0 && c == '0' {
			if fraction {
				point--
			}
			continue
		}
		if n < len(sig) {
			sig[n] = c - '0'
			n++
		}
		if !fraction {
			point++
		}
	}
	exp, ok := exponent(s[i:])
	if !seen || !ok {
		return v, false, false
	}
	if n == 0 {
		return v, true, true
	}
	keep := point + exp + scale
	if keep < 0 {
		return v, true, true
	}
	if keep > prec {
		return v, false, true
	}
	v = firstDigits(sig[:n], keep, round)
	if neg {
		v = v.Negate()
	}
	return v, v.FitsInPrecision(int32(prec)), true
}

// exponent reads what may follow the digits of a number; beyond a million it
// is a million.
func exponent(s []byte) (exp int, ok bool) {
	if len(s) == 0 {
		return 0, true
	}
	if s[0]|0x20 != 'e' || len(s) == 1 {
		return 0, false
	}
	neg := s[1] == '-'
	s = s[1:]
	if neg || s[0] == '+' {
		s = s[1:]
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		exp = min(exp*10+int(c-'0'), 1000000)
	}
	if neg {
		exp = -exp
	}
	return exp, len(s) > 0
}

// firstDigits returns the number that the first keep digits make, missing ones
// taken as 0, if round is set one more if the next one is at least 5; keep <= 38.
func firstDigits(sig []byte, keep int, round bool) decimal128.Num {
	var hi, lo uint64
	for i := range keep {
		carry, low := bits.Mul64(lo, 10)
		hi = hi*10 + carry
		lo = low
		if i < len(sig) {
			var c uint64
			lo, c = bits.Add64(lo, uint64(sig[i]), 0)
			hi += c
		}
	}
	if round && keep < len(sig) && sig[keep] >= 5 {
		var c uint64
		lo, c = bits.Add64(lo, 1, 0)
		hi += c
	}
	return decimal128.New(int64(hi), lo)
}
