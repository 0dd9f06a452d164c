package state

import (
	"errors"
	"fmt"
	"slices"
)

// ErrStop ends a Scan early, without an error.
var ErrStop = errors.New("stop")

// Spec describes the state of one operator: what a checkpoint records of it, and
// what a restart compares.
type Spec struct {
	// Operator is the operator's id within the query: its kind and its number among
	// those of that kind, "aggregate-0". It does not change when a filter or a
	// projection is added.
	Operator string `json:"operator"`
	// Spaces describe what the operator keeps, for those who read a state.
	Spaces []Space `json:"spaces"`
	// Version is that of the operator's own encoding, in case it ever changes.
	Version int `json:"version"`
}

// Space is one kind of pair in an operator's state.
type Space struct {
	// ID is the byte of the key behind its group.
	ID byte `json:"id"`
	// Name is what users call it: "groups", "left", "timers".
	Name string `json:"name"`
	// Key and Value are DDL schemas (types.Schema.DDL) of what the key's bytes behind the prefix and the
	// value's bytes hold (KeyCodec, RowCodec); empty where they are not of that form.
	Key   string `json:"key"`
	Value string `json:"value"`
	// Optional is set where an operator keeps the space under some settings and not
	// under others, and can begin without it or drop it: Diff does not see it.
	Optional bool `json:"optional,omitempty"`
}

// Diff tells why state that was kept under one spec cannot be used under
// another; nil where it can.
func (s Spec) Diff(now Spec) error {
	if s.Version != now.Version {
		return fmt.Errorf("%s: its state has version %d, and this program keeps version %d", s.Operator, s.Version, now.Version)
	}
	s.Spaces, now.Spaces = s.required(), now.required()
	if slices.Equal(s.Spaces, now.Spaces) {
		return nil
	}
	for i, sp := range s.Spaces {
		if i >= len(now.Spaces) || sp != now.Spaces[i] {
			got := Space{}
			if i < len(now.Spaces) {
				got = now.Spaces[i]
			}
			return fmt.Errorf("%s: its state holds %s (%s) -> (%s), and the query now keeps %s (%s) -> (%s)",
				s.Operator, sp.Name, sp.Key, sp.Value, got.Name, got.Key, got.Value)
		}
	}
	return fmt.Errorf("%s: the query keeps more than its state holds", s.Operator)
}

// required are the spaces that are not optional.
func (s Spec) required() []Space {
	return slices.DeleteFunc(slices.Clone(s.Spaces), func(sp Space) bool { return sp.Optional })
}
