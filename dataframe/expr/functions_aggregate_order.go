package expr

import (
	"github.com/riffledata/riffle/dataframe/types"
)

// rankFunctions are aggregate functions that look at the values of a group in
// order or by how often they are there, and those of bits.
func rankFunctions() []*Function {
	return []*Function{
		{Name: "bit_and", Bind: integral, Usage: "bit_and(x)", Doc: "The bits that are set in all values."},
		{Name: "bit_or", Bind: integral, Usage: "bit_or(x)", Doc: "The bits that are set in some value."},
		{Name: "bit_xor", Bind: integral, Usage: "bit_xor(x)", Doc: "The bits that are set in an odd number of values."},
		{Name: "median", Bind: fixed(types.Double, types.Double), Usage: "median(x)",
			Doc: "The value in the middle, or half way between the two in the middle."},
		{Name: "percentile", Bind: percentileArgs, Usage: "percentile(x, share[, frequency])",
			Doc: "The value at a share (a constant from 0 to 1, or an array of such) of the way from the least to the greatest, interpolated; each value counts as often as frequency says."},
		{Name: "percentile_approx", Aliases: []string{"approx_percentile"}, Bind: approxPercentileArgs, Usage: "percentile_approx(x, share[, accuracy])",
			Doc: "The least value that at least the given share of values (a constant from 0 to 1, or an array of such) does not exceed. It is exact, whatever the accuracy."},
		{Name: "mode", Bind: modeArgs, Usage: "mode(x[, deterministic])",
			Doc: "The most frequent value; of several that are equally frequent always the least."},
		{Name: "topk", Nulls: NullNever, Bind: topArgs, Usage: "topk(x, k)",
			Doc: "An array of the k greatest values that are not null, the greatest first; empty where there is none."},
		{Name: "topkdistinct", Nulls: NullNever, Bind: topArgs, Usage: "topkdistinct(x, k)",
			Doc: "An array of the k greatest different values that are not null, the greatest first; empty where there is none."},
		{Name: "histogram", Nulls: NullNever, Bind: fixed(types.Map{Key: types.String, Value: types.Long}, types.String), Usage: "histogram(x)",
			Doc: "A map from each value, as a string, to how often it is there; empty where there is none."},
	}
}

// integral takes an integer of any size.
func integral(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	t := args[0].Type()
	if t == types.Void {
		t = types.Long
	}
	if !IsIntegral(t) {
		return nil, nil, mismatch("argument 1 must be an integer, but %s is %s", args[0], article(t.Name()))
	}
	return []types.Type{t}, t, nil
}

// percentileArgs are a number, a constant share or an array of such, and perhaps
// how often the number counts.
func percentileArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 3); err != nil {
		return nil, nil, err
	}
	share, list, err := shareType(args[1])
	if err != nil {
		return nil, nil, err
	}
	var result types.Type = types.Double
	if list {
		result = types.Array{Elem: result}
	}
	want := []types.Type{types.Double, share, types.Long}[:len(args)]
	return want, result, accepts(args, want)
}

// approxPercentileArgs are a value that has an order, a constant share or an
// array of such, and perhaps an accuracy, a constant of at least 1.
func approxPercentileArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 3); err != nil {
		return nil, nil, err
	}
	_, t, err := extreme(1, 1)(args[:1])
	if err != nil {
		return nil, nil, err
	}
	if t == types.String || t == types.Void {
		t = types.Double
	}
	if !IsNumeric(t) && t != types.Date && t != types.Timestamp && t != types.TimestampNTZ {
		return nil, nil, mismatch("argument 1 must be a number, a date or a timestamp, but %s is %s", args[0], article(t.Name()))
	}
	share, list, err := shareType(args[1])
	if err != nil {
		return nil, nil, err
	}
	if len(args) == 3 {
		if n, ok := ConstantInt(args[2]); !ok || n < 1 {
			return nil, nil, mismatch("the accuracy must be a whole number of at least 1, but is %s", args[2])
		}
	}
	result := t
	if list {
		result = types.Array{Elem: t}
	}
	want := []types.Type{t, share, types.Long}[:len(args)]
	return want, result, accepts(args, want)
}

// shareType checks a constant from 0 to 1, or an array of them.
func shareType(e Expr) (t types.Type, list bool, err error) {
	whole := e
	e = Unalias(e)
	if c, ok := e.(*Cast); ok {
		e = Unalias(c.Child)
	}
	all := []Expr{e}
	switch c := e.(type) {
	case *Call:
		if list = c.Name == "array"; list {
			all = c.Args
		}
	case *Literal:
		if values, ok := c.Value.([]any); ok {
			all, list = nil, true
			for _, v := range values {
				all = append(all, &Literal{Value: v})
			}
		}
	}
	for _, e := range all {
		f, ok := constantFloat(e)
		if !ok || !(f >= 0 && f <= 1) {
			return nil, false, mismatch("the share must be a constant from 0 to 1, or an array of such, but is %s", e)
		}
	}
	if list { // constants are read as they stand
		return whole.Type(), true, nil
	}
	return types.Double, false, nil
}

// constantFloat returns the number that a literal holds.
func constantFloat(e Expr) (float64, bool) {
	if n, ok := ConstantInt(e); ok {
		return float64(n), true
	}
	l, ok := constant(e)
	if !ok {
		return 0, false
	}
	switch v := l.Value.(type) {
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case types.Dec:
		return v.Unscaled.ToFloat64(int32(v.Scale)), true
	}
	return 0, false
}

// modeArgs are a value that has an order, and perhaps a constant condition.
func modeArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 2); err != nil {
		return nil, nil, err
	}
	if _, _, err := extreme(1, 1)(args[:1]); err != nil {
		return nil, nil, err
	}
	want := []types.Type{args[0].Type(), types.Boolean}[:len(args)]
	if len(args) == 2 {
		if l, ok := constant(args[1]); !ok || l.Value == nil {
			return nil, nil, mismatch("deterministic must be true or false, but is %s", args[1])
		}
	}
	return want, args[0].Type(), accepts(args, want)
}

// topArgs are a value that has an order, and a constant number of at least 1.
func topArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	if _, _, err := extreme(1, 1)(args[:1]); err != nil {
		return nil, nil, err
	}
	if k, ok := ConstantInt(args[1]); !ok || k < 1 {
		return nil, nil, mismatch("k must be a whole number of at least 1, but is %s", args[1])
	}
	want := []types.Type{args[0].Type(), types.Long}
	return want, types.Array{Elem: args[0].Type()}, accepts(args, want)
}
