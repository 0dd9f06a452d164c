package kernel

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// rounding says which neighbour a number between two becomes.
type rounding int

const (
	halfUp   rounding = iota // the nearest; a half away from zero
	halfEven                 // the nearest; a half the even one
	ceiling                  // the greater
	flooring                 // the less
)

// roundKernels bring numbers to fewer digits.
func roundKernels() map[string]Maker {
	return map[string]Maker{
		"round":  rounder(halfUp),
		"bround": rounder(halfEven),
		"ceil":   rounder(ceiling),
		"floor":  rounder(flooring),
	}
}

// allBits masks the lowest 64 bits.
var allBits = new(big.Int).SetUint64(math.MaxUint64)

func errOverflowIn(fn string) error {
	return fmt.Errorf("[ARITHMETIC_OVERFLOW] the result of %s does not fit its type; cast the argument to a wider one", fn)
}

// rounder prepares a call whose number of places, if any, is constant.
func rounder(mode rounding) Maker {
	return func(call *expr.Call) (Func, error) {
		places := 0
		if len(call.Args) == 2 {
			n, _ := expr.ConstantInt(call.Args[1])
			places = int(n)
		}
		dt := resultType(call)
		switch from := call.Args[0].Type(); from {
		case types.Byte:
			return roundInteger[int8](dt, call.Name, places, mode), nil
		case types.Short:
			return roundInteger[int16](dt, call.Name, places, mode), nil
		case types.Int:
			return roundInteger[int32](dt, call.Name, places, mode), nil
		case types.Long:
			return roundInteger[int64](dt, call.Name, places, mode), nil
		case types.Float:
			return fixed1(dt, func(x float32) float32 { return float32(roundFloat(float64(x), 32, places, mode)) }), nil
		case types.Double:
			if call.Type() == types.Long {
				return fixed1(dt, func(x float64) int64 { return saturated(roundFloat(x, 64, 0, mode), math.MinInt64, math.MaxInt64) }), nil
			}
			return fixed1(dt, func(x float64) float64 { return roundFloat(x, 64, places, mode) }), nil
		default:
			return roundDecimal(call, from.(types.Decimal), places, mode), nil
		}
	}
}

func roundInteger[T int8 | int16 | int32 | int64](dt arrow.DataType, name string, places int, mode rounding) Func {
	if places >= 0 {
		return fixed1(dt, func(x T) T { return x })
	}
	if places < -38 {
		return fixed1(dt, func(T) T { return 0 })
	}
	return fixed1Err(dt, func(env *Env, x T) (T, bool, error) {
		n := decimal128.FromI64(int64(x))
		r := roundUnscaled(n, -places, mode).BigInt()
		r.Mul(r, power10(-places))
		out := T(new(big.Int).And(r, allBits).Uint64())
		if env.ANSI && (!r.IsInt64() || int64(out) != r.Int64()) {
			return out, true, errOverflowIn(name)
		}
		return out, true, nil
	})
}

func roundDecimal(call *expr.Call, from types.Decimal, places int, mode rounding) Func {
	to := call.Type().(types.Decimal)
	return fixed1Err(resultType(call), func(env *Env, x decimal128.Num) (decimal128.Num, bool, error) {
		keep := min(places, from.Scale)
		r := roundUnscaled(x, from.Scale-keep, mode)
		if keep < 0 {
			if -keep > 40 {
				return decimal128.Num{}, true, nil
			}
			b := r.BigInt()
			b.Mul(b, power10(-keep))
			if b.CmpAbs(power10(to.Precision)) >= 0 {
				return x, false, failure(env, false, errOverflowIn(call.Name))
			}
			return decimal128.FromBigInt(b), true, nil
		}
		if !r.FitsInPrecision(int32(to.Precision)) {
			return x, false, failure(env, false, errOverflowIn(call.Name))
		}
		return r, true, nil
	})
}

// roundUnscaled takes the last n digits off.
func roundUnscaled(x decimal128.Num, n int, mode rounding) decimal128.Num {
	if n <= 0 {
		return x
	}
	if n > 40 {
		n = 40
	}
	q, r := new(big.Int), new(big.Int)
	q.QuoRem(x.BigInt(), power10(n), r)
	if r.Sign() == 0 {
		return decimal128.FromBigInt(q)
	}
	half := new(big.Int).Lsh(new(big.Int).Abs(r), 1).Cmp(power10(n))
	if awayFromZero(mode, half, q.Bit(0) == 1, r.Sign() < 0) {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	return decimal128.FromBigInt(q)
}

// awayFromZero decides where a number that lies between two goes: half compares
// what is cut off with a half, odd is that of the neighbour nearer to zero.
func awayFromZero(mode rounding, half int, odd, negative bool) bool {
	switch mode {
	case halfUp:
		return half >= 0
	case halfEven:
		return half > 0 || half == 0 && odd
	case ceiling:
		return !negative
	}
	return negative
}

// roundFloat rounds the number that the shortest digits of x show, as Spark
// does: 2.675 to two places is 2.68, whatever the bits behind it.
func roundFloat(x float64, bits, places int, mode rounding) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	if places == 0 || x == 0 {
		return [...]func(float64) float64{math.Round, math.RoundToEven, math.Ceil, math.Floor}[mode](x) + 0
	}
	var scratch [32]byte
	digits, exp := shortest(scratch[:0], math.Abs(x), bits)
	keep := exp + places // digits that stay
	if keep >= len(digits) {
		return x
	}
	if keep < 0 {
		digits, exp, keep = []byte("01"), -places, 0 // less than a half of the last digit that stays
	}
	half := compareHalf(digits[keep:])
	odd := keep > 0 && digits[keep-1]&1 == 1
	up := awayFromZero(mode, half, odd, x < 0)
	if up {
		digits, exp = increment(digits[:keep], exp)
	} else {
		digits = digits[:keep]
	}
	text := append(append([]byte("0."), digits...), 'e')
	if len(digits) == 0 {
		text = []byte("0e")
	}
	r, _ := strconv.ParseFloat(string(strconv.AppendInt(text, int64(exp), 10)), bits)
	return math.Copysign(r, x) + 0
}

// shortest returns the digits of the shortest number that reads as x > 0, which
// is 0.digits times ten to the power of exp.
func shortest(dst []byte, x float64, bits int) (digits []byte, exp int) {
	text := strconv.AppendFloat(dst, x, 'e', -1, bits)
	for i, c := range text {
		switch {
		case c == 'e':
			exp, _ = strconv.Atoi(string(text[i+1:]))
			return digits, exp + 1
		case c != '.':
			digits = append(digits, c)
		}
	}
	return digits, 0
}

// compareHalf compares 0.digits with a half.
func compareHalf(digits []byte) int {
	if digits[0] != '5' {
		return int(digits[0]) - '5'
	}
	for _, c := range digits[1:] {
		if c != '0' {
			return 1
		}
	}
	return 0
}

// increment adds one to the last digit.
func increment(digits []byte, exp int) ([]byte, int) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] != '9' {
			digits[i]++
			return digits[:i+1], exp
		}
	}
	return []byte{'1'}, exp + 1
}
