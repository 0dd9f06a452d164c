package expr

import (
	"github.com/riffledata/riffle/dataframe/types"
)

// Extract takes a part of a value, not yet resolved: a field of a struct
// (child.name), an element of an array (child[0], counted from 0) or the value
// of a map (child['key']). Binding turns it into a Field or into a call of
// element_at's kin.
type Extract struct {
	Child, Key Expr
	Pos        int
}

func (e *Extract) literalKey() (string, bool) {
	l, ok := e.Key.(*Literal)
	if !ok {
		return "", false
	}
	name, ok := l.Value.(string)
	return name, ok
}

// String returns child.name or child[key].
func (e *Extract) String() string {
	if name, ok := e.literalKey(); ok {
		return e.Child.String() + "." + types.QuoteIfNeeded(name)
	}
	return e.Child.String() + "[" + e.Key.String() + "]"
}

// Children returns the value and the key.
func (e *Extract) Children() []Expr { return []Expr{e.Child, e.Key} }

// WithChildren takes another part of another value.
func (e *Extract) WithChildren(c []Expr) Expr { return &Extract{c[0], c[1], e.Pos} }

// Type is nil: an extraction is not bound.
func (e *Extract) Type() types.Type { return nil }

// Nullable is true: nothing is known.
func (e *Extract) Nullable() bool { return true }

// Field is a field of a struct, by position: a resolved Extract.
type Field struct {
	Child Expr
	Index int
}

func (f *Field) field() types.Field { return f.Child.Type().(types.Struct).Fields[f.Index] }

// Name is the field's name.
func (f *Field) Name() string { return f.field().Name }

// String returns child.name.
func (f *Field) String() string { return f.Child.String() + "." + types.QuoteIfNeeded(f.Name()) }

// Children returns the struct.
func (f *Field) Children() []Expr { return []Expr{f.Child} }

// WithChildren takes the field of another struct.
func (f *Field) WithChildren(c []Expr) Expr { return &Field{c[0], f.Index} }

// Type is the field's type.
func (f *Field) Type() types.Type { return f.field().Type }

// Nullable tells whether the struct or the field can be null.
func (f *Field) Nullable() bool { return f.Child.Nullable() || f.field().Nullable }
