package csv

import (
	"math/bits"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
)

// column is one Arrow array in the making. Each row is written once; the row of a
// record that fails later is written again by the next.
type column struct {
	kind  kind
	arrow arrow.DataType
	room  int // rows that the buffers can hold
	valid []byte
	some  bool // valid is there: a row was null

	bits   []byte
	bytes  []byte // of texts
	offs   []int32
	fixed1 []int8
	fixed2 []int16
	fixed4 []int32
	fixed8 []int64
	float4 []float32
	float8 []float64
	dec    []decimal128.Num

	// What the last batch needed.
	rowsHint, textHint int
}

// grow makes room for rows rows.
func (c *column) grow(rows int) {
	switch c.kind {
	case kindBool:
		c.bits = regrow(c.bits, (rows+7)/8)
	case kindString, kindBinary:
		c.offs = regrow(c.offs, rows+1)
	case kindByte:
		c.fixed1 = regrow(c.fixed1, rows)
	case kindShort:
		c.fixed2 = regrow(c.fixed2, rows)
	case kindInt, kindDate:
		c.fixed4 = regrow(c.fixed4, rows)
	case kindLong, kindTimestamp, kindTimestampNTZ:
		c.fixed8 = regrow(c.fixed8, rows)
	case kindFloat:
		c.float4 = regrow(c.float4, rows)
	case kindDouble:
		c.float8 = regrow(c.float8, rows)
	case kindDecimal:
		c.dec = regrow(c.dec, rows)
	}
	if c.some {
		from := len(c.valid)
		c.valid = regrow(c.valid, (rows+7)/8)
		for i := from; i < len(c.valid); i++ {
			c.valid[i] = 0xff
		}
	}
	c.room = rows
}

func regrow[T any](s []T, n int) []T {
	out := make([]T, n)
	copy(out, s)
	return out
}

// null makes a row null.
func (c *column) null(row int) {
	if !c.some {
		c.some = true
		c.valid = make([]byte, (c.room+7)/8)
		for i := range c.valid {
			c.valid[i] = 0xff
		}
	}
	c.valid[row>>3] &^= 1 << (row & 7)
	if c.offs != nil {
		c.offs[row+1] = c.offs[row]
	}
}

// set makes a row not null.
func (c *column) set(row int) {
	if c.some {
		c.valid[row>>3] |= 1 << (row & 7)
	}
}

// putText writes the text of a row.
func (c *column) putText(row int, s []byte) {
	c.set(row)
	at := int(c.offs[row])
	if at+len(s) > len(c.bytes) {
		c.bytes = regrow(c.bytes, max(at+len(s), 2*len(c.bytes), c.textHint, 1024))
	}
	c.offs[row+1] = int32(at + copy(c.bytes[at:], s))
}

func (c *column) putBool(row int, v bool) {
	c.set(row)
	if c.bits[row>>3] &^= 1 << (row & 7); v {
		c.bits[row>>3] |= 1 << (row & 7)
	}
}

// finish returns the first rows as an array, and empties the column.
func (c *column) finish(rows int) arrow.Array {
	if c.room < rows {
		c.grow(rows)
	}
	nulls := 0
	var valid *memory.Buffer
	if c.some {
		nulls = c.countNulls(rows)
	}
	if nulls > 0 {
		valid = memory.NewBufferBytes(c.valid[:(rows+7)/8])
	}
	buffers := []*memory.Buffer{valid}
	switch c.kind {
	case kindVoid:
		buffers[0], nulls = nil, rows
	case kindString, kindBinary:
		if c.offs == nil {
			c.offs = make([]int32, 1)
		}
		used := int(c.offs[rows])
		c.textHint = used + used/8
		buffers = append(buffers, memory.NewBufferBytes(batch.Bytes(c.offs[:rows+1])), memory.NewBufferBytes(c.bytes[:used:used]))
	default:
		buffers = append(buffers, memory.NewBufferBytes(c.values(rows)))
	}
	out := array.MakeFromData(array.NewData(c.arrow, rows, buffers, nil, nulls, 0))
	*c = column{kind: c.kind, arrow: c.arrow, rowsHint: rows, textHint: c.textHint}
	return out
}

// countNulls clears the bits behind the rows, and counts those of nulls.
func (c *column) countNulls(rows int) int {
	set := 0
	if rest := rows & 7; rest != 0 {
		c.valid[rows>>3] &= 1<<rest - 1
	}
	for _, b := range c.valid[:(rows+7)/8] {
		set += bits.OnesCount8(b)
	}
	return rows - set
}

// values returns the fixed-width values of the first rows as bytes.
func (c *column) values(rows int) []byte {
	switch c.kind {
	case kindBool:
		return c.bits[:(rows+7)/8]
	case kindByte:
		return batch.Bytes(c.fixed1[:rows])
	case kindShort:
		return batch.Bytes(c.fixed2[:rows])
	case kindInt, kindDate:
		return batch.Bytes(c.fixed4[:rows])
	case kindFloat:
		return batch.Bytes(c.float4[:rows])
	case kindDouble:
		return batch.Bytes(c.float8[:rows])
	case kindDecimal:
		return batch.Bytes(c.dec[:rows])
	}
	return batch.Bytes(c.fixed8[:rows])
}

// text returns bytes as a string that lives no longer than they do.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
