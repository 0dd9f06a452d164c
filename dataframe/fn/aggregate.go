package fn

// Count is the number of rows in which no value is null; see CountStar for all.
func Count(values ...Column) Column { return call("count", columns(values)...) }

// CountIf is the number of rows in which the condition is true.
func CountIf(condition Column) Column { return call("count_if", condition) }

// Sum is the sum: a bigint of integers, in which overflow is an error (it wraps
// around where ANSI mode is off), decimal(p+10,s) of decimal(p,s), a double of
// floats.
func Sum(x Column) Column { return call("sum", x) }

// Avg is the mean: a double, or decimal(p+4,s+4) of decimal(p,s).
func Avg(x Column) Column { return call("avg", x) }

// Min is the least value.
func Min(x Column) Column { return call("min", x) }

// Max is the greatest value.
func Max(x Column) Column { return call("max", x) }

// MinBy is the x of the row with the least y.
func MinBy(x, y Column) Column { return call("min_by", x, y) }

// MaxBy is the x of the row with the greatest y.
func MaxBy(x, y Column) Column { return call("max_by", x, y) }

// First is the x of the first row. Which row is first is not defined unless the
// input is in order.
func First(x Column) Column { return call("first", x) }

// Last is the x of the last row. Which row is last is not defined unless the
// input is in order.
func Last(x Column) Column { return call("last", x) }

// AnyValue is the x of some row.
func AnyValue(x Column) Column { return call("any_value", x) }

// CollectList is an array of the values that are not null, in no promised
// order; empty where there is none.
func CollectList(x Column) Column { return call("collect_list", x) }

// CollectSet is an array of the different values that are not null, in no
// promised order; empty where there is none.
func CollectSet(x Column) Column { return call("collect_set", x) }

// StdDev is the standard deviation of a sample; null for fewer than two values.
func StdDev(x Column) Column { return call("stddev", x) }

// StdDevPop is the standard deviation of the whole population.
func StdDevPop(x Column) Column { return call("stddev_pop", x) }

// Variance is the variance of a sample; null for fewer than two values.
func Variance(x Column) Column { return call("variance", x) }

// VarPop is the variance of the whole population.
func VarPop(x Column) Column { return call("var_pop", x) }

// BoolAnd is true where the condition is true in all rows in which it is not
// null.
func BoolAnd(condition Column) Column { return call("bool_and", condition) }

// BoolOr is true where the condition is true in some row.
func BoolOr(condition Column) Column { return call("bool_or", condition) }

// ApproxCountDistinct is about the number of different values that are not
// null, by HyperLogLog++ with a relative standard deviation of 0.05.
func ApproxCountDistinct(x Column) Column { return call("approx_count_distinct", x) }
