package json

import (
	"encoding/binary"
	"unsafe"
)

// All scanning reads a record as a base pointer b, a position p and the record's
// length end. The invariants that make this safe:
//
//   - At least pad readable bytes follow the record: Decoder.padded copies one
//     whose slice has not that capacity. They may hold anything, even bytes that
//     look like JSON, so a position beyond end is never taken as a success: every
//     loop stops at end, and whoever accepts a value has checked its position.
//   - A load starts below end+24, the longest key compare and the 32-byte copy of
//     short strings start below end and are at most pad bytes long.
//   - b keeps the record alive; no pointer into it outlives the call.
const pad = 64

// at returns the byte at p.
func at(b unsafe.Pointer, p int) byte { return *(*byte)(unsafe.Add(b, p)) }

// load8 returns the 8 bytes at p, the first one lowest.
func load8(b unsafe.Pointer, p int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(b, p))[:])
}

// load4 returns the 4 bytes at p, the first one lowest.
func load4(b unsafe.Pointer, p int) uint32 {
	return binary.LittleEndian.Uint32((*[4]byte)(unsafe.Add(b, p))[:])
}

// view returns the bytes [p, q) of the record; q is at most end.
func view(b unsafe.Pointer, p, q int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(b, p)), q-p)
}

// text returns the bytes [p, q) as a string that lives no longer than the record.
func text(b unsafe.Pointer, p, q int) string {
	return unsafe.String((*byte)(unsafe.Add(b, p)), q-p)
}

// short copies 32 bytes from p to the start of dst, which has as many.
func short(dst []byte, b unsafe.Pointer, p int) {
	*(*[32]byte)(dst) = *(*[32]byte)(unsafe.Add(b, p))
}

// cast returns the memory of a slice of fixed-width values as bytes.
func cast[T any](s []T) []byte {
	if cap(s) == 0 {
		return nil
	}
	s = s[:cap(s)]
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

// values returns the memory of b, made by cast or make, as values of type T.
func values[T any](b []byte) []T {
	var zero T
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}
