package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
)

// miscKernels belong to no family.
func miscKernels() map[string]Maker {
	return map[string]Maker{
		"typeof": func(call *expr.Call) (Func, error) {
			name := call.Args[0].Type().Name()
			return func(*Env, []Value, Rows) (Value, error) {
				text := newTexts(arrow.BinaryTypes.String, []int32{0, int32(len(name))}, []byte(name), noNulls(1))
				return Value{text, true}, nil
			}, nil
		},
		"registered_domain": registeredDomain,
		"to_pretty_string":  prettyText,
	}
}
