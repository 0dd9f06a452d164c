package json

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
)

// kind is how a column's values are read and stored.
type kind uint8

const (
	kindVoid kind = iota
	kindBool
	kindByte
	kindShort
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindDecimal
	kindString
	kindBinary
	kindDate
	kindTimestamp
	kindTimestampNTZ
	kindStruct
	kindList
	kindMap
)

// widths are the bytes of a value; 0 where it has no fixed width.
var widths = [...]int{kindByte: 1, kindShort: 2, kindInt: 4, kindLong: 8, kindFloat: 4, kindDouble: 8, kindDecimal: 16,
	kindDate: 4, kindTimestamp: 8, kindTimestampNTZ: 8, kindMap: 0} // up to the last kind

// column is one Arrow array in the making.
//
// Its n rows may lag behind the rows of the decoder: absent and null fields are
// not written, but filled in as nulls by the next value or at the end. Rows
// can be taken back, for a repeated key and for a malformed record.
type column struct {
	kind kind
	n    int // rows filled
	cap  int // rows that the buffers below can hold
	// offs has the end of each row, after a 0: in bytes for strings, in elements
	// for lists and maps.
	offs  []int32
	used  int    // bytes or elements used: offs[n]
	bytes []byte // of strings, with 32 spare bytes after used

	longs   []int64 // the values of 8 bytes that are integers
	doubles []float64
	ints    []int32
	fixed   []byte // all fixed-width values, as bytes; for booleans bits

	// valid is nil until the first null. Then all its bits are set but those of
	// nulls, so that a value need not set its own.
	valid []byte
	nulls int

	obj      *object // of a struct
	elem     *column // of a list, the values of a map
	key      *column // the keys of a map
	scale    int
	prec     int
	typ      types.Type
	path     string
	rowsHint int // capacities that the last batch needed
	byteHint int
	counts   [reasons]int64 // flaws in this batch
}

// seek makes row the next one to be written: rows before it that are missing
// become nulls, it and those after it are taken back.
func (c *column) seek(row int) {
	if c.n != row || row >= c.cap {
		c.seekSlow(row)
	}
}

func (c *column) seekSlow(row int) {
	if row >= c.cap {
		c.grow(max(row+1, 2*c.cap, c.rowsHint, 64))
	}
	c.truncate(row)
	c.fill(row)
}

// fill makes rows [n, row) null.
func (c *column) fill(row int) {
	if c.n >= row {
		return
	}
	if c.valid == nil {
		c.valid = setBits(make([]byte, (c.cap+7)/8), 0)
	}
	for i := c.n; i < row; i++ {
		c.valid[i>>3] &^= 1 << (i & 7)
	}
	c.nulls += row - c.n
	if c.offs != nil {
		for i := c.n; i < row; i++ {
			c.offs[i+1] = int32(c.used)
		}
	}
	c.n = row
}

// truncate takes back the rows from row on, and what a record that turned out to
// be malformed left in nested columns.
func (c *column) truncate(row int) {
	if c.n > row {
		c.takeBack(row)
	}
	switch c.kind {
	case kindStruct:
		c.obj.truncate(row)
	case kindMap:
		c.key.truncate(c.used)
		c.elem.truncate(c.used)
	case kindList:
		c.elem.truncate(c.used)
	}
}

func (c *column) takeBack(row int) {
	for i := row; i < c.n; i++ {
		mask := byte(1) << (i & 7)
		if c.valid != nil && c.valid[i>>3]&mask == 0 {
			c.valid[i>>3] |= mask
			c.nulls--
		}
		if c.kind == kindBool {
			c.fixed[i>>3] &^= mask
		}
	}
	if w := widths[c.kind]; w > 0 {
		clear(c.fixed[row*w : c.n*w])
	}
	if c.offs != nil {
		c.used = int(c.offs[row])
	}
	c.n = row
}

// grow makes room for rows rows.
func (c *column) grow(rows int) {
	rows = (rows + 63) &^ 63
	switch c.kind {
	case kindString, kindBinary, kindList, kindMap:
		c.offs = append(make([]int32, 0, rows+1), c.offs...)[:rows+1]
	case kindBool:
		c.fixed = regrow(c.fixed, rows/8)
	case kindLong, kindTimestamp, kindTimestampNTZ:
		c.longs = regrow(c.longs, rows)
		c.fixed = cast(c.longs)
	case kindDouble:
		c.doubles = regrow(c.doubles, rows)
		c.fixed = cast(c.doubles)
	case kindInt, kindDate:
		c.ints = regrow(c.ints, rows)
		c.fixed = cast(c.ints)
	case kindFloat:
		c.fixed = cast(regrow(values[float32](c.fixed), rows))
	case kindDecimal:
		c.fixed = cast(regrow(values[decimal128.Num](c.fixed), rows))
	case kindShort:
		c.fixed = cast(regrow(values[int16](c.fixed), rows))
	case kindByte:
		c.fixed = regrow(c.fixed, rows)
	}
	if c.valid != nil {
		c.valid = setBits(regrow(c.valid, rows/8), len(c.valid))
	}
	c.cap = rows
}

func regrow[T any](s []T, n int) []T {
	out := make([]T, n)
	copy(out, s)
	return out
}

// setBits sets all bits from byte from on.
func setBits(b []byte, from int) []byte {
	for i := from; i < len(b); i++ {
		b[i] = 0xff
	}
	return b
}

// put writes the n bytes at p as the string of a row.
func (c *column) put(row int, b unsafe.Pointer, p, n int) {
	c.seek(row)
	u := c.used
	if u+n+32 > len(c.bytes) {
		c.growBytes(n)
	}
	if n <= 32 {
		short(c.bytes[u:], b, p)
	} else {
		copy(c.bytes[u:], view(b, p, p+n))
	}
	u += n
	c.used = u
	c.offs[row+1] = int32(u)
	c.n = row + 1
}

// putBytes is put for bytes that stand elsewhere.
func (c *column) putBytes(row int, s []byte) {
	c.seek(row)
	if c.used+len(s)+32 > len(c.bytes) {
		c.growBytes(len(s))
	}
	c.used += copy(c.bytes[c.used:], s)
	c.offs[row+1] = int32(c.used)
	c.n = row + 1
}

func (c *column) growBytes(n int) {
	c.bytes = regrow(c.bytes, max(c.used+n+32, 2*len(c.bytes), c.byteHint, 1024))
}

func (c *column) putLong(row int, v int64) {
	c.seek(row)
	c.longs[row] = v
	c.n = row + 1
}

func (c *column) putBool(row int, v bool) {
	c.seek(row)
	if v {
		c.fixed[row>>3] |= 1 << (row & 7)
	}
	c.n = row + 1
}

func (c *column) putDouble(row int, v float64) {
	c.seek(row)
	c.doubles[row] = v
	c.n = row + 1
}

func (c *column) putInt(row int, v int32) {
	c.seek(row)
	c.ints[row] = v
	c.n = row + 1
}

// putEnd ends a row of a list or map, whose last element is end-1.
func (c *column) putEnd(row, end int) {
	c.used = end
	c.offs[row+1] = int32(end)
	c.n = row + 1
}
