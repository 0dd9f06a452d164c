package kernel

import (
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/kernel/psl"
)

// registeredDomain prepares for a variant, which is constant.
func registeredDomain(call *expr.Call) (Func, error) {
	mode := psl.Extract
	if len(call.Args) == 2 {
		name, _ := expr.ConstantText(call.Args[1])
		if name != "tldextract" { // psl.Extract is what tldextract does
			m, err := psl.ParseMode(name)
			if err != nil {
				return nil, err
			}
			mode = m
		}
	}
	rules := psl.Default()
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		if args[0].Const {
			return Value{rules.Column(args[0].Array.(*array.String), nil, mode), true}, nil
		}
		return Value{Array: rules.Column(args[0].Array.(*array.String), rows.Sel, mode)}, nil
	}, nil
}
