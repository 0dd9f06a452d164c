package dataframe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// The bytes of values in state are those of a row of one column: a byte that is 1
// for null, and then, if it is not, the value. The forms of values are part of what
// checkpoints hold.

var errStateBytes = errors.New("the bytes of a processor's state cannot be read; the Go type of the state may have changed since they were written")

// appendRow writes a row of one column.
func (s *shape) appendRow(dst []byte, v reflect.Value) []byte {
	if s.null(v) {
		return append(dst, 1)
	}
	return s.encode(append(dst, 0), v)
}

// readRow reads what appendRow wrote.
func (s *shape) readRow(b []byte, into reflect.Value) error {
	if len(b) == 0 || b[0] > 1 {
		return errStateBytes
	}
	if b[0] == 1 {
		into.SetZero()
		return nil
	}
	rest, ok := s.decode(b[1:], into)
	if !ok || len(rest) > 0 {
		return errStateBytes
	}
	return nil
}

// encode writes a value that is not null.
func (s *shape) encode(dst []byte, v reflect.Value) []byte {
	switch s.class {
	case classBytes:
		b := v.Bytes()
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case classText:
		return append(binary.AppendUvarint(dst, uint64(v.Len())), v.String()...)
	case classSpan:
		d := v.Interface().(types.Duration)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(d.Months))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(d.Days))
		return binary.LittleEndian.AppendUint64(dst, uint64(d.Micros*1000))
	case classPointer:
		return s.elem.encode(dst, v.Elem())
	case classStruct:
		return s.encodeStruct(dst, v)
	case classList:
		n := v.Len()
		dst = binary.AppendUvarint(dst, uint64(n))
		at := len(dst)
		dst = append(dst, make([]byte, (n+7)/8)...)
		for i := range n {
			if e := v.Index(i); s.elem.null(e) {
				dst[at+i/8] |= 1 << (i % 8)
			} else {
				dst = s.elem.encode(dst, e)
			}
		}
		return dst
	case classMap:
		return s.encodeMap(dst, v)
	}
	return appendFixed(dst, s.bits(v), s.width)
}

// bits are those of a value of fixed width.
func (s *shape) bits(v reflect.Value) uint64 {
	switch s.class {
	case classBool:
		if v.Bool() {
			return 1
		}
		return 0
	case classUint:
		return v.Uint()
	case classFloat:
		if s.width == 4 {
			return uint64(math.Float32bits(float32(v.Float())))
		}
		return math.Float64bits(v.Float())
	case classTime:
		return uint64(v.Interface().(time.Time).UnixMicro())
	}
	return uint64(v.Int())
}

func appendFixed(dst []byte, bits uint64, width int) []byte {
	for range width {
		dst = append(dst, byte(bits))
		bits >>= 8
	}
	return dst
}

func (s *shape) encodeStruct(dst []byte, v reflect.Value) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, (len(s.fields)+7)/8)...)
	for i, f := range s.fields {
		if x := v.FieldByIndex(f.index); f.null(x) {
			dst[at+i/8] |= 1 << (i % 8)
		} else {
			dst = f.encode(dst, x)
		}
	}
	return dst
}

// encodeMap writes entries as structs of key and value, ordered by their bytes:
// equal maps are equal bytes.
func (s *shape) encodeMap(dst []byte, v reflect.Value) []byte {
	entries := make([][]byte, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		e := s.key.encode([]byte{0}, it.Key())
		if x := it.Value(); s.elem.null(x) {
			e[0] = 2
		} else {
			e = s.elem.encode(e, x)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b []byte) int { return bytes.Compare(a[1:], b[1:]) })
	dst = binary.AppendUvarint(dst, uint64(len(entries)))
	dst = append(dst, make([]byte, (len(entries)+7)/8)...)
	for _, e := range entries {
		dst = append(dst, e...)
	}
	return dst
}

