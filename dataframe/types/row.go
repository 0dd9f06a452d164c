package types

import (
	"fmt"
	"strings"
)

// Row is one row of a result: a value for each column of its schema. The Go
// type of a value stands beside each type; NULL is nil.
type Row struct {
	schema *Schema
	values []any
}

// NewRow returns a row; values has one value for each column of schema.
func NewRow(schema *Schema, values []any) Row { return Row{schema, values} }

// Len is the number of columns.
func (r Row) Len() int { return len(r.values) }

// Schema returns the names and types of the columns.
func (r Row) Schema() *Schema { return r.schema }

// At returns the value of column i.
func (r Row) At(i int) any { return r.values[i] }

// Values returns all values in order; the caller must not change them.
func (r Row) Values() []any { return r.values }

// Get returns the value of the column of that name, in any case. A name that is
// not there or not unique is an error.
func (r Row) Get(name string) (any, error) {
	i, err := r.schema.Index(name)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, fmt.Errorf("no column %s in (%s)%s", QuoteIfNeeded(name), strings.Join(r.schema.Names(), ", "), DidYouMean(name, r.schema.Names()))
	}
	return r.values[i], nil
}

// String returns the values in brackets, as Spark prints a Row.
func (r Row) String() string {
	parts := make([]string, len(r.values))
	for i, v := range r.values {
		if v == nil {
			v = "null"
		}
		parts[i] = fmt.Sprint(v)
	}
	return "[" + strings.Join(parts, ",") + "]"
}
