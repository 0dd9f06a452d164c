package state

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// KeyCodec reads keys, as Appender writes them, back into columns. It is
// immutable.
type KeyCodec struct{ types []arrow.DataType }

// NewKeyCodec returns the codec of keys of columns of the types that state has:
// those of types.ToArrow but for maps, which cannot be keys.
func NewKeyCodec(types []arrow.DataType) (*KeyCodec, error) {
	cols, err := columns(types, 0)
	for _, c := range cols {
		if err == nil {
			err = c.checkKey()
		}
	}
	return &KeyCodec{types}, err
}

func (c *column) checkKey() error {
	if c.typ.ID() == arrow.MAP {
		return fmt.Errorf("a column of type %s cannot be part of a key; use parts of it", c.typ)
	}
	for _, child := range c.children {
		if err := child.checkKey(); err != nil {
			return err
		}
	}
	return nil
}

var errKey = errors.New("the bytes of a key in the state cannot be read; restore the state from its checkpoint")

// Decode returns columns of the codec's types with a row for each key: its bytes
// behind group and space, which it does not keep. Values come back as they are
// told apart: -0 as 0, every NaN as one. Bytes that no appender wrote for these
// types are an error.
func (c *KeyCodec) Decode(keys [][]byte) ([]arrow.Array, error) {
	cols, err := columns(c.types, len(keys))
	if err != nil {
		return nil, err
	}
	for r, key := range keys {
		cut := cutter{rest: key}
		for i, col := range cols {
			if col.readKey(&cut); cut.bad {
				return nil, fmt.Errorf("key %d, column %d: %w", r, i, errKey)
			}
		}
		if len(cut.rest) > 0 {
			return nil, fmt.Errorf("key %d: %d bytes too many: %w", r, len(cut.rest), errKey)
		}
	}
	return arrays(cols)
}

// readKey adds a value from the front of the bytes. Where they make no sense,
// cut.bad is set.
func (c *column) readKey(cut *cutter) {
	tag := cut.bytes(1)
	if cut.bad {
		return
	}
	if tag[0] == tagNull {
		c.appendNull()
		return
	}
	if tag[0] == tagOrdered && c.typ.ID() == arrow.BINARY {
		c.appendBytes(cut.rest)
		cut.rest = nil
		return
	}
	if tag[0] != c.keyTag() {
		cut.bad = true
		return
	}
	switch tag[0] {
	case tagBoolean:
		b := cut.bytes(1)
		if cut.bad = cut.bad || b[0] > 1; !cut.bad {
			c.appendBool(b[0] == 1)
		}
	case tagString, tagBinary:
		c.appendBytes(cut.bytes(cut.length()))
	case tagStruct:
		c.readKeyStruct(cut)
	case tagArray:
		c.readKeyList(cut)
	default:
		c.readKeyFixed(tag[0], cut)
	}
}

// keyTag is the tag of the column's values.
func (c *column) keyTag() byte {
	switch t := c.typ.(type) {
	case *arrow.BooleanType:
		return tagBoolean
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return tagInteger
	case *arrow.Float32Type, *arrow.Float64Type:
		return tagFloat
	case *arrow.StringType:
		return tagString
	case *arrow.BinaryType:
		return tagBinary
	case *arrow.Date32Type:
		return tagDate
	case *arrow.TimestampType:
		if t.TimeZone == "" {
			return tagTimestampNTZ
		}
		return tagTimestamp
	case *arrow.Decimal128Type:
		return tagDecimal
	case *arrow.MonthDayNanoIntervalType:
		return tagInterval
	case *arrow.StructType:
		return tagStruct
	case *arrow.ListType:
		return tagArray
	}
	return tagNull
}

// length reads a length of four bytes.
func (c *cutter) length() uint64 {
	b := c.bytes(4)
	if c.bad {
		return 0
	}
	return uint64(little.Uint32(b))
}

// int reads an integer of eight bytes.
func (c *cutter) int() int64 {
	b := c.bytes(8)
	if c.bad {
		return 0
	}
	return int64(little.Uint64(b))
}

func (c *column) readKeyStruct(cut *cutter) {
	fields := cutter{rest: cut.bytes(cut.length())}
	for _, child := range c.children {
		if child.readKey(&fields); fields.bad {
			break
		}
	}
	cut.bad = cut.bad || fields.bad || len(fields.rest) > 0
	c.mark(false)
}

func (c *column) readKeyList(cut *cutter) {
	n := cut.length()
	if cut.bad = cut.bad || n > uint64(len(cut.rest)); cut.bad {
		return
	}
	for range n {
		if c.children[0].readKey(cut); cut.bad {
			return
		}
	}
	c.endList()
}

// readKeyFixed reads a value that has a fixed width in Arrow.
func (c *column) readKeyFixed(tag byte, cut *cutter) {
	var b [16]byte
	switch tag {
	case tagInteger, tagDate:
		v := cut.int()
		shift := 64 - 8*c.width
		cut.bad = cut.bad || v<<shift>>shift != v
		little.PutUint64(b[:], uint64(v))
	case tagFloat:
		v := math.Float64frombits(uint64(cut.int()))
		if c.width == 8 {
			little.PutUint64(b[:], math.Float64bits(v))
			break
		}
		cut.bad = cut.bad || v == v && float64(float32(v)) != v
		little.PutUint32(b[:], math.Float32bits(float32(v)))
	case tagTimestamp, tagTimestampNTZ:
		unit := cut.bytes(1)
		cut.bad = cut.bad || int(unit[0]) != 3*int(c.typ.(*arrow.TimestampType).Unit)
		little.PutUint64(b[:], uint64(cut.int()))
	case tagDecimal:
		cut.decimal(c.typ.(*arrow.Decimal128Type), &b)
	case tagInterval:
		months, days := cut.int(), cut.int()
		cut.bad = cut.bad || months != int64(int32(months)) || days != int64(int32(days))
		little.PutUint32(b[:], uint32(months))
		little.PutUint32(b[4:], uint32(days))
		little.PutUint64(b[8:], uint64(cut.int()))
	}
	if !cut.bad {
		c.appendFixed(b[:c.width])
	}
}

// decimal reads a decimal and gives it the scale of a type.
func (c *cutter) decimal(t *arrow.Decimal128Type, b *[16]byte) {
	scale := c.bytes(1)
	low, high := uint64(c.int()), c.int()
	if c.bad = c.bad || int32(scale[0]) > t.Scale; c.bad {
		return
	}
	v := decimal128.New(high, low)
	if high == math.MinInt64 || !v.FitsInPrecision(t.Precision-t.Scale+int32(scale[0])) {
		c.bad = true
		return
	}
	v = v.IncreaseScaleBy(t.Scale - int32(scale[0]))
	little.PutUint64(b[:], v.LowBits())
	little.PutUint64(b[8:], uint64(v.HighBits()))
}
