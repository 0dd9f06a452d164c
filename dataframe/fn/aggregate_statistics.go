package fn

// Skewness is the skewness of the whole population; null where all values are
// equal.
func Skewness(x Column) Column { return call("skewness", x) }

// Kurtosis is the excess kurtosis of the whole population; null where all values
// are equal.
func Kurtosis(x Column) Column { return call("kurtosis", x) }

// Corr is the correlation of y and x; null where either has one value only. Like
// all functions of pairs it leaves out rows in which either is null.
func Corr(y, x Column) Column { return call("corr", y, x) }

// CovarPop is the covariance of the whole population.
func CovarPop(y, x Column) Column { return call("covar_pop", y, x) }

// CovarSamp is the covariance of a sample; null for fewer than two rows.
func CovarSamp(y, x Column) Column { return call("covar_samp", y, x) }

// RegrCount is the number of rows of the regression.
func RegrCount(y, x Column) Column { return call("regr_count", y, x) }

// RegrAvgX is the mean of x.
func RegrAvgX(y, x Column) Column { return call("regr_avgx", y, x) }

// RegrAvgY is the mean of y.
func RegrAvgY(y, x Column) Column { return call("regr_avgy", y, x) }

// RegrSXX is the sum of the squared differences of x from its mean.
func RegrSXX(y, x Column) Column { return call("regr_sxx", y, x) }

// RegrSYY is the sum of the squared differences of y from its mean.
func RegrSYY(y, x Column) Column { return call("regr_syy", y, x) }

// RegrSXY is the sum of the products of the differences of x and y from their
// means.
func RegrSXY(y, x Column) Column { return call("regr_sxy", y, x) }

// RegrSlope is the slope of the line of least squares through the points (x, y);
// null where x has one value only.
func RegrSlope(y, x Column) Column { return call("regr_slope", y, x) }

// RegrIntercept is where that line crosses x = 0; null where x has one value
// only.
func RegrIntercept(y, x Column) Column { return call("regr_intercept", y, x) }

// RegrR2 is the coefficient of determination; null where x has one value only.
func RegrR2(y, x Column) Column { return call("regr_r2", y, x) }
