package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// Cast changes the type of a value. A value that does not fit is an error
// (Spark's ANSI mode), or null with Try or where ANSI mode is off.
type Cast struct {
	Child Expr
	To    types.Type
	Try   bool
	Pos   int
	// Implicit marks a cast that binding added; Title leaves it out.
	Implicit bool
	// Constant marks a constant of a type that only a run can read, as in
	// TIMESTAMP '2024-01-31 12:00:00'; Title shows it so.
	Constant bool
}

// String returns CAST(child AS TYPE).
func (c *Cast) String() string {
	word := "CAST("
	if c.Try {
		word = "TRY_CAST("
	}
	return word + c.Child.String() + " AS " + strings.ToUpper(c.To.Name()) + ")"
}

// Children returns the value.
func (c *Cast) Children() []Expr { return []Expr{c.Child} }

// WithChildren casts another value.
func (c *Cast) WithChildren(ch []Expr) Expr {
	n := *c
	n.Child = ch[0]
	return &n
}

// Type is the target type, or nil before the child is bound.
func (c *Cast) Type() types.Type {
	if c.Child.Type() == nil {
		return nil
	}
	return c.To
}

// Nullable is false only where the child is never null and the cast cannot
// fail: ANSI mode may be off when the expression runs.
func (c *Cast) Nullable() bool {
	from := c.Child.Type()
	safe := Widens(from, c.To) || IsNumeric(from) && c.To == types.Boolean || from == types.Boolean && numericRank(c.To) > 0 && !isDecimal(c.To)
	return c.Child.Nullable() || !safe
}
