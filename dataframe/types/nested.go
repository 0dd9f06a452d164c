package types

import (
	"fmt"
	"strings"
)

// Decimal is an exact number of at most Precision digits, Scale of them after
// the point. 1 <= Precision <= 38, 0 <= Scale <= Precision. A Row holds a
// types.Dec, a column Arrow's decimal128.
type Decimal struct{ Precision, Scale int }

// Name returns decimal(p,s).
func (d Decimal) Name() string { return fmt.Sprintf("decimal(%d,%d)", d.Precision, d.Scale) }

// TreeName returns decimal(p,s), as printSchema shows it.
func (d Decimal) TreeName() string { return d.Name() }

// MaxPrecision is the most digits that a decimal may have.
const MaxPrecision = 38

// Array is a list of values of one type. A Row holds []any.
type Array struct {
	Elem         Type
	ContainsNull bool
}

// Name returns array<elem>.
func (a Array) Name() string { return "array<" + a.Elem.Name() + ">" }

// TreeName returns "array".
func (a Array) TreeName() string { return "array" }

// Map is a set of entries with distinct keys that are never null. A Row holds
// map[any]any; the order of a column's entries is that of their making.
type Map struct {
	Key, Value        Type
	ValueContainsNull bool
}

// Name returns map<key,value>.
func (m Map) Name() string { return "map<" + m.Key.Name() + "," + m.Value.Name() + ">" }

// TreeName returns "map".
func (m Map) TreeName() string { return "map" }

// Struct is a value of several named fields. A Row holds a Row of its own.
type Struct struct{ Fields []Field }

// Name returns struct<name:type,...>; a field name that is not a plain word is
// backquoted.
func (s Struct) Name() string {
	var b strings.Builder
	b.WriteString("struct<")
	for i, f := range s.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(QuoteIfNeeded(f.Name))
		b.WriteByte(':')
		b.WriteString(f.Type.Name())
	}
	b.WriteByte('>')
	return b.String()
}

// TreeName returns "struct".
func (s Struct) TreeName() string { return "struct" }

// Schema returns the fields as a schema.
func (s Struct) Schema() *Schema { return NewSchema(s.Fields...) }
