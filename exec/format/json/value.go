package json

import (
	"encoding/base64"
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// value reads the value at p into a row of c, or leaves the row out, which makes
// it null, and returns the position after it. depth is the number of objects
// and arrays around it.
func (d *Decoder) value(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	switch c.kind {
	case kindString:
		if at(b, p) == '"' {
			q := plain(b, p+1, end)
			if q < end && at(b, q) == '"' {
				c.put(row, b, p+1, q-p-1)
				return q + 1
			}
		}
		return d.stringSlow(c, row, b, p, end, depth)
	case kindLong, kindInt, kindShort, kindByte:
		v, q, ok := d.integer(b, p, end)
		if ok && q <= end && putInteger(c, row, v) {
			return q
		}
		return d.integerOther(c, row, b, p, end, depth, q)
	case kindBool:
		if load4(b, p) == litTrue {
			c.putBool(row, true)
			return p + 4
		}
		if at(b, p) == 'f' && load4(b, p+1) == litAlse {
			c.putBool(row, false)
			return p + 5
		}
	case kindDouble:
		if t := at(b, p); t == '-' || t-'0' <= 9 {
			v, q := d.float(b, p, end)
			if q >= 0 {
				c.putDouble(row, v)
			}
			return q
		}
		return d.floatOther(c, row, b, p, end, depth)
	case kindFloat:
		return d.floatOther(c, row, b, p, end, depth)
	case kindStruct:
		if at(b, p) == '{' && p < end {
			return d.structValue(c, row, b, p, end, depth)
		}
	case kindList:
		if at(b, p) == '[' && p < end {
			return d.list(c, row, b, p, end, depth)
		}
	case kindMap:
		if at(b, p) == '{' && p < end {
			return d.mapValue(c, row, b, p, end, depth)
		}
	case kindVoid:
		return d.skip(b, p, end, depth)
	default:
		return d.textual(c, row, b, p, end, depth)
	}
	return d.mismatch(c, row, b, p, end, depth)
}

// mismatch leaves the row out: null is a null, any other value a flaw.
func (d *Decoder) mismatch(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	return d.leave(c, row, b, p, d.skip(b, p, end, depth), TypeMismatch)
}

// leave leaves the row out for a reason, unless the value in [p, q) is null.
func (d *Decoder) leave(c *column, row int, b unsafe.Pointer, p, q int, r Reason) int {
	c.truncate(row)
	if q >= 0 && at(b, p) != 'n' {
		d.flawed(c, p, r)
		d.bad = true
	}
	return q
}

// putInteger writes v if the column's type holds it.
func putInteger(c *column, row int, v int64) bool {
	switch c.kind {
	case kindLong:
		c.putLong(row, v)
		return true
	case kindInt:
		if v == int64(int32(v)) {
			c.putInt(row, int32(v))
			return true
		}
	case kindShort:
		if v == int64(int16(v)) {
			c.seek(row)
			values[int16](c.fixed)[row] = int16(v)
			c.n = row + 1
			return true
		}
	case kindByte:
		if v == int64(int8(v)) {
			c.seek(row)
			c.fixed[row] = byte(v)
			c.n = row + 1
			return true
		}
	}
	return false
}

// integerOther handles what integer gave no value for; q is what it returned.
func (d *Decoder) integerOther(c *column, row int, b unsafe.Pointer, p, end, depth, q int) int {
	if q > 0 {
		return d.leave(c, row, b, p, q, OutOfRange)
	}
	d.errCode = errNone
	return d.mismatch(c, row, b, p, end, depth)
}

// floatOther reads a float, and a double that is no plain number.
func (d *Decoder) floatOther(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	q := d.skip(b, p, end, depth)
	if q < 0 || q > end {
		return q
	}
	var v float64
	switch t := at(b, p); {
	case t == '"' || t == '\'':
		s, _ := d.decoded(view(b, p+1, q-1))
		var ok bool
		if v, ok = nonNumber(s); !ok || !d.opts.AllowNonNumericNumbers {
			return d.leave(c, row, b, p, q, textReason(s))
		}
	case t == '{' || t == '[' || t == 't' || t == 'f' || t == 'n':
		return d.leave(c, row, b, p, q, TypeMismatch)
	case c.kind == kindDouble:
		v, _ = d.floatSlow(b, p, end)
	default:
		v, _ = strconv.ParseFloat(text(b, p, q), 32) // out of range it is infinite
	}
	if c.kind == kindDouble {
		c.putDouble(row, v)
		return q
	}
	c.seek(row)
	values[float32](c.fixed)[row] = float32(v)
	c.n = row + 1
	return q
}

// textReason is the reason for a text under a column that takes only some texts.
func textReason(s []byte) Reason {
	if len(s) > 0 && (s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+') {
		return TypeMismatch // a number in quotes
	}
	return BadText
}

// stringSlow reads a string with escapes, non-ASCII or nothing before end, or the
// raw text of another value.
func (d *Decoder) stringSlow(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	q := d.skip(b, p, end, depth)
	if q < 0 || q > end {
		return q
	}
	switch at(b, p) {
	case '"', '\'':
		s, repaired := d.decoded(view(b, p+1, q-1))
		if repaired {
			d.flawed(c, p, InvalidUTF8)
		}
		return d.putText(c, row, b, p, q, s)
	case 'n':
		return d.leave(c, row, b, p, q, TypeMismatch)
	}
	raw := view(b, p, q)
	if !utf8.Valid(raw) {
		d.buf = repair(d.buf[:0], raw)
		d.flawed(c, p, InvalidUTF8)
		return d.putText(c, row, b, p, q, d.buf)
	}
	return d.putText(c, row, b, p, q, raw)
}

// putText writes s, unless the batch then held more than 32-bit offsets reach.
func (d *Decoder) putText(c *column, row int, b unsafe.Pointer, p, q int, s []byte) int {
	if c.truncate(row); c.used+len(s) > math.MaxInt32 {
		return d.leave(c, row, b, p, q, OutOfRange)
	}
	c.putBytes(row, s)
	return q
}

// textual reads decimals, binaries and times.
func (d *Decoder) textual(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	q := d.skip(b, p, end, depth)
	if q < 0 || q > end {
		return q
	}
	switch t := at(b, p); {
	case t == '"' || t == '\'':
		s, _ := d.decoded(view(b, p+1, q-1))
		return d.fromText(c, row, b, p, q, s)
	case t == '-' || t >= '0' && t <= '9':
		return d.fromNumber(c, row, b, p, q)
	}
	return d.leave(c, row, b, p, q, TypeMismatch)
}

// fromText reads the value of a text.
func (d *Decoder) fromText(c *column, row int, b unsafe.Pointer, p, q int, s []byte) int {
	switch c.kind {
	case kindDecimal:
		v, fits, ok := parseDecimal(s, c.prec, c.scale)
		return d.putDecimal(c, row, b, p, q, v, fits, ok)
	case kindBinary:
		d.bin = append(d.bin[:0], make([]byte, base64.StdEncoding.DecodedLen(len(s)))...)
		n, err := base64.StdEncoding.Strict().Decode(d.bin, s)
		if err != nil {
			return d.leave(c, row, b, p, q, BadText)
		}
		return d.putText(c, row, b, p, q, d.bin[:n])
	case kindDate:
		day, st := d.dates.date(s)
		if st != timeOK {
			return d.leave(c, row, b, p, q, st.reason())
		}
		c.putInt(row, day)
		return q
	}
	times := &d.times
	if c.kind == kindTimestampNTZ {
		times = &d.timesNTZ
	}
	us, st := times.timestamp(s, c.kind == kindTimestampNTZ)
	if st != timeOK {
		return d.leave(c, row, b, p, q, st.reason())
	}
	c.putLong(row, us)
	return q
}

// fromNumber reads the value of the number in [p, q).
func (d *Decoder) fromNumber(c *column, row int, b unsafe.Pointer, p, q int) int {
	switch c.kind {
	case kindDecimal:
		v, fits, ok := parseDecimal(view(b, p, q), c.prec, c.scale)
		return d.putDecimal(c, row, b, p, q, v, fits, ok)
	case kindTimestamp:
		us, ok := secondsToMicros(view(b, p, q))
		if !ok {
			return d.leave(c, row, b, p, q, OutOfRange)
		}
		c.putLong(row, us)
		return q
	}
	return d.leave(c, row, b, p, q, TypeMismatch)
}

func (d *Decoder) putDecimal(c *column, row int, b unsafe.Pointer, p, q int, v decimal128.Num, fits, ok bool) int {
	if !ok {
		return d.leave(c, row, b, p, q, BadText)
	}
	if !fits {
		return d.leave(c, row, b, p, q, OutOfRange)
	}
	c.seek(row)
	values[decimal128.Num](c.fixed)[row] = v
	c.n = row + 1
	return q
}
