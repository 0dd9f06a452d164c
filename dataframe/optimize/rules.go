package optimize

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// Options are what the rules need of an engine.
type Options struct {
	// Fold computes an expression that has no columns. An error means that it
	// stays as it is, and fails when it runs, if it ever does. Nil: no
	// expression is computed.
	Fold func(expr.Expr) (*expr.Literal, error)
}

// rule is a step of the optimizer: a plan to a plan of the same schema, or to
// itself where there is nothing to do.
type rule struct {
	name  string
	apply func(plan.Node, Options) (plan.Node, error)
}

// rules are applied in this order, again and again until none changes the plan.
var rules = []rule{
	{"drop table names", everywhere(dropAlias)},
	{"fold constants", everywhere(fold)},
	{"simplify booleans", everywhere(simplifyBooleans)},
	{"combine filters", everywhere(combineFilters)},
	{"push filters down", everywhere(pushFilter)},
	{"push join conditions down", everywhere(pushJoin)},
	{"push limits down", everywhere(limits)},
	{"drop sorts", everywhere(dropSort)},
	{"prune columns", pruneColumns},
	{"prune from_json", pruneJSON},
	{"collapse projections", everywhere(collapseProjects)},
	{"drop projections that do nothing", everywhere(dropNoop)},
}

// maxRounds bounds how often the rules are applied. Plans come to rest after a
// few rounds; one that does not is correct, if not the best.
const maxRounds = 50

// Optimize returns a plan that gives the same rows as n, of the same schema.
func Optimize(n plan.Node, opt Options) (plan.Node, error) {
	for range maxRounds {
		before := n
		for _, r := range rules {
			next, err := r.apply(n, opt)
			if err != nil {
				return nil, fmt.Errorf("optimize: %s: %w", r.name, err)
			}
			n = next
		}
		if n == before {
			break
		}
	}
	return n, nil
}
