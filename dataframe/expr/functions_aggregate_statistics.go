package expr

import "github.com/riffledata/riffle/dataframe/types"

// statisticFunctions are aggregate functions of one or two doubles. Rows with a
// null argument do not count.
func statisticFunctions() []*Function {
	d := types.Double
	one := func(name, doc string) *Function {
		return &Function{Name: name, Bind: fixed(d, d), Usage: name + "(x)", Doc: doc}
	}
	two := func(name, doc string) *Function {
		return &Function{Name: name, Bind: fixed(d, d, d), Usage: name + "(y, x)", Doc: doc + " Rows in which either is null do not count."}
	}
	all := []*Function{
		one("skewness", "The skewness of the whole population; null where all values are equal."),
		one("kurtosis", "The excess kurtosis of the whole population; null where all values are equal."),
		two("corr", "The correlation of y and x; null where either has one value only."),
		two("covar_pop", "The covariance of the whole population."),
		two("covar_samp", "The covariance of a sample; null for fewer than two rows."),
		two("regr_count", "The number of rows of the regression."),
		two("regr_avgx", "The mean of x."),
		two("regr_avgy", "The mean of y."),
		two("regr_sxx", "The sum of the squared differences of x from its mean."),
		two("regr_syy", "The sum of the squared differences of y from its mean."),
		two("regr_sxy", "The sum of the products of the differences of x and y from their means."),
		two("regr_slope", "The slope of the line of least squares through the points (x, y); null where x has one value only."),
		two("regr_intercept", "Where that line crosses x = 0; null where x has one value only."),
		two("regr_r2", "The coefficient of determination; null where x has one value only."),
	}
	for _, fn := range all {
		if fn.Name == "regr_count" {
			fn.Bind, fn.Nulls = fixed(types.Long, d, d), NullNever
		}
	}
	return all
}
