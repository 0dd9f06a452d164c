package kernel

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// arithmeticKernels compute with numbers, dates and spans of time.
func arithmeticKernels() map[string]Maker {
	all := map[string]Maker{
		"negative": negative,
		"positive": always(func(_ *Env, args []Value, _ Rows) (Value, error) { return args[0], nil }),
	}
	for name, op := range map[string]byte{"+": '+', "-": '-', "*": '*', "/": '/', "%": '%', "div": 'd'} {
		all[name] = arithmeticMaker(op, false)
	}
	for name, op := range map[string]byte{"try_add": '+', "try_subtract": '-', "try_multiply": '*', "try_divide": '/', "try_mod": '%'} {
		all[name] = arithmeticMaker(op, true)
	}
	return all
}

// tryOf names the function that gives null where an operator fails.
var tryOf = map[byte]string{'+': "try_add", '-': "try_subtract", '*': "try_multiply", '/': "try_divide", '%': "try_mod", 'd': "try_divide"}

func arithmeticMaker(op byte, try bool) Maker {
	return func(call *expr.Call) (Func, error) {
		a, b, dt := call.Args[0].Type(), call.Args[1].Type(), resultType(call)
		if isTemporal(a) || isTemporal(b) {
			return timeArithmetic(call, op, try)
		}
		if _, ok := a.(types.Decimal); ok {
			return decimalArithmetic(call, op, try)
		}
		switch a {
		case types.Byte:
			return integerArithmetic[int8](op, try, dt), nil
		case types.Short:
			return integerArithmetic[int16](op, try, dt), nil
		case types.Int:
			return integerArithmetic[int32](op, try, dt), nil
		case types.Long:
			return integerArithmetic[int64](op, try, dt), nil
		case types.Float:
			return floatArithmetic[float32](op, try, dt), nil
		case types.Double:
			return floatArithmetic[float64](op, try, dt), nil
		}
		return nil, fmt.Errorf("%s cannot be computed with %s and %s", call.Name, a.Name(), b.Name())
	}
}

func isTemporal(t types.Type) bool {
	return t == types.Date || t == types.Timestamp || t == types.TimestampNTZ || t == types.Interval
}

// failure is what becomes of a row that cannot be computed: an error in ANSI
// mode, else null.
func failure(env *Env, try bool, err error) error {
	if try || !env.ANSI {
		return nil
	}
	return err
}

func errDivide(op byte) error {
	if op == '%' {
		return errors.New("[REMAINDER_BY_ZERO] remainder by zero; use try_mod to get null instead")
	}
	return errors.New("[DIVIDE_BY_ZERO] division by zero; use try_divide to get null instead")
}

func errOverflow(what string, op byte) error {
	return fmt.Errorf("[ARITHMETIC_OVERFLOW] %s overflow; use %s to get null instead, or cast to a wider type", what, tryOf[op])
}

// integerArithmetic is + - * % div of whole numbers. Without ANSI mode a result
// that does not fit wraps around; with try it is null.
func integerArithmetic[T integer](op byte, try bool, dt arrow.DataType) Func {
	if op == '%' || op == 'd' {
		return integerDivision[T](op, try, dt)
	}
	width := 8 * sizeOf[T]()
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		a, ia := values[T](args[0].Array), args[0].index()
		b, ib := values[T](args[1].Array), args[1].index()
		out, m := make([]T, rows.N), nullsOf(args, rows)
		var over bool
		switch op {
		case '+':
			over = addAll(out, a, b, ia, ib)
		case '-':
			over = subtractAll(out, a, b, ia, ib)
		default:
			over = multiplyAll(out, a, b, ia, ib, width)
		}
		if !over || !try && !env.ANSI {
			return Value{Array: newFixed(dt, out, m)}, nil
		}
		// Some row does not fit: perhaps one that counts.
		res := m
		err := each(rows, m, func(i int) error {
			if fits(op, a[i&ia], b[i&ib], out[i]) {
				return nil
			}
			if try {
				res.set(i)
				return nil
			}
			return &RowError{i, errOverflow(integerName(width), op)}
		})
		return Value{Array: newFixed(dt, out, res)}, err
	}
}

func integerName(width int) string {
	return map[int]string{8: "tinyint", 16: "smallint", 32: "integer", 64: "long"}[width]
}

func addAll[T integer](out, a, b []T, ia, ib int) bool {
	var over T
	for i := range out {
		x, y := a[i&ia], b[i&ib]
		s := x + y
		out[i] = s
		over |= (x ^ s) & (y ^ s)
	}
	return over < 0
}

