package json

import (
	"encoding/base64"
	"fmt"
	"sort"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// Encoder writes values of one type as JSON, in Spark's forms:
//
//	float, double   Java's shortest text (1.0, 1.5E10); "NaN", "Infinity" in quotes
//	decimal         digits to its scale, with an exponent below 0.000001, as Java
//	binary          base64
//	date            2024-01-15
//	timestamp       2024-01-15T10:30:00.000Z in the time zone of the options; six
//	                digits of a second where three do not hold them (Spark cuts them off)
//	timestamp_ntz   the same without zone
//	map             an object; keys that are no strings in their text, structs as [1,a]
//
// It is immutable and safe for concurrent use.
type Encoder struct {
	root *node
	opts WriteOptions
}

// node is how values of one type are written.
type node struct {
	kind    kind
	scale   int
	order   []int    // of a struct: its fields as they are written
	keys    [][]byte // of a struct: "name": by field
	fields  []*node
	elem    *node // of a list or map
	key     *node
	sortKey bool
}

// NewEncoder returns an encoder of values of type t. Intervals are refused.
func NewEncoder(t types.Type, opts WriteOptions) (*Encoder, error) {
	root, err := newNode(t, opts)
	return &Encoder{root, opts}, err
}

func newNode(t types.Type, opts WriteOptions) (*node, error) {
	var err error
	switch t := t.(type) {
	case *types.Basic:
		k, ok := basicKinds[t]
		if !ok {
			return nil, fmt.Errorf("json: %s is not written as JSON; cast it to string", t.Name())
		}
		return &node{kind: k}, nil
	case types.Decimal:
		return &node{kind: kindDecimal, scale: t.Scale}, nil
	case types.Array:
		n := &node{kind: kindList}
		n.elem, err = newNode(t.Elem, opts)
		return n, err
	case types.Map:
		n := &node{kind: kindMap, sortKey: opts.SortKeys}
		if n.key, err = newNode(t.Key, opts); err == nil {
			n.elem, err = newNode(t.Value, opts)
		}
		return n, err
	case types.Struct:
		return newStructNode(t, opts)
	}
	return nil, fmt.Errorf("json: %s is not written as JSON", t.Name())
}

func newStructNode(t types.Struct, opts WriteOptions) (*node, error) {
	n := &node{kind: kindStruct}
	for i, f := range t.Fields {
		child, err := newNode(f.Type, opts)
		if err != nil {
			return nil, fmt.Errorf("%w (field %s)", err, types.QuoteIfNeeded(f.Name))
		}
		n.fields = append(n.fields, child)
		n.keys = append(n.keys, append(AppendString(nil, f.Name), ':'))
		n.order = append(n.order, i)
	}
	if opts.SortKeys {
		sort.SliceStable(n.order, func(i, j int) bool { return t.Fields[n.order[i]].Name < t.Fields[n.order[j]].Name })
	}
	return n, nil
}

// AppendRow appends a row of columns as an object, without a line end. The
// encoder's type is the struct of the columns.
func (e *Encoder) AppendRow(dst []byte, cols []arrow.Array, row int) []byte {
	return writeObject(e, dst, e.root, columns(cols), row)
}

// AppendValue appends a value of an array of the encoder's type; null is null.
func (e *Encoder) AppendValue(dst []byte, arr arrow.Array, row int) []byte {
	return e.value(dst, e.root, arr, row)
}

// columns are the fields of rows, as those of a struct array are.
type columns []arrow.Array

// Field returns column i.
func (c columns) Field(i int) arrow.Array { return c[i] }

func writeObject[F interface{ Field(int) arrow.Array }](e *Encoder, dst []byte, n *node, of F, row int) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for _, i := range n.order {
		if e.opts.IgnoreNullFields && isNull(of.Field(i), row) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, n.keys[i]...)
		dst = e.value(dst, n.fields[i], of.Field(i), row)
	}
	return append(dst, '}')
}

// isNull tells whether a value is null, in a dictionary too.
func isNull(arr arrow.Array, row int) bool {
	if d, ok := arr.(*array.Dictionary); ok && d.IsValid(row) {
		return d.Dictionary().IsNull(d.GetValueIndex(row))
	}
	return arr.DataType().ID() == arrow.NULL || arr.IsNull(row)
}

