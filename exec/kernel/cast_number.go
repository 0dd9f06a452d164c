package kernel

import (
	"math"
	"math/big"
	"strconv"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
)

// number returns a cast among numbers, booleans and bytes, or nil.
func (c *conversion) number() Func {
	switch c.from {
	case types.Boolean:
		return c.fromBool()
	case types.Byte:
		return fromInteger[int8](c)
	case types.Short:
		return fromInteger[int16](c)
	case types.Int:
		return fromInteger[int32](c)
	case types.Long:
		return fromInteger[int64](c)
	case types.Float:
		return fromFloat[float32](c, 32)
	case types.Double:
		return fromFloat[float64](c, 64)
	}
	if d, ok := c.from.(types.Decimal); ok {
		return c.fromDecimal(d)
	}
	return nil
}

func fromInteger[A integer](c *conversion) Func {
	switch c.to {
	case types.Byte:
		return integerToInteger[A, int8](c)
	case types.Short:
		return integerToInteger[A, int16](c)
	case types.Int:
		return integerToInteger[A, int32](c)
	case types.Long:
		return integerToInteger[A, int64](c)
	case types.Float:
		return fixed1(c.dt, func(a A) float32 { return float32(a) })
	case types.Double:
		return fixed1(c.dt, func(a A) float64 { return float64(a) })
	case types.Boolean:
		return notZero[A]()
	case types.Binary:
		return bigEndian[A]()
	case types.Timestamp:
		return fixed1Err(c.dt, func(env *Env, a A) (int64, bool, error) { return c.seconds(env, int64(a)) })
	}
	if d, ok := c.to.(types.Decimal); ok {
		return fixed1Err(c.dt, func(env *Env, a A) (decimal128.Num, bool, error) {
			n, ok := decimalOfInteger(int64(a), d)
			if !ok {
				return n, false, c.overflow(env, strconv.FormatInt(int64(a), 10))
			}
			return n, true, nil
		})
	}
	return nil
}

func decimalOfInteger(a int64, d types.Decimal) (decimal128.Num, bool) {
	if d.Scale <= 18 { // 19 digits and 18 are less than 38
		return upscaled(decimal128.FromI64(a), d.Scale, d.Precision)
	}
	return rescaled(big.NewInt(a), 0, d)
}

// seconds are a timestamp; those that it cannot hold end at its limit.
func (c *conversion) seconds(_ *Env, s int64) (int64, bool, error) {
	if s > math.MaxInt64/1_000_000 {
		return math.MaxInt64, true, nil
	}
	if s < math.MinInt64/1_000_000 {
		return math.MinInt64, true, nil
	}
	return s * 1e6, true, nil
}

func integerToInteger[A, R integer](c *conversion) Func {
	if sizeOf[R]() >= sizeOf[A]() {
		return fixed1(c.dt, func(a A) R { return R(a) })
	}
	return fixed1Err(c.dt, func(env *Env, a A) (R, bool, error) {
		out := R(a)
		if A(out) == a || !c.try && !env.ANSI {
			return out, true, nil
		}
		return 0, false, c.overflow(env, strconv.FormatInt(int64(a), 10))
	})
}

// sizeOf is the number of bytes of an integer.
func sizeOf[T integer]() int {
	var t T
	return int(unsafe.Sizeof(t))
}

func notZero[A integer | float32 | float64]() Func {
	return boolFrom(func(_ *Env, args []Value) func(int) (bool, bool, error) {
		a, at := values[A](args[0].Array), args[0].index()
		return func(i int) (bool, bool, error) { return a[i&at] != 0, true, nil }
	})
}

func bigEndian[A integer]() Func {
	width := sizeOf[A]()
	f := textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		a, at := values[A](args[0].Array), args[0].index()
		return func(dst []byte, i int) ([]byte, bool, error) {
			for k := width - 1; k >= 0; k-- {
				dst = append(dst, byte(int64(a[i&at])>>(8*k)))
			}
			return dst, true, nil
		}
	})
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		v, err := f(env, args, rows)
		if err != nil {
			return v, err
		}
		return v.with(relabel(v.Array, arrow.BinaryTypes.Binary)), nil
	}
}

func (c *conversion) fromBool() Func {
	switch c.to {
	case types.Byte:
		return boolTo(c.dt, int8(1))
	case types.Short:
		return boolTo(c.dt, int16(1))
	case types.Int:
		return boolTo(c.dt, int32(1))
	case types.Long:
		return boolTo(c.dt, int64(1))
	case types.Float:
		return boolTo(c.dt, float32(1))
	case types.Double:
		return boolTo(c.dt, float64(1))
	}
	d, ok := c.to.(types.Decimal)
	if !ok {
		return nil
	}
	one, fits := rescaled(big.NewInt(1), 0, d)
	return fixedFrom(c.dt, func(env *Env, args []Value) func(int) (decimal128.Num, bool, error) {
		b, at := boolsOf(args[0].Array), args[0].index()
		return func(i int) (decimal128.Num, bool, error) {
			if !b.at(i & at) {
				return decimal128.Num{}, true, nil
			}
			if !fits {
				return one, false, c.overflow(env, "1")
			}
			return one, true, nil
		}
	})
}

func boolTo[R fixed](dt arrow.DataType, one R) Func {
	return fixedFrom(dt, func(_ *Env, args []Value) func(int) (R, bool, error) {
		b, at := boolsOf(args[0].Array), args[0].index()
		return func(i int) (R, bool, error) {
			if b.at(i & at) {
				return one, true, nil
			}
			var zero R
			return zero, true, nil
		}
	})
}

