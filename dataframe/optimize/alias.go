package optimize

import "github.com/riffledata/riffle/dataframe/plan"

// dropAlias removes the names of tables: names are resolved.
func dropAlias(n plan.Node, _ Options) plan.Node {
	if a, ok := n.(*plan.Alias); ok {
		return a.Input
	}
	return n
}
