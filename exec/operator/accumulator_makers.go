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
	}
}

// ignoresDuplicates are the functions whose result is the same with DISTINCT.
var ignoresDuplicates = map[string]bool{
	"min": true, "max": true, "collect_set": true, "approx_count_distinct": true,
	"bool_and": true, "bool_or": true, "every": true, "any": true, "some": true,
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