func fromFloat[A float32 | float64](c *conversion, bits int) Func {
	switch c.to {
	case types.Byte:
		return floatToInteger[A, int8](c, math.MinInt8, math.MaxInt8)
	case types.Short:
		return floatToInteger[A, int16](c, math.MinInt16, math.MaxInt16)
	case types.Int:
		return floatToInteger[A, int32](c, math.MinInt32, math.MaxInt32)
	case types.Long:
		return floatToInteger[A, int64](c, math.MinInt64, math.MaxInt64)
	case types.Float:
		return fixed1(c.dt, func(a A) float32 { return float32(a) })
	case types.Double:
		return fixed1(c.dt, func(a A) float64 { return float64(a) })
	case types.Boolean:
		return notZero[A]()
	case types.Timestamp:
		return fixed1Err(c.dt, func(env *Env, a A) (int64, bool, error) {
			f := float64(a) * 1e6
			if f != f || math.IsInf(f, 0) {
				return 0, false, c.invalid(env, javaFloat(float64(a), bits))
			}
			return saturated(f, math.MinInt64, math.MaxInt64), true, nil
		})
	}
	d, ok := c.to.(types.Decimal)
	if !ok {
		return nil
	}
	return fixed1Err(c.dt, func(env *Env, a A) (decimal128.Num, bool, error) {
		n, ok := parseDecimal(strconv.FormatFloat(float64(a), 'e', -1, bits), d)
		if ok != nil {
			return n, false, c.overflow(env, javaFloat(float64(a), bits))
		}
		return n, true, nil
	})
}

// floatToInteger drops the fraction.
func floatToInteger[A float32 | float64, R integer](c *conversion, low, high int64) Func {
	bits := 64
	if c.from == types.Float {
		bits = 32
	}
	return fixed1Err(c.dt, func(env *Env, a A) (R, bool, error) {
		f := float64(a)
		if math.Floor(f) <= float64(high) && math.Ceil(f) >= float64(low) && f < 1<<63 {
			return R(f), true, nil
		}
		if c.try || env.ANSI {
			return 0, false, c.overflow(env, javaFloat(f, bits))
		}
		if sizeOf[R]() < 4 { // Java goes by way of int
			return R(saturated(f, math.MinInt32, math.MaxInt32)), true, nil
		}
		return R(saturated(f, low, high)), true, nil
	})
}

// saturated is Java's cast of a double: NaN is 0, what is too large the limit.
func saturated(f float64, low, high int64) int64 {
	switch {
	case f != f:
		return 0
	case f >= float64(high):
		return high
	case f <= float64(low):
		return low
	}
	return int64(f)
}

func (c *conversion) fromDecimal(d types.Decimal) Func {
	switch c.to {
	case types.Byte:
		return decimalToInteger[int8](c, d)
	case types.Short:
		return decimalToInteger[int16](c, d)
	case types.Int:
		return decimalToInteger[int32](c, d)
	case types.Long:
		return decimalToInteger[int64](c, d)
	case types.Float:
		return fixed1(c.dt, func(a decimal128.Num) float32 { return float32(decimalToFloat(a, d.Scale, 32)) })
	case types.Double:
		return fixed1(c.dt, func(a decimal128.Num) float64 { return decimalToFloat(a, d.Scale, 64) })
	case types.Boolean:
		return boolFrom(func(_ *Env, args []Value) func(int) (bool, bool, error) {
			a, at := values[decimal128.Num](args[0].Array), args[0].index()
			return func(i int) (bool, bool, error) { return a[i&at] != decimal128.Num{}, true, nil }
		})
	case types.Timestamp:
		return fixed1Err(c.dt, func(env *Env, a decimal128.Num) (int64, bool, error) {
			p := a.BigInt()
			p.Mul(p, power10(6))
			if p.Quo(p, power10(d.Scale)); !p.IsInt64() {
				return 0, false, c.overflow(env, a.ToString(int32(d.Scale)))
			}
			return p.Int64(), true, nil
		})
	}
	to, ok := c.to.(types.Decimal)
	if !ok {
		return nil
	}
	if up := to.Scale - d.Scale; up >= 0 && d.Precision+up <= types.MaxPrecision {
		return fixed1Err(c.dt, func(env *Env, a decimal128.Num) (decimal128.Num, bool, error) {
			n, ok := upscaled(a, up, to.Precision)
			if !ok {
				return n, false, c.overflow(env, a.ToString(int32(d.Scale)))
			}
			return n, true, nil
		})
	}
	return fixed1Err(c.dt, func(env *Env, a decimal128.Num) (decimal128.Num, bool, error) {
		n, ok := rescaled(a.BigInt(), d.Scale, to)
		if !ok {
			return n, false, c.overflow(env, a.ToString(int32(d.Scale)))
		}
		return n, true, nil
	})
}

func decimalToInteger[R integer](c *conversion, d types.Decimal) Func {
	return fixed1Err(c.dt, func(env *Env, a decimal128.Num) (R, bool, error) {
		p := a.BigInt()
		p.Quo(p, power10(d.Scale))
		if p.IsInt64() && int64(R(p.Int64())) == p.Int64() {
			return R(p.Int64()), true, nil
		}
		if !c.try && !env.ANSI {
			return R(new(big.Int).And(p, big.NewInt(-1)).Int64()), true, nil
		}
		return 0, false, c.overflow(env, a.ToString(int32(d.Scale)))
	})
}

// decimalToFloat is the nearest float.
func decimalToFloat(a decimal128.Num, scale, bits int) float64 {
	f, _ := strconv.ParseFloat(a.ToString(int32(scale)), bits)
	return f
}
