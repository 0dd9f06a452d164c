package expr

import "github.com/riffledata/riffle/dataframe/types"

func sameNumber(t types.Type, _ []Expr) (types.Type, types.Type, error) { return t, t, nil }

// truncated takes the whole part of a number, as a bigint.
func truncated(result types.Type) func(types.Type, []Expr) (types.Type, types.Type, error) {
	return func(types.Type, []Expr) (types.Type, types.Type, error) { return types.Long, result, nil }
}

// rounded gives the type of a number rounded to a constant number of places,
// which argument at holds: of a decimal one that fits, of others their own.
func rounded(at int) func(t types.Type, args []Expr) (types.Type, types.Type, error) {
	return func(t types.Type, args []Expr) (types.Type, types.Type, error) {
		places, err := placesOf(args, at)
		if err != nil {
			return nil, nil, err
		}
		if d, ok := t.(types.Decimal); ok {
			return d, roundedDecimal(d, places), nil
		}
		return t, t, nil
	}
}

func placesOf(args []Expr, at int) (int, error) {
	if at >= len(args) {
		return 0, nil
	}
	if l, ok := Unalias(args[at]).(*Literal); ok && l.Value == nil {
		return 0, nil // the result is null
	}
	n, ok := ConstantInt(args[at])
	if !ok || n < -1000 || n > 1000 {
		return 0, mismatch("argument %d must be a constant number of places, but is %s", at+1, args[at])
	}
	return int(n), nil
}

// roundedDecimal is the type of a decimal rounded to so many places: one digit
// more before the point, since 9.9 may become 10.
func roundedDecimal(d types.Decimal, places int) types.Decimal {
	whole := d.Precision - d.Scale + 1
	if places < 0 {
		return types.Decimal{Precision: min(max(whole, 1-places), types.MaxPrecision)}
	}
	scale := min(d.Scale, places)
	return types.Decimal{Precision: min(whole+scale, types.MaxPrecision), Scale: scale}
}

// wholeNumber binds ceil and floor: bigint of integers and floats, a decimal of
// decimals, and of anything where a number of places is given.
func wholeNumber(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 2 {
		return numeric(0, func(t types.Type, args []Expr) (types.Type, types.Type, error) {
			places, err := placesOf(args, 1)
			d, ok := t.(types.Decimal)
			switch {
			case !ok && IsIntegral(t):
				d = digits[t]
			case !ok:
				d = types.Decimal{Precision: 30, Scale: 15}
			}
			return d, roundedDecimal(d, places), err
		}, types.Int)(args)
	}
	return numeric(1, func(t types.Type, _ []Expr) (types.Type, types.Type, error) {
		switch d, ok := t.(types.Decimal); {
		case ok:
			return d, BoundDecimal(d.Precision-d.Scale+1, 0), nil
		case IsIntegral(t):
			return types.Long, types.Long, nil
		}
		return types.Double, types.Long, nil
	}, types.Int)(args)
}

// optionalFirst takes the given types, the first of which may be left out.
func optionalFirst(result types.Type, params ...types.Type) binder {
	return byCount(len(params)-1, fixed(result, params[1:]...), fixed(result, params...))
}

// extreme takes at least low arguments and casts them to their common type,
// which must have an order; at most high of them (-1: any number).
func extreme(low, high int) binder {
	bind := alike(low, high, nil)
	return func(args []Expr) ([]types.Type, types.Type, error) {
		want, t, err := bind(args)
		if err == nil && (hasMap(t) || t == types.Interval) {
			return nil, nil, mismatch("values of type %s are not ordered", t.Name())
		}
		return want, t, err
	}
}

func pmodArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	t, err := commonType(args)
	if err != nil {
		return nil, nil, err
	}
	if t == types.String || t == types.Void {
		t = types.Double
	}
	if !IsNumeric(t) {
		return nil, nil, mismatch("the arguments must be numbers, but %s is %s", args[0], article(t.Name()))
	}
	result := t
	if d, ok := t.(types.Decimal); ok {
		result = pmodDecimal(args, d)
	}
	return []types.Type{t, t}, result, nil
}

// pmodDecimal is the type of a remainder of decimals: it has the digits before
// the point of the smaller, and those after it of the finer argument.
func pmodDecimal(args []Expr, common types.Decimal) types.Decimal {
	whole := types.MaxPrecision
	for _, a := range args {
		d, ok := a.Type().(types.Decimal)
		if !ok {
			d = digits[a.Type()]
		}
		whole = min(whole, d.Precision-d.Scale)
	}
	return BoundDecimal(whole+common.Scale, common.Scale)
}

func seedArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 0, 1); err != nil {
		return nil, nil, err
	}
	if len(args) == 0 {
		return nil, types.Double, nil
	}
	if _, ok := ConstantInt(args[0]); !ok && args[0].Type() != types.Void {
		return nil, nil, mismatch("the seed must be a constant whole number, but is %s", args[0])
	}
	return []types.Type{types.Long}, types.Double, nil
}

// shiftArgs are a bigint or else an int, and a number of places.
func shiftArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	var t types.Type = types.Int
	if args[0].Type() == types.Long {
		t = types.Long
	}
	want := []types.Type{t, types.Int}
	return want, t, accepts(args, want)
}

func nanvlArgs(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 2 && args[0].Type() == types.Float && args[1].Type() == types.Float {
		return []types.Type{types.Float, types.Float}, types.Float, nil
	}
	return fixed(types.Double, types.Double, types.Double)(args)
}
