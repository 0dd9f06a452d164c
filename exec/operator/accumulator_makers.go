package operator

import (
	"maps"
	"slices"
)

// accumulatorMaker makes the accumulator of a call.
type accumulatorMaker = func(a aggregate) (Accumulator, error)

// accumulatorMakers are the constructors by the function's name in the
// catalogue of dataframe/expr, and under the other names that it has there.
func accumulatorMakers() map[string]accumulatorMaker {
	return map[string]accumulatorMaker{
		"count": newCount, "count_if": newCountIf, "sum": newSum, "avg": newAvg, "mean": newAvg,
		"bool_and": newBoolAnd, "every": newBoolAnd, "bool_or": newBoolOr, "any": newBoolOr, "some": newBoolOr,
		"stddev": newMoments(stddevSamp), "stddev_samp": newMoments(stddevSamp), "std": newMoments(stddevSamp), "stddev_pop": newMoments(stddevPop),
		"variance": newMoments(varSamp), "var_samp": newMoments(varSamp), "var_pop": newMoments(varPop),
		"min": newBest(false), "max": newBest(true), "min_by": newBestBy(false), "max_by": newBestBy(true),
		"first": newFirst(false), "first_value": newFirst(false), "any_value": newFirst(false), "last": newFirst(true), "last_value": newFirst(true),
		"collect_list": newCollect(false), "array_agg": newCollect(false), "collect_set": newCollect(true),
		"approx_count_distinct": newApprox,
		"bit_and":               newBitAnd, "bit_or": newBitOr, "bit_xor": newBitXor,
		"skewness": newSums(1, 4, fourPowers, skewness), "kurtosis": newSums(1, 4, fourPowers, kurtosis),
		"corr": newSums(2, 5, products, corr), "covar_pop": newSums(2, 5, products, covarPop), "covar_samp": newSums(2, 5, products, covarSamp),
		"regr_count": newRegrCount, "regr_avgx": newSums(2, 5, products, regrAvgX), "regr_avgy": newSums(2, 5, products, regrAvgY),
		"regr_sxx": newSums(2, 5, products, regrSXX), "regr_syy": newSums(2, 5, products, regrSYY), "regr_sxy": newSums(2, 5, products, regrSXY),
		"regr_slope": newSums(2, 5, products, regrSlope), "regr_intercept": newSums(2, 5, products, regrIntercept), "regr_r2": newSums(2, 5, products, regrR2),
		"median": newMedian, "percentile": newPercentile, "percentile_approx": newApproxPercentile, "approx_percentile": newApproxPercentile,
		"mode": newMode, "topk": newTopK(false), "topkdistinct": newTopK(true), "histogram": newHistogram,
	}
}

// ignoresDuplicates are the functions whose result is the same with DISTINCT.
var ignoresDuplicates = map[string]bool{
	"min": true, "max": true, "collect_set": true, "approx_count_distinct": true,
	"bit_and": true, "bit_or": true, "topkdistinct": true,
	"bool_and": true, "bool_or": true, "every": true, "any": true, "some": true,
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
