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
	for _, family := range []map[string]Maker{} {
		maps.Copy(all, family)
	}
	return all
})

// Make prepares a bound call of a scalar function.
func Make(call *expr.Call) (Func, error) {
	if maker, ok := makers()[call.Name]; ok {
		return maker(call)
	}
	return nil, fmt.Errorf("the function %s has no kernel", call.Name)
}
