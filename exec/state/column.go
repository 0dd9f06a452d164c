package state

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// layout says how a type's values lie in buffers.
type layout byte

const (
	layoutNull layout = iota
	layoutBool
	layoutFixed // so many bytes, little-endian
	layoutBytes // strings and binary
	layoutList  // arrays, and maps as arrays of key and value
	layoutStruct
)

// column builds an array value by value, straight into its buffers.
type column struct {
	typ      arrow.DataType
	layout   layout
	width    int // of layoutFixed
	n, nulls int
	valid    []byte // nil as long as there are no nulls
	data     []byte
	offsets  []int32
	children []*column
	tooLong  bool // more bytes or elements than offsets can say
}

// newColumn returns an empty column of a type for about so many rows.
func newColumn(t arrow.DataType, rows int) (*column, error) {
	c := &column{typ: t}
	switch t := t.(type) {
	case *arrow.NullType:
		c.layout = layoutNull
	case *arrow.BooleanType:
		c.layout = layoutBool
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.Float32Type, *arrow.Float64Type,
		*arrow.Date32Type, *arrow.TimestampType, *arrow.Decimal128Type, *arrow.MonthDayNanoIntervalType:
		c.layout, c.width = layoutFixed, t.(arrow.FixedWidthDataType).Bytes()
		c.data = make([]byte, 0, rows*c.width)
	case *arrow.StringType, *arrow.BinaryType:
		c.layout, c.offsets = layoutBytes, append(make([]int32, 0, rows+1), 0)
	case *arrow.ListType:
		return c.list(rows, t.Elem())
	case *arrow.MapType:
		return c.list(rows, t.Elem())
	case *arrow.StructType:
		c.layout = layoutStruct
		for _, f := range t.Fields() {
			child, err := newColumn(f.Type, rows)
			if err != nil {
				return nil, err
			}
			c.children = append(c.children, child)
		}
	default:
		return nil, fmt.Errorf("state cannot hold values of type %s; cast the column first", t)
	}
	return c, nil
}

func (c *column) list(rows int, elem arrow.DataType) (*column, error) {
	c.layout, c.offsets = layoutList, append(make([]int32, 0, rows+1), 0)
	child, err := newColumn(elem, 0)
	c.children = []*column{child}
	return c, err
}

// mark counts a value in, which is null or not.
func (c *column) mark(null bool) {
	if null && c.valid == nil {
		c.valid = make([]byte, (c.n+8)/8, (c.n+8)/8+cap(c.data)/max(8*c.width, 8))
		for i := range c.valid {
			c.valid[i] = 0xFF
		}
	}
	if c.valid != nil {
		if c.n/8 == len(c.valid) {
			c.valid = append(c.valid, 0)
		}
		if bit := byte(1) << (c.n % 8); null {
			c.valid[c.n/8] &^= bit
		} else {
			c.valid[c.n/8] |= bit
		}
	}
	if null {
		c.nulls++
	}
	c.n++
}

func (c *column) appendNull() {
	switch c.layout {
	case layoutNull:
		c.n++
		c.nulls++
		return
	case layoutBool:
		c.bit(false)
	case layoutFixed:
		c.data = append(c.data, zeros[:c.width]...)
	case layoutBytes, layoutList:
		c.offsets = append(c.offsets, c.offsets[len(c.offsets)-1])
	case layoutStruct:
		for _, child := range c.children {
			child.appendNull()
		}
	}
	c.mark(true)
}

var zeros [16]byte

// bit puts a boolean into the data; mark has not counted it yet.
func (c *column) bit(v bool) {
	if c.n/8 == len(c.data) {
		c.data = append(c.data, 0)
	}
	if v {
		c.data[c.n/8] |= 1 << (c.n % 8)
	}
}

func (c *column) appendBool(v bool) {
	c.bit(v)
	c.mark(false)
}

// appendFixed adds a value as its bytes, c.width of them.
func (c *column) appendFixed(b []byte) {
	c.data = append(c.data, b...)
	c.mark(false)
}

func (c *column) appendBytes(b []byte) {
	c.data = append(c.data, b...)
	c.tooLong = c.tooLong || len(c.data) > math.MaxInt32
	c.offsets = append(c.offsets, int32(len(c.data)))
	c.mark(false)
}

// endList ends an array whose elements were added to the child.
func (c *column) endList() {
	n := c.children[0].n
	c.tooLong = c.tooLong || n > math.MaxInt32
	c.offsets = append(c.offsets, int32(n))
	c.mark(false)
}

// array gives the column's buffers away.
func (c *column) array() (arrow.Array, error) {
	d, err := c.arrayData()
	if err != nil {
		return nil, err
	}
	return array.MakeFromData(d), nil
}

func (c *column) arrayData() (arrow.ArrayData, error) {
	if c.tooLong {
		return nil, fmt.Errorf("the values of a column of type %s are more than 2 GiB together; read fewer rows at once", c.typ)
	}
	if c.typ.ID() == arrow.MAP && c.children[0].children[0].nulls > 0 {
		return nil, fmt.Errorf("a key of a map is null: %w", errRow)
	}
	var buffers []*memory.Buffer
	if c.layout != layoutNull {
		buffers = append(buffers, bufferOf(c.valid))
	} else {
		buffers = append(buffers, nil)
	}
	switch c.layout {
	case layoutBool, layoutFixed:
		buffers = append(buffers, memory.NewBufferBytes(c.data))
	case layoutBytes:
		buffers = append(buffers, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets)), memory.NewBufferBytes(c.data))
	case layoutList:
		buffers = append(buffers, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets)))
	}
	children := make([]arrow.ArrayData, len(c.children))
	for i, child := range c.children {
		var err error
		if children[i], err = child.arrayData(); err != nil {
			return nil, err
		}
	}
	return array.NewData(c.typ, c.n, buffers, children, c.nulls, 0), nil
}

func bufferOf(b []byte) *memory.Buffer {
	if b == nil {
		return nil
	}
	return memory.NewBufferBytes(b)
}

// columns are empty columns of types.
func columns(types []arrow.DataType, rows int) ([]*column, error) {
	out := make([]*column, len(types))
	for i, t := range types {
		var err error
		if out[i], err = newColumn(t, rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func arrays(cols []*column) ([]arrow.Array, error) {
	out := make([]arrow.Array, len(cols))
	for i, c := range cols {
		var err error
		if out[i], err = c.array(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
