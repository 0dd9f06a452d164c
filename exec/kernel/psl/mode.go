package psl

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/types"
)

// Mode says which rules apply, and what a name without a registered domain gives.
type Mode uint8

const (
	// Extract is the default, and does what Python's tldextract does, as the
	// function compute_domain of zat's notebook uses it: ICANN's rules alone; of a
	// URL its host counts; a name below no known suffix gives ""; the answer keeps
	// the letter case of the name. A name that ends in ".local" gives "local", an
	// empty one null.
	Extract Mode = iota
	// ICANN does what the JavaScript library tldts does: ICANN's rules; where none
	// fits, the last label counts as a suffix (nas.lan is a domain); the answer is
	// in lower case. IP addresses, suffixes and single labels give null.
	ICANN
	// Private is ICANN with the list's private rules as well (user.github.io is a
	// domain).
	Private
)

var modeNames = []string{"extract", "icann", "private"}

// String returns the mode's name.
func (m Mode) String() string { return modeNames[m] }

// ParseMode returns the mode of the given name: extract, icann or private.
func ParseMode(name string) (Mode, error) {
	for i, n := range modeNames {
		if n == name {
			return Mode(i), nil
		}
	}
	return 0, fmt.Errorf("no kind of registered domain is called %q%s; use extract, icann or private",
		name, types.DidYouMean(name, modeNames))
}

// shift moves the rights of a node that count in this mode to the lowest bits.
func (m Mode) shift() uint8 {
	if m == Private {
		return anyShift
	}
	return 0
}
