package dataframe

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// The keys of a map state are written in the canonical encoding of keys: tag and
// value, equal bytes for equal keys.
const (
	tagNull      = 0x00
	tagBool      = 0x01
	tagInteger   = 0x02
	tagFloat     = 0x03
	tagText      = 0x04
	tagBytes     = 0x05
	tagDate      = 0x06
	tagTimestamp = 0x07
	tagStruct    = 0x0B
	tagList      = 0x0C

	microUnit    = 6
	canonicalNaN = 0x7FF8000000000000
)

// checkKey refuses types that cannot be keys of a map state.
func (s *shape) checkKey() error {
	switch s.class {
	case classMap, classSpan:
		return fmt.Errorf("%v cannot be a key of a map", s.t)
	}
	for _, inner := range append([]*shape{s.elem}, s.inner()...) {
		if inner != nil {
			if err := inner.checkKey(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shape) inner() []*shape {
	out := make([]*shape, len(s.fields))
	for i, f := range s.fields {
		out[i] = f.shape
	}
	return out
}

// appendKey writes a key.
func (s *shape) appendKey(dst []byte, v reflect.Value) []byte {
	if s.null(v) {
		return append(dst, tagNull)
	}
	word := func(tag byte, bits uint64) []byte { return binary.LittleEndian.AppendUint64(append(dst, tag), bits) }
	switch s.class {
	case classBool:
		return append(dst, tagBool, byte(s.bits(v)))
	case classInt, classUint:
		return word(tagInteger, s.bits(v))
	case classFloat:
		f := v.Float()
		if f != f {
			return word(tagFloat, canonicalNaN)
		}
		return word(tagFloat, math.Float64bits(f+0)) // -0 + 0 is 0
	case classText:
		return append(binary.LittleEndian.AppendUint32(append(dst, tagText), uint32(v.Len())), v.String()...)
	case classBytes:
		return append(binary.LittleEndian.AppendUint32(append(dst, tagBytes), uint32(v.Len())), v.Bytes()...)
	case classDay:
		return word(tagDate, s.bits(v))
	case classTime:
		return binary.LittleEndian.AppendUint64(append(dst, tagTimestamp, microUnit), s.bits(v))
	case classPointer:
		return s.elem.appendKey(dst, v.Elem())
	case classStruct:
		dst = append(dst, tagStruct, 0, 0, 0, 0)
		from := len(dst)
		for _, f := range s.fields {
			dst = f.appendKey(dst, v.FieldByIndex(f.index))
		}
		binary.LittleEndian.PutUint32(dst[from-4:], uint32(len(dst)-from))
		return dst
	}
	dst = binary.LittleEndian.AppendUint32(append(dst, tagList), uint32(v.Len()))
	for i := range v.Len() {
		dst = s.elem.appendKey(dst, v.Index(i))
	}
	return dst
}

// readKey reads what appendKey wrote, and returns what is behind it.
func (s *shape) readKey(b []byte, into reflect.Value) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	if b[0] == tagNull {
		into.SetZero()
		return b[1:], s.nullable()
	}
	switch s.class {
	case classPointer:
		into.Set(reflect.New(s.t.Elem()))
		return s.elem.readKey(b, into.Elem())
	case classBool:
		if len(b) < 2 {
			return nil, false
		}
		into.SetBool(b[1] == 1)
		return b[2:], b[0] == tagBool
	case classTime:
		if len(b) < 10 || b[0] != tagTimestamp || b[1] != microUnit {
			return nil, false
		}
		into.Set(reflect.ValueOf(time.UnixMicro(int64(binary.LittleEndian.Uint64(b[2:]))).UTC()))
		return b[10:], true
	case classText, classBytes, classStruct, classList:
		return s.readLongKey(b, into)
	}
	if len(b) < 9 {
		return nil, false
	}
	bits := binary.LittleEndian.Uint64(b[1:])
	return b[9:], s.setWord(b[0], bits, into)
}

func (s *shape) setWord(tag byte, bits uint64, into reflect.Value) bool {
	switch {
	case tag == tagInteger && s.class == classInt && !into.OverflowInt(int64(bits)):
		into.SetInt(int64(bits))
	case tag == tagInteger && s.class == classUint && !into.OverflowUint(bits):
		into.SetUint(bits)
	case tag == tagFloat && s.class == classFloat:
		into.SetFloat(math.Float64frombits(bits))
	case tag == tagDate && s.class == classDay:
		into.Set(reflect.ValueOf(types.Day(int64(bits))))
	default:
		return false
	}
	return true
}

// readLongKey reads a key that has a length.
func (s *shape) readLongKey(b []byte, into reflect.Value) ([]byte, bool) {
	tag := map[class]byte{classText: tagText, classBytes: tagBytes, classStruct: tagStruct, classList: tagList}[s.class]
	if len(b) < 5 || b[0] != tag {
		return nil, false
	}
	n := int(binary.LittleEndian.Uint32(b[1:]))
	if b = b[5:]; n > len(b) {
		return nil, false
	}
	var ok bool
	switch s.class {
	case classText:
		into.SetString(string(b[:n]))
		return b[n:], true
	case classBytes:
		into.SetBytes(append([]byte{}, b[:n]...))
		return b[n:], true
	case classStruct:
		fields := b[:n]
		for _, f := range s.fields {
			if fields, ok = f.readKey(fields, into.FieldByIndex(f.index)); !ok {
				return nil, false
			}
		}
		return b[n:], len(fields) == 0
	}
	list := reflect.MakeSlice(s.t, n, n)
	for i := range n {
		if b, ok = s.elem.readKey(b, list.Index(i)); !ok {
			return nil, false
		}
	}
	into.Set(list)
	return b, true
}
