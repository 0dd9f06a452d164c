package exec

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// deterministic tells whether a plan gives the same rows in the same order each
// time it runs over the same input and state. Functions that are not, such as a
// user's that was not declared so, make it give others.
func deterministic(n plan.Node) bool {
	same := true
	plan.Walk(n, func(n plan.Node) bool {
		for _, e := range n.Exprs() {
			same = same && replays(e)
		}
		if t, ok := n.(*plan.Table); ok && t != nil {
			same = false // the table of another query goes on
		}
		return same
	})
	return same
}

// replays tells whether an expression has the same value when a batch runs again.
// The batch's time is in its plan; what random functions give depends on how many
// tasks there are, which may be others after a restart.
func replays(e expr.Expr) bool {
	same := true
	expr.Walk(e, func(e expr.Expr) bool {
		c, ok := e.(*expr.Call)
		if ok && c.Volatile() && c.Function().Family != "date" {
			same = false
		}
		return same
	})
	return same
}
