package expr

import (
	"fmt"
	"slices"

	"github.com/riffledata/riffle/dataframe/types"
)

// Expr is an expression: a tree of nodes.
type Expr interface {
	// String is the expression as Spark would show it: "(a + 1)". It is also
	// the name of a column that was given no other.
	fmt.Stringer
	// Children are the expressions this one is made of, in order.
	Children() []Expr
	// WithChildren returns a copy with other children, as many as before. Types
	// are kept: a caller that changes a child's type binds again.
	WithChildren(children []Expr) Expr
	// Type is the type of the value; nil as long as the expression is not bound.
	Type() types.Type
	// Nullable tells whether the value can be null; meaningful once bound.
	Nullable() bool
}

// Bound tells whether the whole tree is resolved.
func Bound(e Expr) bool {
	if e.Type() == nil {
		return false
	}
	for _, c := range e.Children() {
		if !Bound(c) {
			return false
		}
	}
	return true
}

// Transform rewrites a tree from the leaves up: f gets each node after its
// children were rewritten, and returns it or another. A node none of whose
// children changed is handed on as it is.
func Transform(e Expr, f func(Expr) (Expr, error)) (Expr, error) {
	changed, err := Changed(e.Children(), func(c Expr) (Expr, error) { return Transform(c, f) })
	if err != nil {
		return nil, err
	}
	if changed != nil {
		e = e.WithChildren(changed)
	}
	return f(e)
}

// Changed returns a copy of a list with f of each element, or nil where f gives
// each element back. It ends with the first error of f.
func Changed[T comparable](old []T, f func(T) (T, error)) (changed []T, err error) {
	for i, c := range old {
		n, err := f(c)
		if err != nil {
			return nil, err
		}
		if n != c && changed == nil {
			changed = slices.Clone(old)
		}
		if changed != nil {
			changed[i] = n
		}
	}
	return changed, nil
}

// Walk calls f for each node, parents first, as long as f returns true for the
// parent.
func Walk(e Expr, f func(Expr) bool) {
	if !f(e) {
		return
	}
	for _, c := range e.Children() {
		Walk(c, f)
	}
}

// Equal tells whether two expressions are the same: same nodes, same literals.
func Equal(a, b Expr) bool {
	if a == b {
		return true
	}
	ca, cb := a.Children(), b.Children()
	if len(ca) != len(cb) || !sameNode(a, b) {
		return false
	}
	for i := range ca {
		if !Equal(ca[i], cb[i]) {
			return false
		}
	}
	return true
}

// OutputName is the name of the column that a projection makes of e.
func OutputName(e Expr) string {
	switch e := e.(type) {
	case *Alias:
		return e.Name
	case *Ref:
		return e.Name
	case *Name:
		return e.Parts[len(e.Parts)-1]
	case *Field:
		return e.Name()
	case *Extract:
		if name, ok := e.literalKey(); ok {
			return name
		}
	case *Cast:
		if _, literal := e.Child.(*Literal); !literal {
			return OutputName(e.Child)
		}
	}
	return e.String()
}