func subtractAll[T integer](out, a, b []T, ia, ib int) bool {
	var over T
	for i := range out {
		x, y := a[i&ia], b[i&ib]
		s := x - y
		out[i] = s
		over |= (x ^ y) & (x ^ s)
	}
	return over < 0
}

func multiplyAll[T integer](out, a, b []T, ia, ib, width int) bool {
	over := false
	for i := range out {
		x, y := int64(a[i&ia]), int64(b[i&ib])
		out[i] = T(x * y)
		if width < 64 {
			over = over || x*y != int64(out[i])
		} else {
			over = over || !fits64(x, y)
		}
	}
	return over
}

// fits64 tells whether a product fits into 64 bits.
func fits64(x, y int64) bool {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	h := int64(hi) - x>>63&y - y>>63&x
	return h == int64(lo)>>63
}

// fits tells whether out is the true result.
func fits[T integer](op byte, a, b, out T) bool {
	switch op {
	case '+':
		return (a^out)&(b^out) >= 0
	case '-':
		return (a^b)&(a^out) >= 0
	}
	return fits64(int64(a), int64(b)) && int64(a)*int64(b) == int64(out)
}

// integerDivision is % and div, which gives a bigint: both take bigints then.
func integerDivision[T integer](op byte, try bool, dt arrow.DataType) Func {
	return fixed2Err(dt, func(env *Env, a, b T) (T, bool, error) {
		switch {
		case b == 0:
			return 0, false, failure(env, try, errDivide(op))
		case b == -1 && op == '%':
			return 0, true, nil
		case b == -1 && a == -a && a != 0:
			if !env.ANSI {
				return a, true, nil
			}
			return a, false, failure(env, try, errOverflow("long", op))
		case op == '%':
			return a % b, true, nil
		}
		return a / b, true, nil
	})
}

func floatArithmetic[T float32 | float64](op byte, try bool, dt arrow.DataType) Func {
	switch op {
	case '+':
		return fixed2(dt, func(a, b T) T { return a + b })
	case '-':
		return fixed2(dt, func(a, b T) T { return a - b })
	case '*':
		return fixed2(dt, func(a, b T) T { return a * b })
	}
	return fixed2Err(dt, func(env *Env, a, b T) (T, bool, error) {
		switch {
		case b == 0:
			return 0, false, failure(env, try, errDivide(op))
		case op == '%':
			return T(math.Mod(float64(a), float64(b))), true, nil
		}
		return a / b, true, nil
	})
}

func negative(call *expr.Call) (Func, error) {
	dt := resultType(call)
	switch t := call.Type(); t {
	case types.Byte:
		return negateInteger[int8](dt), nil
	case types.Short:
		return negateInteger[int16](dt), nil
	case types.Int:
		return negateInteger[int32](dt), nil
	case types.Long:
		return negateInteger[int64](dt), nil
	case types.Float:
		return fixed1(dt, func(a float32) float32 { return -a }), nil
	case types.Double:
		return fixed1(dt, func(a float64) float64 { return -a }), nil
	case types.Interval:
		return fixed1(dt, negateSpan), nil
	}
	return fixed1(dt, negateDecimal), nil
}

func negateInteger[T integer](dt arrow.DataType) Func {
	name := integerName(8 * sizeOf[T]())
	return fixed1Err(dt, func(env *Env, a T) (T, bool, error) {
		if a == -a && a != 0 && env.ANSI {
			return a, false, errOverflow(name, '-')
		}
		return -a, true, nil
	})
}

// bitwiseKernels are & | ^ ~.
func bitwiseKernels() map[string]Maker {
	return map[string]Maker{"&": bitwiseMaker('&'), "|": bitwiseMaker('|'), "^": bitwiseMaker('^'), "~": bitwiseMaker('~')}
}

func bitwiseMaker(op byte) Maker {
	return func(call *expr.Call) (Func, error) {
		dt := resultType(call)
		switch call.Type() {
		case types.Byte:
			return bitwise[int8](op, dt), nil
		case types.Short:
			return bitwise[int16](op, dt), nil
		case types.Int:
			return bitwise[int32](op, dt), nil
		}
		return bitwise[int64](op, dt), nil
	}
}

func bitwise[T integer](op byte, dt arrow.DataType) Func {
	switch op {
	case '&':
		return fixed2(dt, func(a, b T) T { return a & b })
	case '|':
		return fixed2(dt, func(a, b T) T { return a | b })
	case '^':
		return fixed2(dt, func(a, b T) T { return a ^ b })
	}
	return fixed1(dt, func(a T) T { return ^a })
}
