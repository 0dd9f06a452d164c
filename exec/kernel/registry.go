package kernel

import (
	"fmt"
	"maps"
	"sync"

	"github.com/riffledata/riffle/dataframe/expr"
)

// makers are the kernels by the name of their function in the catalogue; each
// family is a function in its own file.
var makers = sync.OnceValue(func() map[string]Maker {
	all := map[string]Maker{}
	for _, family := range []func() map[string]Maker{
		nullKernels, comparisonKernels, logicKernels, patternKernels, arithmeticKernels, bitwiseKernels,
		rangeKernels, nestedKernels,
		caseKernels, trimKernels, sliceKernels, concatKernels, measureKernels, regexpKernels, codeKernels, formatKernels, urlKernels,
		dateKernels, timeKernels, windowKernels, dateTextKernels, digestKernels,
		jsonKernels, hashKernels, miscKernels,
		mathKernels, roundKernels, chooseKernels, bitKernels, randomKernels,
	} {
		maps.Copy(all, family())
	}
	return all
})

// lazyMaker prepares a call that computes some arguments for some rows only.
type lazyMaker func(call *expr.Call, args []node) (node, error)

// lazyMakers are the calls that do not need all their arguments on all rows.
var lazyMakers = sync.OnceValue(func() map[string]lazyMaker {
	all := map[string]lazyMaker{}
	for _, family := range []func() map[string]lazyMaker{
		logicLazy, conditionalLazy,
	} {
		maps.Copy(all, family())
	}
	return all
})

// Make prepares a bound call of a scalar function.
func Make(call *expr.Call) (Func, error) {
	if fn := call.Function(); fn != nil && fn.UDF != nil {
		return userDefined(fn.UDF), nil
	}
	if maker, ok := makers()[call.Name]; ok {
		return maker(call)
	}
	return nil, fmt.Errorf("the function %s has no kernel", call.Name)
}
