package kernel

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// nullKernels tell nulls, and not-a-numbers, from values.
func nullKernels() map[string]Maker {
	return map[string]Maker{
		"isnull":    always(nullTest(true)),
		"isnotnull": always(nullTest(false)),
		"isnan": func(call *expr.Call) (Func, error) {
			if call.Args[0].Type() == types.Float {
				return isNaN[float32], nil
			}
			return isNaN[float64], nil
		},
	}
}

// nullTest is a copy of the validity bitmap, or its complement.
func nullTest(want bool) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		m := nullsOf(args, rows)
		out := make([]byte, (rows.N+7)/8)
		switch {
		case m.bits == nil && !want:
			fillOnes(out)
		case m.bits != nil && want:
			for i := range out {
				out[i] = ^m.bits[i]
			}
		case m.bits != nil:
			copy(out, m.bits)
		}
		return Value{Array: newBools(out, rows.N, noNulls(rows.N))}, nil
	}
}

// isNaN is never null: null is no number, but not NaN either.
func isNaN[T float32 | float64](_ *Env, args []Value, rows Rows) (Value, error) {
	in, at, m := floats[T](args[0].Array), args[0].index(), nullsOf(args, rows)
	b := newBoolBuilder(rows.N)
	_ = each(rows, m, func(i int) error { b.set(i, math.IsNaN(float64(in[i&at]))); return nil })
	return Value{Array: b.finish(noNulls(rows.N))}, nil
}

func floats[T float32 | float64](a arrow.Array) []T {
	if a.DataType().ID() == arrow.NULL {
		return make([]T, a.Len())
	}
	return values[T](a)
}
