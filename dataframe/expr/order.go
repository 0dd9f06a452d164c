package expr

import "github.com/riffledata/riffle/dataframe/types"

// Order is a sort key: an expression, its direction and where nulls go. It
// stands only at the top of a sort's keys.
type Order struct {
	Child      Expr
	Desc       bool
	NullsFirst bool
}

// OrderBy returns e as a sort key: itself if it is one, else ascending with
// nulls first, Spark's default.
func OrderBy(e Expr) *Order {
	if o, ok := e.(*Order); ok {
		return o
	}
	return &Order{Child: e, NullsFirst: true}
}

// String returns "child ASC NULLS FIRST" and its like.
func (o *Order) String() string {
	s := o.Child.String() + " ASC"
	if o.Desc {
		s = o.Child.String() + " DESC"
	}
	if o.NullsFirst {
		return s + " NULLS FIRST"
	}
	return s + " NULLS LAST"
}

// Children returns the expression.
func (o *Order) Children() []Expr { return []Expr{o.Child} }

// WithChildren sorts by another expression.
func (o *Order) WithChildren(c []Expr) Expr { return &Order{c[0], o.Desc, o.NullsFirst} }

// Type is the expression's.
func (o *Order) Type() types.Type { return o.Child.Type() }

// Nullable is the expression's.
func (o *Order) Nullable() bool { return o.Child.Nullable() }
