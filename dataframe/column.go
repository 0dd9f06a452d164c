package dataframe

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Column is an expression over the columns of a dataframe. It is immutable. A
// mistake in making it sticks and comes out of the dataframe that uses it.
//
// Where a method takes any, a Column stands for itself and any other value for
// a literal: a number, a string, a bool, []byte, time.Time, types.Day or nil.
type Column struct {
	e   expr.Expr
	err error
}

// NewColumn returns the column of an expression; package fn has the usual ways.
func NewColumn(e expr.Expr) Column { return Column{e: e} }

// BadColumn returns a column that could not be made, with the place of the
// caller.
func BadColumn(op string, err error) Column { return Column{err: at(op, err)} }

// Expr returns the expression, or the mistake that was made.
func (c Column) Expr() (expr.Expr, error) {
	if c.e == nil && c.err == nil {
		return nil, fmt.Errorf("an empty Column; make one with fn.Col")
	}
	return c.e, c.err
}

// String returns the expression as Spark shows it.
func (c Column) String() string {
	if c.err != nil {
		return "<" + c.err.Error() + ">"
	}
	return fmt.Sprint(c.e)
}

// Lit returns v as a column: itself if it is one, else a literal.
func Lit(v any) Column {
	if c, ok := v.(Column); ok {
		return c
	}
	l, err := expr.NewLiteral(v)
	if err != nil {
		return BadColumn("Lit", err)
	}
	return Column{e: l}
}

// Call returns the call of a function of the catalogue, or of a user-defined
// one. Whether it exists and takes the arguments shows when it is used.
func Call(name string, args ...any) Column {
	call := expr.NewCall(name)
	for _, a := range args {
		e, err := Lit(a).Expr()
		if err != nil {
			return Column{err: err}
		}
		call.Args = append(call.Args, e)
	}
	return Column{e: call}
}

func (c Column) call(name string, args ...any) Column {
	return Call(name, append([]any{c}, args...)...)
}

// Eq is c = v.
func (c Column) Eq(v any) Column { return c.call("=", v) }

// Ne is c != v.
func (c Column) Ne(v any) Column { return c.call("!=", v) }

// Lt is c < v.
func (c Column) Lt(v any) Column { return c.call("<", v) }

// Le is c <= v.
func (c Column) Le(v any) Column { return c.call("<=", v) }

// Gt is c > v.
func (c Column) Gt(v any) Column { return c.call(">", v) }

// Ge is c >= v.
func (c Column) Ge(v any) Column { return c.call(">=", v) }

// EqNullSafe is c <=> v: equality in which null equals null.
func (c Column) EqNullSafe(v any) Column { return c.call("<=>", v) }

// Plus is c + v.
func (c Column) Plus(v any) Column { return c.call("+", v) }

// Minus is c - v.
func (c Column) Minus(v any) Column { return c.call("-", v) }

// Times is c * v.
func (c Column) Times(v any) Column { return c.call("*", v) }

// Div is c / v, a double or a decimal.
func (c Column) Div(v any) Column { return c.call("/", v) }

// Mod is the remainder of c / v, with the sign of c.
func (c Column) Mod(v any) Column { return c.call("%", v) }

// Neg is -c.
func (c Column) Neg() Column { return c.call("negative") }

// And is c AND v.
func (c Column) And(v any) Column { return c.call("and", v) }

// Or is c OR v.
func (c Column) Or(v any) Column { return c.call("or", v) }

// Not is NOT c.
func (c Column) Not() Column { return c.call("not") }

// IsNull is c IS NULL.
func (c Column) IsNull() Column { return c.call("isnull") }

// IsNotNull is c IS NOT NULL.
func (c Column) IsNotNull() Column { return c.call("isnotnull") }

// IsNaN tells whether a float is not a number.
func (c Column) IsNaN() Column { return c.call("isnan") }

// Like matches SQL's pattern: % for any text, _ for one character, \ before
// either for itself.
func (c Column) Like(pattern string) Column { return c.call("like", pattern) }

// ILike is Like in any case.
func (c Column) ILike(pattern string) Column { return c.call("ilike", pattern) }

// RLike tells whether a regular expression matches somewhere in c.
func (c Column) RLike(pattern string) Column { return c.call("rlike", pattern) }

// Contains tells whether v occurs in c.
func (c Column) Contains(v any) Column { return c.call("contains", v) }

