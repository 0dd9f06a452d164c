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
		"count": newCount,
	}
}

// ignoresDuplicates are the functions whose result is the same with DISTINCT.
var ignoresDuplicates = map[string]bool{
	"min": true, "max": true, "collect_set": true, "approx_count_distinct": true,
	"bool_and": true, "bool_or": true, "every": true, "any": true, "some": true,
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func newDistinct(a aggregate, _ Accumulator) (Accumulator, error) {
	return nil, a.errorf("DISTINCT is not possible here")
}
