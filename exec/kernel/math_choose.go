package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// chooseKernels pick one of several values, or what remains of a division.
func chooseKernels() map[string]Maker {
	return map[string]Maker{
		"greatest": always(extreme(1)),
		"least":    always(extreme(-1)),
		"pmod":     pmodMaker,
	}
}

// extreme takes the argument that is greatest (1) or least (-1), nulls apart.
func extreme(direction int) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		arrays, starts := make([]arrow.Array, len(args)), make([]int, len(args))
		missing, total := make([]nulls, len(args)), 0
		for k, v := range args {
			arrays[k], missing[k], starts[k] = v.Array, nullsOfArray(v.Array), total
			total += v.Array.Len()
		}
		compare, err := comparators(arrays)
		if err != nil {
			return Value{}, err
		}
		all, err := Concat(arrays)
		if err != nil {
			return Value{}, err
		}
		pick := make([]int32, rows.N)
		_ = each(rows, noNulls(rows.N), func(i int) error {
			best := -1
			for k, v := range args {
				if !missing[k].at(v.At(i)) && (best < 0 || direction*compare[k][best](v.At(i), args[best].At(i)) > 0) {
					best = k
				}
			}
			if pick[i] = -1; best >= 0 {
				pick[i] = int32(starts[best] + args[best].At(i))
			}
			return nil
		})
		out, err := Take(all, pick)
		return Value{Array: out}, err
	}
}

// comparators compares each array with each before it.
func comparators(arrays []arrow.Array) ([][]Comparator, error) {
	out := make([][]Comparator, len(arrays))
	for k := range arrays {
		out[k] = make([]Comparator, k)
		for j := range k {
			c, err := NewComparator(arrays[k], arrays[j])
			if err != nil {
				return nil, err
			}
			out[k][j] = c
		}
	}
	return out, nil
}

func pmodMaker(call *expr.Call) (Func, error) {
	dt := resultType(call)
	switch t := call.Args[0].Type().(type) {
	case types.Decimal:
		return pmodFunc(dt, func(a, n decimal128.Num) (decimal128.Num, bool) {
			if n == (decimal128.Num{}) {
				return n, false
			}
			x, y := a.BigInt(), n.BigInt()
			if x.Rem(x, y); x.Sign() < 0 {
				x.Rem(x.Add(x, y), y)
			}
			return decimal128.FromBigInt(x), true
		}), nil
	default:
		switch t {
		case types.Byte:
			return pmodFunc(dt, pmodInteger[int8]), nil
		case types.Short:
			return pmodFunc(dt, pmodInteger[int16]), nil
		case types.Int:
			return pmodFunc(dt, pmodInteger[int32]), nil
		case types.Long:
			return pmodFunc(dt, pmodInteger[int64]), nil
		case types.Float:
			return pmodFunc(dt, pmodFloat[float32]), nil
		}
		return pmodFunc(dt, pmodFloat[float64]), nil
	}
}

func pmodFunc[T fixed](dt arrow.DataType, f func(a, n T) (T, bool)) Func {
	return fixed2Err(dt, func(env *Env, a, n T) (T, bool, error) {
		r, ok := f(a, n)
		if !ok {
			return r, false, failure(env, false, errDivide('%'))
		}
		return r, true, nil
	})
}
