package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
)

// checkEndless refuses, in modes append and update, what only a complete result
// has: an order, and a first row among rows that may be taken back.
func checkEndless(n Node, mode OutputMode) error {
	if bad := sorted(n); bad != nil {
		return &expr.Error{Msg: fmt.Sprintf("%s is not possible in output mode %s: a stream has no last row", bad, mode),
			Fix: "sort and limit when you query the result, or aggregate and use output mode complete", Err: expr.ErrAggregate}
	}
	return checkLimits(n, mode)
}

// checkLimits refuses limits of rows that may be taken back, and in mode update all
// limits, as Spark does.
func checkLimits(n Node, mode OutputMode) error {
	if !Streaming(n) {
		return nil
	}
	if l, is := n.(*Limit); is && mode == Update {
		return &expr.Error{Msg: fmt.Sprintf("%s is not possible in output mode update: rows that it has counted may be replaced", l),
			Fix: "use output mode append if no row is ever replaced, or limit when you query the result", Err: expr.ErrAggregate}
	} else if is {
		if c := changer(l.Input, mode); c != nil {
			return &expr.Error{Msg: fmt.Sprintf("%s is not possible there in output mode %s: rows that it has counted may be taken back by %s", l, mode, c),
				Fix: "put the limit below that, or limit when you query the result", Err: expr.ErrAggregate}
		}
	}
	for _, c := range n.Children() {
		if err := checkLimits(c, mode); err != nil {
			return err
		}
	}
	return nil
}

// sorted returns a Sort of a stream, or nil.
func sorted(n Node) Node {
	var found Node
	Walk(n, func(n Node) bool {
		if s, ok := n.(*Sort); ok && found == nil && Streaming(n) {
			found = s
		}
		return found == nil
	})
	return found
}
