package csv

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/json"
)

// Encoder writes rows of columns as lines. Values have the forms of package json:
// 1.0, 1.5E10, 2024-01-15, 2024-01-15T10:30:00.000Z. It is immutable and safe for
// concurrent use.
type Encoder struct {
	opts   WriteOptions
	names  []string
	values []*json.Encoder // nil for a text
}

// NewEncoder returns an encoder of rows of the fields of t. Nested types and
// intervals are refused.
func NewEncoder(t types.Struct, opts WriteOptions) (*Encoder, error) {
	e := &Encoder{opts: opts}
	for _, f := range t.Fields {
		e.names = append(e.names, f.Name)
		if f.Type == types.String {
			e.values = append(e.values, nil)
			continue
		}
		if _, basic := f.Type.(*types.Basic); !basic {
			if _, ok := f.Type.(types.Decimal); !ok {
				return nil, fmt.Errorf("csv: the column %s of type %s has no form in CSV; write it with to_json, or select its fields", types.QuoteIfNeeded(f.Name), f.Type.Name())
			}
		}
		v, err := json.NewEncoder(f.Type, opts.WriteOptions)
		if err != nil {
			return nil, fmt.Errorf("csv: the column %s: %w", types.QuoteIfNeeded(f.Name), err)
		}
		e.values = append(e.values, v)
	}
	return e, nil
}

// AppendHeader appends the names of the columns as a line without its end.
func (e *Encoder) AppendHeader(dst []byte) []byte {
	for i, name := range e.names {
		if i > 0 {
			dst = append(dst, e.opts.Sep...)
		}
		dst = e.text(dst, []byte(name))
	}
	return dst
}

// Sep is what stands between fields.
func (e *Encoder) Sep() string { return e.opts.Sep }

// AppendRow appends a row of columns as a line without its end.
func (e *Encoder) AppendRow(dst []byte, cols []arrow.Array, row int) []byte {
	for i, col := range cols {
		if i > 0 {
			dst = append(dst, e.opts.Sep...)
		}
		dst = e.field(dst, i, col, row)
	}
	return dst
}

func (e *Encoder) field(dst []byte, i int, col arrow.Array, row int) []byte {
	for {
		d, ok := col.(*array.Dictionary)
		if !ok || d.IsNull(row) {
			break
		}
		col, row = d.Dictionary(), d.GetValueIndex(row)
	}
	if col.DataType().ID() == arrow.NULL || col.IsNull(row) {
		return append(dst, e.opts.Null...)
	}
	if e.values[i] == nil {
		if a, ok := col.(interface{ Value(int) string }); ok {
			return e.text(dst, []byte(a.Value(row)))
		}
	}
	var room [64]byte
	v := e.values[i].AppendValue(room[:0], col, row)
	if len(v) > 1 && v[0] == '"' { // a date, a time, binary, or a float that is no number
		return e.text(dst, v[1:len(v)-1])
	}
	if e.quoted(v) { // a number with the separator in it
		return e.inQuotes(dst, v)
	}
	return append(dst, v...)
}

// text appends a text, in quotes if it needs them.
func (e *Encoder) text(dst, v []byte) []byte {
	if len(v) == 0 && !e.opts.QuoteAll {
		return append(dst, e.opts.Empty...)
	}
	if !e.opts.QuoteAll && !e.quoted(v) {
		return append(dst, v...)
	}
	return e.inQuotes(dst, v)
}

func (e *Encoder) inQuotes(dst, v []byte) []byte {
	dst = append(dst, e.opts.Quote)
	for _, b := range v {
		if b == e.opts.Quote || b == e.opts.Escape {
			dst = append(dst, e.opts.Escape)
		}
		dst = append(dst, b)
	}
	return append(dst, e.opts.Quote)
}

// quoted tells whether a text could be mistaken without quotes.
func (e *Encoder) quoted(v []byte) bool {
	for _, b := range v {
		if b == e.opts.Quote || b == e.opts.Sep[0] || b == '\n' || b == '\r' {
			return true
		}
	}
	return string(v) == e.opts.Null || bytes.Equal(v, []byte(e.opts.Empty)) || v[0] == e.opts.Escape
}
