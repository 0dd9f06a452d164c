package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// Named gives a bound expression the name that Spark gives the column of one
// without an alias: of a name its last part as it was written, else Title. The
// alias is left out where OutputName gives that name anyway.
func Named(written, bound Expr) Expr {
	if _, aliased := bound.(*Alias); aliased {
		return bound
	}
	var name string
	switch w := written.(type) {
	case *Name:
		name = w.Parts[len(w.Parts)-1]
	default:
		name = columnTitle(bound)
	}
	if OutputName(bound) == name {
		return bound
	}
	return &Alias{bound, name}
}

// columnTitle is Title, but a cast of a column keeps the column's name.
func columnTitle(e Expr) string {
	if c, ok := e.(*Cast); ok && !c.Implicit {
		if r, ok := c.Child.(*Ref); ok {
			return r.Name
		}
	}
	return Title(e)
}

// Title is a bound expression in the words of the user: names and functions as
// they were written, without the casts that binding added, and with the
// arguments that a function takes when they are left out.
func Title(e Expr) string {
	switch e := e.(type) {
	case *Cast:
		return e.title()
	case *Field:
		return Title(e.Child) + "." + e.Name()
	case *Alias:
		return Title(e.Child) + " AS " + types.QuoteIfNeeded(e.Name)
	case *Extract:
		if name, ok := e.literalKey(); ok {
			return Title(e.Child) + "." + name
		}
		return Title(e.Child) + "[" + Title(e.Key) + "]"
	case *Call:
		return e.title()
	}
	return e.String()
}

func (c *Cast) title() string {
	child := Title(c.Child)
	switch {
	case c.Implicit:
		return child
	case c.Constant:
		return strings.ToUpper(c.To.Name()) + " '" + child + "'"
	case c.Try:
		return "TRY_CAST(" + child + " AS " + strings.ToUpper(c.To.Name()) + ")"
	}
	return "CAST(" + child + " AS " + strings.ToUpper(c.To.Name()) + ")"
}

func (c *Call) title() string {
	if c.shown != "" {
		return c.shown
	}
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = Title(a)
	}
	fn, ok := c.lookup()
	if !ok {
		return c.Name + "(" + strings.Join(args, ", ") + ")"
	}
	name := c.written
	if name == "" {
		name = fn.Name
	}
	if text, ok := specialTitle(name, c, args); ok {
		return text
	}
	if fn.Format != nil && (name == fn.Name || !isWord(name)) {
		return fn.Format(args)
	}
	if upper, ok := spelled[name]; ok {
		name = upper
	}
	inside := strings.Join(args, ", ")
	if c.Distinct {
		inside = "DISTINCT " + inside
	}
	return name + "(" + inside + ")"
}

func isWord(name string) bool { return name[0] >= 'a' && name[0] <= 'z' }
