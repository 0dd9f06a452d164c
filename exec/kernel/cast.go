package kernel

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// cast compiles a change of type.
func (c *compiler) cast(e *expr.Cast) (node, error) {
	child, err := c.compile(e.Child)
	if err != nil {
		return nil, err
	}
	if types.SameShape(e.Child.Type(), e.To) {
		return child, nil
	}
	fn, err := castFunc(e.Child.Type(), e.To, e.Try)
	if err != nil {
		return nil, err
	}
	return &apply{fn: fn, args: []node{child}, values: make([]Value, 1), null: nullValue(e.To), strict: true}, nil
}

func castFunc(from, to types.Type, try bool) (Func, error) {
	return nil, fmt.Errorf("a cast from %s to %s is not known", from.Name(), to.Name())
}
