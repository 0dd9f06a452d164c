package kernel

import (
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

var (
	arrowDouble = arrow.PrimitiveTypes.Float64
	arrowLong   = arrow.PrimitiveTypes.Int64
)

// mathKernels are the functions of numbers.
func mathKernels() map[string]Maker {
	all := map[string]Maker{
		"abs":   absMaker,
		"sign":  always(fixed1(arrowDouble, signum)),
		"pow":   always(fixed2(arrowDouble, math.Pow)),
		"atan2": always(fixed2(arrowDouble, func(y, x float64) float64 { return math.Atan2(y+0, x+0) })),
		"log":   logMaker,
		"pi":    always(constantFunc(math.Pi)),
		"e":     always(constantFunc(math.E)),
		"nanvl": nanvlMaker,
		"bin":   always(textsTo(binText)),
	}
	for name, f := range map[string]func(float64) float64{
		"sqrt": math.Sqrt, "cbrt": math.Cbrt, "exp": math.Exp, "expm1": math.Expm1,
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan,
		"degrees": func(x float64) float64 { return x * (180 / math.Pi) },
		"radians": func(x float64) float64 { return x * (math.Pi / 180) },
	} {
		all[name] = always(fixed1(arrowDouble, f))
	}
	for name, f := range map[string]func(float64) float64{"ln": math.Log, "log2": math.Log2, "log10": log10} {
		all[name] = always(positive1(0, f))
	}
	all["log1p"] = always(positive1(-1, math.Log1p))
	return all
}

// constantFunc gives the same number for all rows.
func constantFunc(f float64) Func {
	return func(*Env, []Value, Rows) (Value, error) {
		return Value{newFixed(arrowDouble, []float64{f}, noNulls(1)), true}, nil
	}
}

// positive1 is a function of numbers above low; it is null for others.
func positive1(low float64, f func(float64) float64) Func {
	return fixed1Err(arrowDouble, func(_ *Env, x float64) (float64, bool, error) { return f(x), !(x <= low), nil })
}

// log10 is exact for powers of ten.
func log10(x float64) float64 {
	r := math.Log10(x)
	if n := math.Round(r); math.Abs(r-n) < 1e-9 && math.Pow10(int(n)) == x {
		return n
	}
	return r
}

func logMaker(call *expr.Call) (Func, error) {
	if len(call.Args) == 1 {
		return positive1(0, math.Log), nil
	}
	return fixed2Err(arrowDouble, func(_ *Env, base, x float64) (float64, bool, error) {
		return math.Log(x) / math.Log(base), !(base <= 0) && !(x <= 0), nil
	}), nil
}

func signum(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // zeros keep their sign, NaN stays
}

func absMaker(call *expr.Call) (Func, error) {
	dt := resultType(call)
	switch call.Type() {
	case types.Byte:
		return absInteger[int8](dt), nil
	case types.Short:
		return absInteger[int16](dt), nil
	case types.Int:
		return absInteger[int32](dt), nil
	case types.Long:
		return absInteger[int64](dt), nil
	case types.Float:
		return fixed1(dt, func(x float32) float32 { return float32(math.Abs(float64(x))) }), nil
	case types.Double:
		return fixed1(dt, math.Abs), nil
	}
	return fixed1(dt, func(x decimal128.Num) decimal128.Num {
		if x.Sign() < 0 {
			return x.Negate()
		}
		return x
	}), nil
}

// absInteger fails for the least number, whose positive has no place; without
// ANSI mode that stays as it is.
func absInteger[T int8 | int16 | int32 | int64](dt arrow.DataType) Func {
	return fixed1Err(dt, func(env *Env, x T) (T, bool, error) {
		if x >= 0 {
			return x, true, nil
		}
		if x == -x && env.ANSI {
			return x, true, errOverflowIn("abs")
		}
		return -x, true, nil
	})
}

func nanvlMaker(call *expr.Call) (Func, error) {
	if call.Type() == types.Float {
		return nanvl[float32](arrow.PrimitiveTypes.Float32), nil
	}
	return nanvl[float64](arrowDouble), nil
}

func nanvl[T float32 | float64](dt arrow.DataType) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		a, b := fixedRowOf[T](args[0]), fixedRowOf[T](args[1])
		m, other := nullsOf(args[:1], rows), nullsOf(args[1:], rows)
		out, res := make([]T, rows.N), m
		_ = each(rows, m, func(i int) error {
			if out[i] = a.row(i); math.IsNaN(float64(out[i])) {
				if out[i] = b.row(i); other.at(i) {
					res.set(i)
				}
			}
			return nil
		})
		return Value{Array: newFixed(dt, out, res)}, nil
	}
}

func binText(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	n := fixedRowOf[int64](args[0])
	return func(dst []byte, i int) ([]byte, bool, error) {
		return strconv.AppendUint(dst, uint64(n.row(i)), 2), true, nil
	}
}
