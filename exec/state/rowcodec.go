package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// RowCodec writes rows of some columns as bytes, and reads them. It is what
// values in state are made of. It is immutable.
//
// A row is a bit for each column, lowest first, set where it is null, and then
// the values that are not null:
//
//	boolean                        1 byte
//	numbers, times, intervals      their bytes in Arrow, little-endian
//	decimal                        16 bytes, unscaled
//	string, binary                 uvarint length, then the bytes
//	struct                         as a row of its fields
//	array                          uvarint elements, a bit for each, those that are not null
//	map                            as an array of structs of key and value
//
// Unlike keys, values that are equal may differ in bytes, and every value comes
// back as it was.
type RowCodec struct{ types []arrow.DataType }

// NewRowCodec returns the codec of columns of the types that state has: those of
// types.ToArrow.
func NewRowCodec(types []arrow.DataType) (*RowCodec, error) {
	_, err := columns(types, 0)
	return &RowCodec{types}, err
}

// RowEncoder appends a row to dst.
type RowEncoder func(dst []byte, row int) []byte

// Encoder returns the encoder of the rows of columns, which have the codec's
// types, or are dictionaries or views of them. It is not safe for concurrent use.
func (c *RowCodec) Encoder(cols []arrow.Array) (RowEncoder, error) {
	if len(cols) != len(c.types) {
		return nil, fmt.Errorf("internal: a row of %d columns is written as one of %d", len(cols), len(c.types))
	}
	for i, a := range cols {
		if !sameType(a.DataType(), c.types[i]) {
			return nil, fmt.Errorf("internal: a column of type %s is written as %s", a.DataType(), c.types[i])
		}
	}
	return rowEncoder(cols)
}

func rowEncoder(cols []arrow.Array) (RowEncoder, error) {
	type field struct {
		nulls arrow.Array // nil where there are none
		value RowEncoder
	}
	fields := make([]field, len(cols))
	for i, a := range cols {
		f, err := valueEncoder(a)
		if err != nil {
			return nil, err
		}
		fields[i].value = f
		if mayBeNull(a) {
			fields[i].nulls = a
		}
	}
	bits := make([]byte, (len(cols)+7)/8)
	return func(dst []byte, row int) []byte {
		at := len(dst)
		dst = append(dst, bits...)
		for i := range fields {
			f := &fields[i]
			if f.nulls != nil && isNull(f.nulls, row) {
				dst[at+i/8] |= 1 << (i % 8)
			} else {
				dst = f.value(dst, row)
			}
		}
		return dst
	}, nil
}

// mayBeNull and isNull look through dictionaries, whose values may be null.
func mayBeNull(a arrow.Array) bool {
	d, ok := a.(*array.Dictionary)
	return a.NullN() > 0 || a.DataType().ID() == arrow.NULL || ok && mayBeNull(d.Dictionary())
}

func isNull(a arrow.Array, i int) bool {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
		return true
	}
	d, ok := a.(*array.Dictionary)
	return ok && isNull(d.Dictionary(), d.GetValueIndex(i))
}

// valueEncoder returns what appends a value that is not null.
func valueEncoder(a arrow.Array) (RowEncoder, error) {
	switch a := a.(type) {
	case *array.Null: // never called
		return func(dst []byte, _ int) []byte { return dst }, nil
	case *array.Boolean:
		return func(dst []byte, i int) []byte {
			if a.Value(i) {
				return append(dst, 1)
			}
			return append(dst, 0)
		}, nil
	case *array.String:
		return textEncoder(a.Value), nil
	case *array.LargeString:
		return textEncoder(a.Value), nil
	case *array.StringView:
		return textEncoder(a.Value), nil
	case *array.Binary:
		return textEncoder(a.ValueString), nil
	case *array.LargeBinary:
		return textEncoder(a.ValueString), nil
	case *array.BinaryView:
		return textEncoder(a.ValueString), nil
	case *array.Dictionary:
		f, err := valueEncoder(a.Dictionary())
		return func(dst []byte, i int) []byte { return f(dst, a.GetValueIndex(i)) }, err
	case *array.Struct:
		fields := make([]arrow.Array, a.NumField())
		for i := range fields {
			fields[i] = a.Field(i)
		}
		return rowEncoder(fields)
	case array.ListLike:
		return listEncoder(a)
	}
	return fixedEncoder(a)
}

func textEncoder(value func(int) string) RowEncoder {
	return func(dst []byte, i int) []byte { return appendBytes(dst, value(i)) }
}

func fixedEncoder(a arrow.Array) (RowEncoder, error) {
	t, ok := a.DataType().(arrow.FixedWidthDataType)
	if !ok {
		return nil, fmt.Errorf("state cannot hold values of type %s; cast the column first", a.DataType())
	}
	w := t.Bytes()
	var data []byte
	if b := a.Data().Buffers()[1]; b != nil {
		data = b.Bytes()[a.Data().Offset()*w:]
	}
	return func(dst []byte, i int) []byte { return append(dst, data[i*w:i*w+w]...) }, nil
}

