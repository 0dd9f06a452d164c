package expr

import "github.com/riffledata/riffle/dataframe/types"

// aggregateFunctions are the functions over the rows of a group.
func aggregateFunctions() []*Function {
	return []*Function{
		{Name: "count", Kind: Aggregate, Family: "aggregate", Nulls: NullNever, Bind: countArgs, Usage: "count(*) or count([DISTINCT] a, ...)",
			Doc: "The number of rows, or of those in which no argument is null."},
	}
}

// countArgs takes any number of arguments of any types; count() is count(*).
func countArgs(args []Expr) ([]types.Type, types.Type, error) {
	want := make([]types.Type, len(args))
	for i, a := range args {
		want[i] = a.Type()
	}
	return want, types.Long, nil
}
