package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// Call applies a function or an operator of the catalogue, or a user-defined
// function, to arguments. Bound, it knows the function and the result's type,
// and its arguments have the types that the function takes.
type Call struct {
	Name     string // as written; the catalogue's own spelling once bound
	Args     []Expr
	Distinct bool // of aggregates: each value once, as in count(DISTINCT x)
	Pos      int

	fn      *Function
	t       types.Type
	null    bool
	written string // the name in lower case as the user wrote it, "" for the catalogue's
	shown   string // the whole Title, where it is no longer that of the call; else ""
}

// NewCall returns a call that is not bound yet.
func NewCall(name string, args ...Expr) *Call { return &Call{Name: name, Args: args} }

// Function is what a bound call applies; nil before.
func (c *Call) Function() *Function { return c.fn }

// String returns the call as Spark shows it: infix for operators, name(args)
// for functions.
func (c *Call) String() string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.String()
	}
	if fn, ok := c.lookup(); ok && fn.Format != nil {
		return fn.Format(args)
	}
	if c.Distinct {
		return c.Name + "(DISTINCT " + strings.Join(args, ", ") + ")"
	}
	return c.Name + "(" + strings.Join(args, ", ") + ")"
}

func (c *Call) lookup() (*Function, bool) {
	if c.fn != nil {
		return c.fn, true
	}
	return Lookup(c.Name)
}

// Children returns the arguments.
func (c *Call) Children() []Expr { return c.Args }

// WithChildren applies the function to other arguments; the type is kept.
func (c *Call) WithChildren(args []Expr) Expr {
	n := *c
	n.Args = args
	return &n
}

// Type is the result's, once bound.
func (c *Call) Type() types.Type { return c.t }

// Nullable tells whether the result can be null, once bound.
func (c *Call) Nullable() bool { return c.null }

// IsAggregate tells whether the call is one of an aggregate function.
func (c *Call) IsAggregate() bool {
	fn, ok := c.lookup()
	return ok && fn.Kind == Aggregate
}

// Volatile tells whether the value of a bound call depends on more than its
// arguments: on the time, on chance, or on what a user's function may look at.
func (c *Call) Volatile() bool {
	return c.fn != nil && (c.fn.Volatile || c.fn.VolatileAlone && len(c.Args) == 0)
}

// HasAggregate tells whether e holds a call of an aggregate function.
func HasAggregate(e Expr) bool {
	found := false
	Walk(e, func(e Expr) bool {
		if c, ok := e.(*Call); ok && c.IsAggregate() {
			found = true
		}
		return !found
	})
	return found
}

// Deterministic tells whether e gives the same value whenever it is computed
// for the same row of the same batch.
func Deterministic(e Expr) bool {
	ok := true
	Walk(e, func(e Expr) bool {
		if c, is := e.(*Call); is && c.Volatile() {
			ok = false
		}
		return ok
	})
	return ok
}
