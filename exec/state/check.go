package state

import "fmt"

// CheckKey is the error of a key that an operator may not change: one that has no
// key group or one of another task's. Stores check with it.
func CheckKey(operator string, groups Range, key []byte) error {
	if len(key) < 2 {
		return fmt.Errorf("internal: %s: a key of %d bytes has no key group", operator, len(key))
	}
	if g := GroupOf(key); g < groups.From || g >= groups.To {
		return fmt.Errorf("internal: %s: a key of group %d in the task of groups %d to %d", operator, g, groups.From, groups.To)
	}
	return nil
}
