package types

import (
	"errors"
	"fmt"
	"strings"
)

// ErrAmbiguous says that a name fits several columns.
var ErrAmbiguous = errors.New("ambiguous name")

// Field is a named, typed column, or a field of a struct. Names keep their
// case, are found in any case, and may hold dots.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
}

// Schema is an ordered list of columns. It is immutable. Two columns may have
// the same name; finding one by that name is then an error.
type Schema struct {
	fields []Field
	index  map[string][]int // lower-case name to positions
}

// NewSchema returns a schema of the given fields, in this order.
func NewSchema(fields ...Field) *Schema {
	s := &Schema{fields: append([]Field(nil), fields...), index: make(map[string][]int, len(fields))}
	for i, f := range s.fields {
		key := strings.ToLower(f.Name)
		s.index[key] = append(s.index[key], i)
	}
	return s
}

// Add returns the schema with one more nullable column, as Spark's
// StructType.add does.
func (s *Schema) Add(name string, t Type) *Schema {
	return NewSchema(append(s.Fields(), Field{Name: name, Type: t, Nullable: true})...)
}

// AddRequired returns the schema with one more column that is never null.
func (s *Schema) AddRequired(name string, t Type) *Schema {
	return NewSchema(append(s.Fields(), Field{Name: name, Type: t})...)
}

// Len is the number of columns.
func (s *Schema) Len() int { return len(s.fields) }

// Field returns column i.
func (s *Schema) Field(i int) Field { return s.fields[i] }

// Fields returns a copy of the columns.
func (s *Schema) Fields() []Field { return append([]Field(nil), s.fields...) }

// Names returns the column names in order.
func (s *Schema) Names() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.Name
	}
	return names
}

// Index finds a column by name, in any case. It returns -1 where there is none,
// and ErrAmbiguous where there are several.
func (s *Schema) Index(name string) (int, error) {
	at := s.index[strings.ToLower(name)]
	switch len(at) {
	case 0:
		return -1, nil
	case 1:
		return at[0], nil
	}
	return -1, fmt.Errorf("%w: %d columns are called %s", ErrAmbiguous, len(at), QuoteIfNeeded(name))
}

// Struct returns the schema as a struct type.
func (s *Schema) Struct() Struct { return Struct{Fields: s.fields} }

// Equal tells whether both schemas have the same names, types and nullability.
func (s *Schema) Equal(o *Schema) bool { return equalFields(s.fields, o.fields, true) }

// DDL returns the schema as text that ParseDDL reads: "a BIGINT, b STRING NOT
// NULL, c STRUCT<d: INT>". That an array holds no null has no text: it is lost.
func (s *Schema) DDL() string { return ddlFields(s.fields, " ") }

func ddlFields(fields []Field, between string) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = QuoteIfNeeded(f.Name) + between + ddlType(f.Type)
		if !f.Nullable {
			parts[i] += " NOT NULL"
		}
	}
	return strings.Join(parts, ", ")
}

func ddlType(t Type) string {
	switch t := t.(type) {
	case Struct:
		return "STRUCT<" + ddlFields(t.Fields, ": ") + ">"
	case Array:
		return "ARRAY<" + ddlType(t.Elem) + ">"
	case Map:
		return "MAP<" + ddlType(t.Key) + ", " + ddlType(t.Value) + ">"
	}
	return strings.ToUpper(t.Name())
}

// String returns struct<...>, the schema's type name.
func (s *Schema) String() string { return s.Struct().Name() }

// Tree returns the schema as Spark's printSchema shows it, with an empty line
// at the end.
func (s *Schema) Tree() string {
	var b strings.Builder
	b.WriteString("root\n")
	writeTree(&b, " |", s.fields)
	b.WriteByte('\n')
	return b.String()
}

func writeTree(b *strings.Builder, prefix string, fields []Field) {
	for _, f := range fields {
		fmt.Fprintf(b, "%s-- %s: %s (nullable = %t)\n", prefix, f.Name, f.Type.TreeName(), f.Nullable)
		writeTypeTree(b, prefix+"    |", f.Type)
	}
}

func writeTypeTree(b *strings.Builder, prefix string, t Type) {
	switch t := t.(type) {
	case Struct:
		writeTree(b, prefix, t.Fields)
	case Array:
		fmt.Fprintf(b, "%s-- element: %s (containsNull = %t)\n", prefix, t.Elem.TreeName(), t.ContainsNull)
		writeTypeTree(b, prefix+"    |", t.Elem)
	case Map:
		fmt.Fprintf(b, "%s-- key: %s\n", prefix, t.Key.TreeName())
		writeTypeTree(b, prefix+"    |", t.Key)
		fmt.Fprintf(b, "%s-- value: %s (valueContainsNull = %t)\n", prefix, t.Value.TreeName(), t.ValueContainsNull)
		writeTypeTree(b, prefix+"    |", t.Value)
	}
}
