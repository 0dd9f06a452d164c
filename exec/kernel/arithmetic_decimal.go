package kernel

import (
	"fmt"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// decimalArithmetic computes exactly and rounds half up to the result's scale.
// A result of too many digits is an error, or null without ANSI mode or with try.
func decimalArithmetic(call *expr.Call, op byte, try bool) (Func, error) {
	a, okA := call.Args[0].Type().(types.Decimal)
	b, okB := call.Args[1].Type().(types.Decimal)
	if !okA || !okB {
		return nil, fmt.Errorf("%s cannot be computed with %s and %s", call.Name, call.Args[0].Type().Name(), call.Args[1].Type().Name())
	}
	if call.Type() == types.Long {
		return decimalToLong(a, b, try), nil
	}
	out := call.Type().(types.Decimal)
	f := exact(op, a, b, out)
	return fixed2Err(resultType(call), func(env *Env, x, y decimal128.Num) (decimal128.Num, bool, error) {
		if (op == '/' || op == '%') && y == (decimal128.Num{}) {
			return y, false, failure(env, try, errDivide(op))
		}
		n, ok := f(x, y)
		if !ok {
			return n, false, failure(env, try, fmt.Errorf("[NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] %s %c %s does not fit into %s; use %s to get null instead",
				x.ToString(int32(a.Scale)), op, y.ToString(int32(b.Scale)), out.Name(), tryOf[op]))
		}
		return n, true, nil
	}), nil
}

// exact returns an operation on unscaled values; ok is false where the result
// has too many digits.
func exact(op byte, a, b, out types.Decimal) func(x, y decimal128.Num) (decimal128.Num, bool) {
	if f := narrow(op, a, b, out); f != nil {
		return f
	}
	return wide(op, a, b, out)
}

// wide computes with numbers of any length.
func wide(op byte, a, b, out types.Decimal) func(x, y decimal128.Num) (decimal128.Num, bool) {
	return func(x, y decimal128.Num) (decimal128.Num, bool) {
		p, q := x.BigInt(), y.BigInt()
		s := max(a.Scale, b.Scale)
		switch op {
		case '+', '-', '%':
			p.Mul(p, power10(s-a.Scale))
			q.Mul(q, power10(s-b.Scale))
			switch op {
			case '+':
				p.Add(p, q)
			case '-':
				p.Sub(p, q)
			default:
				p.Rem(p, q)
			}
			return rescaled(p, s, out)
		case '*':
			return rescaled(p.Mul(p, q), a.Scale+b.Scale, out)
		}
		// p/10^sa / (q/10^sb), with one digit more than the result has
		if up := out.Scale + b.Scale - a.Scale; up >= 0 {
			p.Mul(p, power10(up))
		} else {
			q.Mul(q, power10(-up))
		}
		return decimalOfBig(divideHalfUp(p, q), out.Precision)
	}
}

// narrow is the fast way where no number can need more than 38 digits: + and -
// without a loss of scale, and *. It is nil elsewhere.
func narrow(op byte, a, b, out types.Decimal) func(x, y decimal128.Num) (decimal128.Num, bool) {
	s := max(a.Scale, b.Scale)
	if op == '*' {
		if out.Scale != a.Scale+b.Scale || a.Precision+b.Precision > min(out.Precision, types.MaxPrecision) {
			return nil
		}
		return func(x, y decimal128.Num) (decimal128.Num, bool) { return x.Mul(y), true }
	}
	if out.Scale != s || max(a.Precision-a.Scale, b.Precision-b.Scale)+s+1 > out.Precision {
		return nil
	}
	up, up2 := decimal128.GetScaleMultiplier(s-a.Scale), decimal128.GetScaleMultiplier(s-b.Scale)
	switch op {
	case '+':
		return func(x, y decimal128.Num) (decimal128.Num, bool) { return x.Mul(up).Add(y.Mul(up2)), true }
	case '-':
		return func(x, y decimal128.Num) (decimal128.Num, bool) { return x.Mul(up).Sub(y.Mul(up2)), true }
	}
	return nil
}

// upscaled returns n with more digits after the point; ok is false where it has
// more than precision then. At most 38 digits are needed.
func upscaled(n decimal128.Num, by, precision int) (decimal128.Num, bool) {
	n = n.Mul(decimal128.GetScaleMultiplier(by))
	return n, n.FitsInPrecision(int32(precision))
}

// rescaled brings an unscaled value to a decimal type, rounding half up.
func rescaled(p *big.Int, scale int, to types.Decimal) (decimal128.Num, bool) {
	switch {
	case scale < to.Scale:
		p.Mul(p, power10(to.Scale-scale))
	case scale > to.Scale:
		p = divideHalfUp(p, power10(scale-to.Scale))
	}
	return decimalOfBig(p, to.Precision)
}

// divideHalfUp is p/q rounded to the nearest, a half away from zero. It changes p.
func divideHalfUp(p, q *big.Int) *big.Int {
	sign := p.Sign() * q.Sign()
	rest := new(big.Int)
	p.QuoRem(p, q, rest)
	if rest.Lsh(rest.Abs(rest), 1).CmpAbs(q) >= 0 {
		p.Add(p, big.NewInt(int64(sign)))
	}
	return p
}

// decimalOfBig returns an unscaled value; ok is false where it has more digits
// than precision.
func decimalOfBig(p *big.Int, precision int) (decimal128.Num, bool) {
	if p.CmpAbs(power10(precision)) >= 0 {
		return decimal128.Num{}, false
	}
	return decimal128.FromBigInt(p), true
}

// powers are the powers of ten that decimals of 38 digits need.
var powers = func() (p [120]*big.Int) {
	p[0] = big.NewInt(1)
	for i := 1; i < len(p); i++ {
		p[i] = new(big.Int).Mul(p[i-1], big.NewInt(10))
	}
	return p
}()

// power10 returns 10^n, not to be changed. 0 <= n < 120.
func power10(n int) *big.Int { return powers[n] }

// decimalToLong is div: the whole part of the quotient.
func decimalToLong(a, b types.Decimal, try bool) Func {
	return fixed2Err(types.ToArrow(types.Long), func(env *Env, x, y decimal128.Num) (int64, bool, error) {
		if y == (decimal128.Num{}) {
			return 0, false, failure(env, try, errDivide('d'))
		}
		p := x.BigInt()
		p.Mul(p, power10(b.Scale))
		q := y.BigInt()
		q.Mul(q, power10(a.Scale))
		if p.Quo(p, q); !p.IsInt64() {
			return 0, false, failure(env, try, errOverflow("long", 'd'))
		}
		return p.Int64(), true, nil
	})
}

func negateDecimal(n decimal128.Num) decimal128.Num { return n.Negate() }
