package inspect

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// operator is what a record says of an operator with state: exec/state.Spec, of
// which this package knows no more than the names.
type operator struct {
	Operator string
	Spaces   []struct{ Name, Key, Value string }
}

// showOperators prints what the stateful operators of a query keep: a line for each
// operator, with its states and the columns of those that have some.
func showOperators(w io.Writer, operators []json.RawMessage) {
	for _, op := range operators {
		var spec operator
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