// StartsWith tells whether c begins with v.
func (c Column) StartsWith(v any) Column { return c.call("startswith", v) }

// EndsWith tells whether c ends with v.
func (c Column) EndsWith(v any) Column { return c.call("endswith", v) }

// Substr is n characters of c from position pos, counted from 1; a negative
// position counts from the end.
func (c Column) Substr(pos, n any) Column { return c.call("substr", pos, n) }

// IsIn tells whether c equals one of the values; of none, it is false.
func (c Column) IsIn(values ...any) Column {
	if c.err == nil && len(values) == 0 {
		return Lit(false)
	}
	return c.call("in", values...)
}

// Between is low <= c AND c <= high.
func (c Column) Between(low, high any) Column { return c.Ge(low).And(c.Le(high)) }

// When adds a case to a column that began with fn.When: value where cond is
// true and no case before was.
func (c Column) When(cond Column, value any) Column {
	call, ok := c.e.(*expr.Call)
	if c.err == nil && (!ok || call.Name != "when" || len(call.Args)%2 != 0) {
		return BadColumn("When", fmt.Errorf("%s is not the beginning of a case; begin with fn.When, and put Otherwise last", c))
	}
	return c.addCase(call, cond, value)
}

// Otherwise gives the value where no case of fn.When was true; without it the
// value is null.
func (c Column) Otherwise(value any) Column {
	call, ok := c.e.(*expr.Call)
	if c.err == nil && (!ok || call.Name != "when" || len(call.Args)%2 != 0) {
		return BadColumn("Otherwise", fmt.Errorf("%s is not a case that fn.When began and that lacks an Otherwise", c))
	}
	return c.addCase(call, value)
}

func (c Column) addCase(call *expr.Call, more ...any) Column {
	if c.err != nil {
		return c
	}
	args := make([]any, 0, len(call.Args)+len(more))
	for _, a := range call.Args {
		args = append(args, Column{e: a})
	}
	return Call("when", append(args, more...)...)
}

// Cast changes the type. to is a types.Type or its name ("bigint"). A value
// that does not fit is an error, or null where riffle.ansi is off.
func (c Column) Cast(to any) Column { return c.cast("Cast", to, false) }

// TryCast changes the type; a value that does not fit becomes null.
func (c Column) TryCast(to any) Column { return c.cast("TryCast", to, true) }

func (c Column) cast(op string, to any, try bool) Column {
	if c.err != nil {
		return c
	}
	switch t := to.(type) {
	case types.Type:
		return Column{e: &expr.Cast{Child: c.e, To: t, Try: try}}
	case string:
		parsed, err := types.ParseType(t)
		if err != nil {
			return BadColumn(op, err)
		}
		return Column{e: &expr.Cast{Child: c.e, To: parsed, Try: try}}
	}
	return BadColumn(op, fmt.Errorf("a type is a types.Type or its name, not %T", to))
}

// GetField is the field of a struct, or the value of a map whose keys are text.
func (c Column) GetField(name string) Column { return c.GetItem(name) }

// GetItem is an element of an array, counted from 0, a value of a map, or a
// field of a struct. A key that a map lacks gives null; an element beyond the
// end of an array is an error, or null where riffle.ansi is off (and in fn.Get).
func (c Column) GetItem(key any) Column {
	if c.err != nil {
		return c
	}
	k, err := Lit(key).Expr()
	if err != nil {
		return Column{err: err}
	}
	return Column{e: &expr.Extract{Child: c.e, Key: k}}
}

// Alias names the column.
func (c Column) Alias(name string) Column {
	if c.err != nil {
		return c
	}
	return Column{e: expr.As(c.e, name)}
}

// As is Alias.
func (c Column) As(name string) Column { return c.Alias(name) }

// Asc sorts upwards, nulls first.
func (c Column) Asc() Column { return c.order(false, true) }

// AscNullsLast sorts upwards, nulls last.
func (c Column) AscNullsLast() Column { return c.order(false, false) }

// Desc sorts downwards, nulls last.
func (c Column) Desc() Column { return c.order(true, false) }

// DescNullsFirst sorts downwards, nulls first.
func (c Column) DescNullsFirst() Column { return c.order(true, true) }

func (c Column) order(desc, nullsFirst bool) Column {
	if c.err != nil {
		return c
	}
	return Column{e: &expr.Order{Child: c.e, Desc: desc, NullsFirst: nullsFirst}}
}
