package fn

// BitAnd is the bits that are set in all values.
func BitAnd(x Column) Column { return call("bit_and", x) }

// BitOr is the bits that are set in some value.
func BitOr(x Column) Column { return call("bit_or", x) }

// BitXor is the bits that are set in an odd number of values.
func BitXor(x Column) Column { return call("bit_xor", x) }

// Median is the value in the middle, or half way between the two in the middle.
func Median(x Column) Column { return call("median", x) }

// Percentile is the value at a share, from 0 to 1, of the way from the least to
// the greatest value, interpolated.
func Percentile(x Column, share float64) Column { return call("percentile", x, share) }

// Percentiles is an array of the percentiles at several shares.
func Percentiles(x Column, shares ...float64) Column {
	return call("percentile", x, call("array", floats(shares)...))
}

// PercentileApprox is the least value that at least the given share of values,
// from 0 to 1, does not exceed. It is exact.
func PercentileApprox(x Column, share float64) Column { return call("percentile_approx", x, share) }

func floats(list []float64) []any {
	out := make([]any, len(list))
	for i, f := range list {
		out[i] = f
	}
	return out
}

// Mode is the most frequent value; the least of several that are equally
// frequent.
func Mode(x Column) Column { return call("mode", x) }

// TopK is an array of the k greatest values, the greatest first.
func TopK(x Column, k int) Column { return call("topk", x, k) }

// TopKDistinct is an array of the k greatest different values, the greatest
// first.
func TopKDistinct(x Column, k int) Column { return call("topkdistinct", x, k) }

// Histogram is a map from each value, as a string, to how often it is there.
func Histogram(x Column) Column { return call("histogram", x) }
