package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Changes says what of a query may differ from its last run beside what always may:
// parallelism, filters, projections, limits, triggers, and rates.
type Changes struct {
	// AddOperators is set where the user has declared that operators with state were
	// added; they begin empty.
	AddOperators bool
	// Diff tells why the state of one spec cannot be used under another, nil where it
	// can. Without it, specs must be equal.
	Diff func(old, now json.RawMessage) error
}

const newCheckpoint = "or start the query with a new checkpoint"

// Compatible refuses a query that cannot go on from what an earlier run has left,
// and says what changed and the way out. old is the record of the query with the
// operators of its last run, now is what it is to be. Settings are compared where both
// name them.
func Compatible(old, now Meta, may Changes) error {
	switch {
	case old.Format != now.Format:
		return fmt.Errorf("its records have format %d, and this program writes format %d; use the riffle that wrote it, %s", old.Format, now.Format, newCheckpoint)
	case old.Hash != now.Hash || old.KeyGroups != now.KeyGroups:
		return fmt.Errorf("its state is hashed by %s into %d key groups, and this program hashes by %s into %d; use the riffle that wrote it, %s",
			old.Hash, old.KeyGroups, now.Hash, now.KeyGroups, newCheckpoint)
	case old.Mode != now.Mode:
		return fmt.Errorf("the output mode was %s and is now %s; set it back, %s", old.Mode, now.Mode, newCheckpoint)
	case old.Sink != now.Sink:
		return fmt.Errorf("the sink was %s and is now %s; set it back, %s", old.Sink, now.Sink, newCheckpoint)
	}
	if err := sameSources(old.Sources, now.Sources); err != nil {
		return err
	}
	if err := sameConf(old.Conf, now.Conf); err != nil {
		return err
	}
	return sameOperators(old.Operators, now.Operators, may)
}

func sameSources(old, now []string) error {
	for i := range min(len(old), len(now)) {
		if old[i] != now[i] {
			return fmt.Errorf("source %d was %s and is now %s; set it back, %s", i+1, old[i], now[i], newCheckpoint)
		}
	}
	if len(old) != len(now) {
		return fmt.Errorf("the query had %s and now has %s (%s); set them back, %s",
			count(len(old), "source"), count(len(now), "source"), strings.Join(now, ", "), newCheckpoint)
	}
	return nil
}

func sameConf(old, now map[string]string) error {
	var keys []string
	for key := range old {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if value, ok := now[key]; ok && value != old[key] {
			return fmt.Errorf("the setting %s was %q and is now %q, and its results depend on it; set it back, %s", key, old[key], value, newCheckpoint)
		}
	}
	return nil
}

// sameOperators compares the operators by their ids.
func sameOperators(old, now []json.RawMessage, may Changes) error {
	was, err := byID(old)
	if err != nil {
		return err
	}
	is, err := byID(now)
	if err != nil {
		return err
	}
	for _, o := range was {
		i := slices.IndexFunc(is, func(n operator) bool { return n.id == o.id })
		if i < 0 {
			return fmt.Errorf("the operator %s, which has state there, is gone (the query now has %s); put it back, %s", o.id, names(is), newCheckpoint)
		}
		if err := sameState(o, is[i], may); err != nil {
			return fmt.Errorf("%w; change it back, %s", err, newCheckpoint)
		}
	}
	for _, n := range is {
		if !may.AddOperators && !slices.ContainsFunc(was, func(o operator) bool { return o.id == n.id }) {
			return fmt.Errorf("the operator %s is new, and has no state there (there is %s); take it out, declare that operators were added, so that it begins empty, %s",
				n.id, names(was), newCheckpoint)
		}
	}
	return nil
}

func sameState(old, now operator, may Changes) error {
	if bytes.Equal(old.spec, now.spec) {
		return nil
	}
	if may.Diff != nil {
		return may.Diff(old.spec, now.spec)
	}
	return fmt.Errorf("the operator %s kept %s, and now keeps %s", old.id, old.spec, now.spec)
}

// operator is the spec of an operator's state, as compact JSON.
type operator struct {
	id   string
	spec json.RawMessage
}

func byID(specs []json.RawMessage) ([]operator, error) {
	var out []operator
	for _, spec := range specs {
		var o struct {
			Operator string `json:"operator"`
		}
		var compact bytes.Buffer
		err := json.Unmarshal(spec, &o)
		if err == nil {
			err = json.Compact(&compact, spec)
		}
		if err != nil {
			return nil, fmt.Errorf("%s is no description of an operator's state: %w", spec, err)
		}
		if o.Operator == "" {
			return nil, fmt.Errorf("%s describes the state of an operator without an id", spec)
		}
		out = append(out, operator{o.Operator, compact.Bytes()})
	}
	return out, nil
}

func names(ops []operator) string {
	if len(ops) == 0 {
		return "none"
	}
	var ids []string
	for _, o := range ops {
		ids = append(ids, o.id)
	}
	return strings.Join(ids, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