func (e *Encoder) value(dst []byte, n *node, arr arrow.Array, row int) []byte {
	if isNull(arr, row) {
		return append(dst, "null"...)
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return e.value(dst, n, a.Dictionary(), a.GetValueIndex(row))
	case *array.Struct:
		return writeObject(e, dst, n, a, row)
	case *array.Map:
		return e.mapValue(dst, n, a, row)
	case *array.List:
		from, to := a.ValueOffsets(row)
		dst = append(dst, '[')
		for i := from; i < to; i++ {
			if i > from {
				dst = append(dst, ',')
			}
			dst = e.value(dst, n.elem, a.ListValues(), int(i))
		}
		return append(dst, ']')
	}
	switch n.kind {
	case kindString:
		if a, ok := arr.(interface{ Value(int) string }); ok {
			return AppendString(dst, a.Value(row))
		}
	case kindBinary:
		return append(e.scalar(append(dst, '"'), n, arr, row), '"')
	case kindDate, kindTimestamp, kindTimestampNTZ:
		var room [64]byte // a pattern may hold quotes
		return AppendString(dst, string(e.scalar(room[:0], n, arr, row)))
	}
	return e.scalar(dst, n, arr, row)
}

func (e *Encoder) mapValue(dst []byte, n *node, a *array.Map, row int) []byte {
	from, to := a.ValueOffsets(row)
	order := make([]int, 0, to-from)
	keys := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		order = append(order, int(i-from))
		keys = append(keys, string(e.keyText(nil, n.key, a.Keys(), int(i))))
	}
	if n.sortKey {
		sort.SliceStable(order, func(i, j int) bool { return keys[order[i]] < keys[order[j]] })
	}
	dst = append(dst, '{')
	for i, at := range order {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, keys[at]), ':')
		dst = e.value(dst, n.elem, a.Items(), int(from)+at)
	}
	return append(dst, '}')
}

// keyText appends a key of a map as text.
func (e *Encoder) keyText(dst []byte, n *node, arr arrow.Array, row int) []byte {
	if isNull(arr, row) {
		return append(dst, "null"...)
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return e.keyText(dst, n, a.Dictionary(), a.GetValueIndex(row))
	case *array.Struct:
		dst = append(dst, '[')
		for i, f := range n.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.keyText(dst, f, a.Field(i), row)
		}
		return append(dst, ']')
	case *array.List, *array.Map:
		return e.value(dst, n, arr, row)
	}
	return e.scalar(dst, n, arr, row)
}

// scalar appends the text of a value that is not nested, without quotes but for
// floats that are no numbers.
func (e *Encoder) scalar(dst []byte, n *node, arr arrow.Array, row int) []byte {
	switch a := arr.(type) {
	case *array.Boolean:
		return strconv.AppendBool(dst, a.Value(row))
	case *array.Int8:
		return strconv.AppendInt(dst, int64(a.Value(row)), 10)
	case *array.Int16:
		return strconv.AppendInt(dst, int64(a.Value(row)), 10)
	case *array.Int32:
		return strconv.AppendInt(dst, int64(a.Value(row)), 10)
	case *array.Int64:
		return strconv.AppendInt(dst, a.Value(row), 10)
	case *array.Float32:
		return appendFloat(dst, float64(a.Value(row)), 32)
	case *array.Float64:
		return appendFloat(dst, a.Value(row), 64)
	case *array.Decimal128:
		return appendDecimal(dst, a.Value(row), n.scale)
	case *array.Date32:
		return e.opts.appendDate(dst, int(a.Value(row)))
	case *array.Timestamp:
		return e.opts.appendTimestamp(dst, int64(a.Value(row)), n.kind == kindTimestampNTZ)
	case interface{ Value(int) string }:
		return append(dst, a.Value(row)...)
	case interface{ Value(int) []byte }:
		return base64.StdEncoding.AppendEncode(dst, a.Value(row))
	}
	return append(dst, "null"...)
}
