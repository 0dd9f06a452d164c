package kernel

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// bitKernels see numbers as bits and as digits.
func bitKernels() map[string]Maker {
	return map[string]Maker{
		"shiftleft":  shifter(func(x int32, n uint) int32 { return x << n }, func(x int64, n uint) int64 { return x << n }),
		"shiftright": shifter(func(x int32, n uint) int32 { return x >> n }, func(x int64, n uint) int64 { return x >> n }),
		"shiftrightunsigned": shifter(func(x int32, n uint) int32 { return int32(uint32(x) >> n) },
			func(x int64, n uint) int64 { return int64(uint64(x) >> n) }),
		"conv": always(textsTo(convText)),
	}
}

func pmodInteger[T int8 | int16 | int32 | int64](a, n T) (T, bool) {
	if n == 0 {
		return 0, false
	}
	r := a % n
	if r < 0 {
		r = (r + n) % n
	}
	return r, true
}

func pmodFloat[T float32 | float64](a, n T) (T, bool) {
	if n == 0 {
		return 0, false
	}
	r := math.Mod(float64(a), float64(n))
	if r < 0 {
		r = math.Mod(r+float64(n), float64(n))
	}
	return T(r), true
}

// shifter counts places modulo the bits of the type, as Java does.
func shifter(ints func(int32, uint) int32, longs func(int64, uint) int64) Maker {
	return func(call *expr.Call) (Func, error) {
		if call.Type() == types.Long {
			return fixed2(arrowLong, func(x int64, n int32) int64 { return longs(x, uint(n)&63) }), nil
		}
		return fixed2(arrow.PrimitiveTypes.Int32, func(x, n int32) int32 { return ints(x, uint(n)&31) }), nil
	}
}

var errConv = errors.New("[ARITHMETIC_OVERFLOW] conv: the number has more than 64 bits; shorten it")

func convText(env *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, from, to := textRowOf(args[0]), fixedRowOf[int32](args[1]), fixedRowOf[int32](args[2])
	return func(dst []byte, i int) ([]byte, bool, error) {
		text, fromBase, toBase := strings.Trim(s.row(i), " "), int(from.row(i)), int(to.row(i))
		base := max(toBase, -toBase)
		if text == "" || fromBase < 2 || fromBase > 36 || base < 2 || base > 36 {
			return dst, false, nil
		}
		negative := text[0] == '-'
		v, fits := parseDigits(strings.TrimPrefix(text, "-"), uint64(fromBase))
		if !fits && env.ANSI {
			return dst, false, errConv
		}
		if negative && toBase > 0 {
			if v = -v; int64(-v) < 0 {
				v = math.MaxUint64
			}
		}
		if toBase < 0 {
			if int64(v) < 0 {
				v, negative = -v, true
			}
			if negative {
				dst = append(dst, '-')
			}
		}
		return append(dst, strings.ToUpper(strconv.FormatUint(v, base))...), true, nil
	}
}

// parseDigits reads digits up to the first that the base does not have. What has
// more than 64 bits does not fit, and gives them all set.
func parseDigits(s string, base uint64) (v uint64, fits bool) {
	for i := 0; i < len(s); i++ {
		d := uint64(99)
		switch c := s[i] | 0x20; {
		case s[i] >= '0' && s[i] <= '9':
			d = uint64(s[i] - '0')
		case c >= 'a' && c <= 'z':
			d = uint64(c-'a') + 10
		}
		if d >= base {
			break
		}
		if v > (math.MaxUint64-d)/base {
			return math.MaxUint64, false
		}
		v = v*base + d
	}
	return v, true
}