func listEncoder(a array.ListLike) (RowEncoder, error) {
	elems := a.ListValues()
	value, err := valueEncoder(elems)
	nulls := mayBeNull(elems)
	return func(dst []byte, i int) []byte {
		from, to := a.ValueOffsets(i)
		dst = binary.AppendUvarint(dst, uint64(to-from))
		at := len(dst)
		for k := from; k < to; k += 8 {
			dst = append(dst, 0)
		}
		for k := from; k < to; k++ {
			if nulls && isNull(elems, int(k)) {
				dst[at+int(k-from)/8] |= 1 << ((k - from) % 8)
			} else {
				dst = value(dst, int(k))
			}
		}
		return dst
	}, err
}

// sameType tells whether values of both types are written alike.
func sameType(a, t arrow.DataType) bool {
	if d, ok := a.(*arrow.DictionaryType); ok {
		return sameType(d.ValueType, t)
	}
	switch t := t.(type) {
	case *arrow.StringType:
		return a.ID() == arrow.STRING || a.ID() == arrow.LARGE_STRING || a.ID() == arrow.STRING_VIEW
	case *arrow.BinaryType:
		return a.ID() == arrow.BINARY || a.ID() == arrow.LARGE_BINARY || a.ID() == arrow.BINARY_VIEW
	case *arrow.StructType:
		s, ok := a.(*arrow.StructType)
		if !ok || s.NumFields() != t.NumFields() {
			return false
		}
		for i, f := range t.Fields() {
			if !sameType(s.Field(i).Type, f.Type) {
				return false
			}
		}
		return true
	case *arrow.ListType:
		l, ok := a.(*arrow.ListType)
		return ok && sameType(l.Elem(), t.Elem())
	case *arrow.MapType:
		m, ok := a.(*arrow.MapType)
		return ok && sameType(m.KeyType(), t.KeyType()) && sameType(m.ItemType(), t.ItemType())
	}
	return arrow.TypeEqual(a, t)
}

var errRow = errors.New("the bytes of a row in the state cannot be read; restore the state from its checkpoint")

// Decode returns columns of the codec's types with a row for each slice of
// bytes, which it does not keep. Bytes that no encoder wrote are an error.
func (c *RowCodec) Decode(rows [][]byte) ([]arrow.Array, error) {
	cols, err := columns(c.types, len(rows))
	if err != nil {
		return nil, err
	}
	bits := (len(cols) + 7) / 8
	rest := make([][]byte, len(rows))
	for r, row := range rows {
		if len(row) < bits {
			return nil, fmt.Errorf("row %d: %w", r, errRow)
		}
		rest[r] = row[bits:]
	}
	for i, col := range cols {
		bit := byte(1) << (i % 8)
		for r, row := range rows {
			if row[i/8]&bit != 0 {
				col.appendNull()
			} else if rest[r], err = col.read(rest[r]); err != nil {
				return nil, fmt.Errorf("row %d, column %d: %w", r, i, err)
			}
		}
	}
	for r, b := range rest {
		if len(b) > 0 {
			return nil, fmt.Errorf("row %d: %d bytes too many: %w", r, len(b), errRow)
		}
	}
	return arrays(cols)
}

// read adds a value that is not null from the front of b, and returns what is
// behind it.
func (c *column) read(b []byte) ([]byte, error) {
	switch c.layout {
	case layoutFixed:
		if len(b) < c.width {
			return nil, errRow
		}
		c.appendFixed(b[:c.width])
		return b[c.width:], nil
	case layoutBytes:
		cut := cutter{rest: b}
		v := cut.bytes(cut.uvarint())
		if cut.bad {
			return nil, errRow
		}
		c.appendBytes(v)
		return cut.rest, nil
	case layoutBool:
		if len(b) == 0 || b[0] > 1 {
			return nil, errRow
		}
		c.appendBool(b[0] == 1)
		return b[1:], nil
	case layoutStruct:
		return c.readStruct(b)
	case layoutList:
		return c.readList(b)
	}
	return nil, errRow // a value of type void is null
}

func (c *column) readStruct(b []byte) ([]byte, error) {
	n := (len(c.children) + 7) / 8
	if len(b) < n {
		return nil, errRow
	}
	rest, err := readAll(c.children, b[:n], b[n:])
	c.mark(false)
	return rest, err
}

// readAll reads a value for each column.
func readAll(cols []*column, bits, b []byte) ([]byte, error) {
	var err error
	for i, col := range cols {
		if bits[i/8]&(1<<(i%8)) != 0 {
			col.appendNull()
		} else if b, err = col.read(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (c *column) readList(b []byte) ([]byte, error) {
	cut := cutter{rest: b}
	n := cut.uvarint()
	if cut.bad || n > math.MaxInt32 || (n+7)/8 > uint64(len(cut.rest)) {
		return nil, errRow
	}
	bits := cut.bytes((n + 7) / 8)
	b = cut.rest
	elem := c.children[0]
	var err error
	for i := range int(n) {
		if bits[i/8]&(1<<(i%8)) != 0 {
			if c.typ.ID() == arrow.MAP {
				return nil, errRow
			}
			elem.appendNull()
		} else if b, err = elem.read(b); err != nil {
			return nil, err
		}
	}
	c.endList()
	return b, nil
}