// decode reads a value that is not null, and returns what is behind it; false
// where the bytes make no sense.
func (s *shape) decode(b []byte, into reflect.Value) ([]byte, bool) {
	switch s.class {
	case classBytes, classText:
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, false
		}
		text, rest := b[size:size+int(n)], b[size+int(n):]
		if s.class == classText {
			into.SetString(string(text))
		} else {
			into.SetBytes(append([]byte{}, text...))
		}
		return rest, true
	case classPointer:
		into.Set(reflect.New(s.t.Elem()))
		return s.elem.decode(b, into.Elem())
	case classStruct:
		return s.decodeStruct(b, into)
	case classList:
		return s.decodeList(b, into)
	case classMap:
		return s.decodeMap(b, into)
	}
	if len(b) < s.width {
		return nil, false
	}
	return b[s.width:], s.setFixed(b[:s.width], into)
}

// setFixed sets a value of fixed width from its bytes.
func (s *shape) setFixed(b []byte, into reflect.Value) bool {
	if s.class == classSpan {
		into.Set(reflect.ValueOf(types.Duration{Months: int32(binary.LittleEndian.Uint32(b)), Days: int32(binary.LittleEndian.Uint32(b[4:])),
			Micros: int64(binary.LittleEndian.Uint64(b[8:])) / 1000}))
		return true
	}
	var bits uint64
	for i := range b {
		bits |= uint64(b[i]) << (8 * i)
	}
	shift := 64 - 8*len(b)
	return s.setBits(bits, int64(bits<<shift)>>shift, into)
}

func (s *shape) setBits(bits uint64, signed int64, into reflect.Value) bool {
	switch s.class {
	case classBool:
		into.SetBool(bits == 1)
		return bits <= 1
	case classUint:
		if signed < 0 || into.OverflowUint(bits) {
			return false
		}
		into.SetUint(bits)
	case classFloat:
		if s.width == 4 {
			into.SetFloat(float64(math.Float32frombits(uint32(bits))))
		} else {
			into.SetFloat(math.Float64frombits(bits))
		}
	case classTime:
		into.Set(reflect.ValueOf(time.UnixMicro(signed).UTC()))
	default:
		into.SetInt(signed)
	}
	return true
}

func (s *shape) decodeStruct(b []byte, into reflect.Value) ([]byte, bool) {
	n := (len(s.fields) + 7) / 8
	if len(b) < n {
		return nil, false
	}
	var ok bool
	bits := b[:n]
	b = b[n:]
	for i, f := range s.fields {
		x := into.FieldByIndex(f.index)
		if bits[i/8]&(1<<(i%8)) != 0 {
			x.SetZero()
		} else if b, ok = f.decode(b, x); !ok {
			return nil, false
		}
	}
	return b, true
}

// elements reads how many elements follow, and which of them are null.
func elements(b []byte) (n int, bits, rest []byte, ok bool) {
	count, size := binary.Uvarint(b)
	if size <= 0 || count > math.MaxInt32 {
		return 0, nil, nil, false
	}
	b, n = b[size:], int(count)
	if (n+7)/8 > len(b) {
		return 0, nil, nil, false
	}
	return n, b[:(n+7)/8], b[(n+7)/8:], true
}

func (s *shape) decodeList(b []byte, into reflect.Value) ([]byte, bool) {
	n, bits, b, ok := elements(b)
	if !ok {
		return nil, false
	}
	list := reflect.MakeSlice(s.t, n, n)
	for i := range n {
		if bits[i/8]&(1<<(i%8)) != 0 {
			continue
		}
		if b, ok = s.elem.decode(b, list.Index(i)); !ok {
			return nil, false
		}
	}
	into.Set(list)
	return b, true
}

func (s *shape) decodeMap(b []byte, into reflect.Value) ([]byte, bool) {
	n, _, b, ok := elements(b)
	if !ok {
		return nil, false
	}
	m := reflect.MakeMap(s.t)
	for range n {
		if len(b) == 0 || b[0]&^2 != 0 {
			return nil, false
		}
		null := b[0] == 2
		key, value := reflect.New(s.t.Key()).Elem(), reflect.New(s.t.Elem()).Elem()
		if b, ok = s.key.decode(b[1:], key); ok && !null {
			b, ok = s.elem.decode(b, value)
		}
		if !ok {
			return nil, false
		}
		m.SetMapIndex(key, value)
	}
	into.Set(m)
	return b, true
}
