package exec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// redirect gives the sources of a plan the options that replace theirs.
func (r Replay) redirect(n plan.Node) (plan.Node, error) {
	used, given := map[string]bool{}, map[string]bool{}
	n, err := plan.Transform(n, func(n plan.Node) (plan.Node, error) {
		s, ok := n.(*plan.Scan)
		if !ok {
			return n, nil
		}
		next := *s
		next.Options = maps.Clone(s.Options)
		for key := range s.Options {
			given[key] = true
			for name, value := range r.Options {
				if strings.EqualFold(name, key) {
					next.Options[key], used[name] = value, true
				}
			}
		}
		return &next, nil
	})
	for _, name := range slices.Sorted(maps.Keys(r.Options)) {
		if err == nil && !used[name] {
			keys := slices.Sorted(maps.Keys(given))
			err = fmt.Errorf("no source of the query was given the option %s%s; those given are %s", name, types.DidYouMean(name, keys), strings.Join(keys, ", "))
		}
	}
	return n, err
}
