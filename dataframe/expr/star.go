package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// Star stands for all columns (*), for those of one table (t.*) or for all
// fields of a struct column (data.*). Binding a select list replaces it.
type Star struct {
	Target []string
	Pos    int
}

// String returns the star with its target.
func (s *Star) String() string {
	return strings.Join(append(append([]string(nil), s.Target...), "*"), ".")
}

// Children returns none.
func (s *Star) Children() []Expr { return nil }

// WithChildren returns the star itself.
func (s *Star) WithChildren([]Expr) Expr { return s }

// Type is nil: a star has no value of its own.
func (s *Star) Type() types.Type { return nil }

// Nullable is true: nothing is known.
func (s *Star) Nullable() bool { return true }
