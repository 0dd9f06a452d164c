package inspect

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/riffledata/riffle/exec/state"
)

// showOperators prints what the stateful operators of a query keep: a line for each
// operator, with its states and the columns of those that have some.
func showOperators(w io.Writer, operators []json.RawMessage) {
	for _, op := range operators {
		var spec state.Spec
		if json.Unmarshal(op, &spec) != nil || spec.Operator == "" {
			fmt.Fprintf(w, "state\t%s\n", compact(op))
			continue
		}
		var kept []string
		for _, s := range spec.Spaces {
			if s.Key == "" {
				kept = append(kept, s.Name)
				continue
			}
			kept = append(kept, fmt.Sprintf("%s (%s) -> (%s)", s.Name, s.Key, s.Value))
		}
		fmt.Fprintf(w, "state\t%s\n", strings.TrimSuffix(spec.Operator+": "+strings.Join(kept, ", "), ": "))
	}
}
