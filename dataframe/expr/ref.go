package expr

import "github.com/riffledata/riffle/dataframe/types"

// Ref is a column of the input, by position: a resolved Name.
type Ref struct {
	Index int
	Name  string
	T     types.Type
	Null  bool
}

// RefTo returns a reference to column i of a schema.
func RefTo(s *types.Schema, i int) *Ref {
	f := s.Field(i)
	return &Ref{Index: i, Name: f.Name, T: f.Type, Null: f.Nullable}
}

// String returns the column's name.
func (r *Ref) String() string { return r.Name }

// Children returns none.
func (r *Ref) Children() []Expr { return nil }

// WithChildren returns the reference itself.
func (r *Ref) WithChildren([]Expr) Expr { return r }

// Type is the column's type.
func (r *Ref) Type() types.Type { return r.T }

// Nullable is the column's.
func (r *Ref) Nullable() bool { return r.Null }
