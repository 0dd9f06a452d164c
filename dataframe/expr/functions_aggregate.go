package expr

import "github.com/riffledata/riffle/dataframe/types"

// aggregateFunctions are the functions over the rows of a group. All but the
// counts and the collections are null for a group without a value.
func aggregateFunctions() []*Function {
	d := types.Double
	all := []*Function{
		{Name: "count", Nulls: NullNever, Bind: countArgs, Usage: "count(*) or count([DISTINCT] a, ...)",
			Doc: "The number of rows, or of those in which no argument is null."},
		{Name: "count_if", Nulls: NullNever, Bind: fixed(types.Long, types.Boolean), Usage: "count_if(condition)",
			Doc: "The number of rows in which the condition is true."},
		{Name: "sum", Bind: numeric(0, sumType), Usage: "sum([DISTINCT] x)",
			Doc: "The sum: a bigint of integers, in which overflow is an error (it wraps around where ANSI mode is off), decimal(p+10,s) of decimal(p,s), a double of floats."},
		{Name: "avg", Aliases: []string{"mean"}, Bind: numeric(0, avgType), Usage: "avg([DISTINCT] x)",
			Doc: "The mean: a double, or decimal(p+4,s+4) of decimal(p,s)."},
		{Name: "min", Bind: extreme(1, 1), Usage: "min(x)", Doc: "The least value."},
		{Name: "max", Bind: extreme(1, 1), Usage: "max(x)", Doc: "The greatest value."},
		{Name: "min_by", Bind: byArgs, Usage: "min_by(x, y)", Doc: "The x of the row with the least y."},
		{Name: "max_by", Bind: byArgs, Usage: "max_by(x, y)", Doc: "The x of the row with the greatest y."},
		{Name: "first", Aliases: []string{"first_value"}, Bind: firstArgs, Usage: "first(x[, ignoreNulls])",
			Doc: "The x of the first row, or of the first in which it is not null where ignoreNulls, a constant, is true. Which row is first is not defined unless the input is in order."},
		{Name: "last", Aliases: []string{"last_value"}, Bind: firstArgs, Usage: "last(x[, ignoreNulls])",
			Doc: "The x of the last row, or of the last in which it is not null where ignoreNulls, a constant, is true. Which row is last is not defined unless the input is in order."},
		{Name: "any_value", Bind: firstArgs, Usage: "any_value(x[, ignoreNulls])", Doc: "The x of some row: as first."},
		{Name: "collect_list", Aliases: []string{"array_agg"}, Nulls: NullNever, Bind: collectArgs, Usage: "collect_list(x)",
			Doc: "An array of the values that are not null, in no promised order; empty where there is none."},
		{Name: "collect_set", Nulls: NullNever, Bind: collectSetArgs, Usage: "collect_set(x)",
			Doc: "An array of the different values that are not null, in no promised order; empty where there is none."},
		{Name: "stddev", Aliases: []string{"stddev_samp", "std"}, Bind: fixed(d, d), Usage: "stddev(x)",
			Doc: "The standard deviation of a sample; null for fewer than two values."},
		{Name: "stddev_pop", Bind: fixed(d, d), Usage: "stddev_pop(x)", Doc: "The standard deviation of the whole population."},
		{Name: "variance", Aliases: []string{"var_samp"}, Bind: fixed(d, d), Usage: "variance(x)",
			Doc: "The variance of a sample; null for fewer than two values."},
		{Name: "var_pop", Bind: fixed(d, d), Usage: "var_pop(x)", Doc: "The variance of the whole population."},
		{Name: "bool_and", Aliases: []string{"every"}, Bind: fixed(types.Boolean, types.Boolean), Usage: "bool_and(condition)",
			Doc: "True where the condition is true in all rows in which it is not null."},
		{Name: "bool_or", Aliases: []string{"some", "any"}, Bind: fixed(types.Boolean, types.Boolean), Usage: "bool_or(condition)",
			Doc: "True where the condition is true in some row."},
		{Name: "approx_count_distinct", Nulls: NullNever, Bind: distinctArgs, Usage: "approx_count_distinct(x[, error])",
			Doc: "About the number of different values that are not null, by HyperLogLog++; error, a constant, is the relative standard deviation (0.05). Where rows can be taken back it is exact."},
	}
	all = append(append(all, statisticFunctions()...), rankFunctions()...)
	for _, fn := range all {
		fn.Kind, fn.Family = Aggregate, "aggregate"
		if fn.Nulls != NullNever {
			fn.Nulls = NullMaybe
		}
	}
	return all
}

// countArgs takes any number of arguments of any types; count() is count(*).
func countArgs(args []Expr) ([]types.Type, types.Type, error) {
	return typesOf(args), types.Long, nil
}

func sumType(t types.Type, _ []Expr) (types.Type, types.Type, error) {
	switch d, ok := t.(types.Decimal); {
	case ok:
		return d, types.Decimal{Precision: min(d.Precision+10, types.MaxPrecision), Scale: d.Scale}, nil
	case IsIntegral(t):
		return types.Long, types.Long, nil
	}
	return types.Double, types.Double, nil
}

func avgType(t types.Type, _ []Expr) (types.Type, types.Type, error) {
	if d, ok := t.(types.Decimal); ok {
		return d, BoundDecimal(d.Precision+4, d.Scale+4), nil
	}
	return types.Double, types.Double, nil
}

// byArgs are a value of any type and one that has an order.
func byArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	if _, _, err := extreme(1, 1)(args[1:]); err != nil {
		return nil, nil, err
	}
	return typesOf(args), args[0].Type(), nil
}

// firstArgs are a value of any type, and perhaps a constant condition.
func firstArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 2); err != nil {
		return nil, nil, err
	}
	want := []types.Type{args[0].Type(), types.Boolean}[:len(args)]
	if len(args) == 2 {
		if l, ok := constant(args[1]); !ok || l.Value == nil {
			return nil, nil, mismatch("ignoreNulls must be true or false, but is %s", args[1])
		}
	}
	return want, args[0].Type(), accepts(args, want)
}

func collectArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	return typesOf(args), types.Array{Elem: args[0].Type()}, nil
}

func collectSetArgs(args []Expr) ([]types.Type, types.Type, error) {
	want, t, err := collectArgs(args)
	if err == nil && hasMap(want[0]) {
		return nil, nil, mismatch("%s is %s, and maps cannot be compared", args[0], article(want[0].Name()))
	}
	return want, t, err
}

// distinctArgs are a value that can be compared and perhaps a constant error.
func distinctArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 2); err != nil {
		return nil, nil, err
	}
	if _, _, err := collectSetArgs(args[:1]); err != nil {
		return nil, nil, err
	}
	if len(args) == 2 {
		if l, ok := constant(args[1]); !ok || l.Value == nil {
			return nil, nil, mismatch("the error must be a constant, but is %s", args[1])
		}
		if f, ok := constantFloat(args[1]); ok && !(f > 0 && f < 1) {
			return nil, nil, mismatch("the error must be between 0 and 1, but is %s", args[1])
		}
	}
	want := []types.Type{args[0].Type(), types.Double}[:len(args)]
	return want, types.Long, accepts(args, want)
}
