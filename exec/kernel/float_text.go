package kernel

import (
	"math"
	"strconv"
)

// appendFloat writes a float (bits 32) or a double (64) as Spark shows it: the
// shortest digits that read as the same number, at least one of them after the
// point, with an exponent below 0.001 and from ten million on.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
		return withPoint(dst, start)
	}
	var scratch [32]byte
	text := strconv.AppendFloat(scratch[:0], f, 'e', -1, bits)
	start, e := len(dst), len(text)-1
	for text[e] != 'e' {
		e--
	}
	exp, _ := strconv.Atoi(string(text[e+1:]))
	dst = withPoint(append(dst, text[:e]...), start)
	return strconv.AppendInt(append(dst, 'E'), int64(exp), 10)
}

func withPoint(dst []byte, start int) []byte {
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}
