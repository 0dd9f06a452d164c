package psl

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Names are read eight bytes at a time, without a branch where lengths differ:
// such branches are what a look-up would spend its time on. Bytes of a word are
// numbered as in memory: the first is the lowest.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// bytesOf views a string as bytes, which must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// lower turns A-Z of a word into a-z, and leaves all other bytes alone.
func lower(w uint64) uint64 {
	h := w &^ highs
	fromA, aboveZ := h+(0x80-'A')*ones, h+(0x7f-'Z')*ones
	return w | (fromA^aboveZ)&^w&highs>>2
}

// hasUpper tells whether b holds a letter A-Z.
func hasUpper(b []byte) bool {
	for end := len(b); end > 0; end -= 16 {
		if far, near := load16(b, end); lower(far) != far || lower(near) != near {
			return true
		}
	}
	return false
}

// dotBits has the highest bit set of each byte that is a dot, and no other.
func dotBits(w uint64) uint64 {
	w ^= '.' * ones
	return ^((w&^highs + (highs - ones)) | w) & highs
}

// load16 returns the 16 bytes of b before end, the last 8 in near; zeros stand
// for those before the start of b.
func load16(b []byte, end int) (far, near uint64) {
	switch {
	case end >= 16:
		return word(b[end-16:]), word(b[end-8:])
	case end >= 8:
		return word(b) << (8 * uint(16-end)), word(b[end-8:])
	case len(b) >= 8:
		return 0, word(b) << (8 * uint(8-end))
	}
	for i := range end {
		near = near>>8 | uint64(b[i])<<56
	}
	return 0, near
}

// bitsToDot is eight times the number of bytes after the last dot of the 16
// bytes, 128 where there is none.
func bitsToDot(far, near uint64) uint {
	n := uint(bits.LeadingZeros64(dotBits(near)))
	if n == 64 {
		n += uint(bits.LeadingZeros64(dotBits(far)))
	}
	return n
}

// labelStart returns where the label begins that ends at end: after the last
// dot of b[:end], or 0.
func labelStart(b []byte, end int) int {
	for end > 0 {
		n := int(bitsToDot(load16(b, end)) >> 3)
		if n < 16 {
			return max(end-n, 0)
		}
		end -= 16
	}
	return 0
}

// label is the last label of a name: where it starts, and its letters in lower case.
type label struct {
	start     int
	far, near uint64 // the last 16 bytes, or fewer, zeros before
	rest      uint64 // a hash of the bytes before them, 0 if there are none
}

// shortLabel is lastLabel for a label of less than 8 bytes with 8 bytes to read:
// nearly every suffix of nearly every name. ok tells whether it is one.
func shortLabel(b []byte, end int) (l label, ok bool) {
	if end < 8 {
		return l, false
	}
	w := word(b[end-8 : end])
	n := uint(bits.LeadingZeros64(dotBits(w)))
	return label{start: end - int(n>>3), near: lower(w >> (64 - n) << (64 - n))}, n < 64
}

// lastLabel returns the label of b that ends at end.
func lastLabel(b []byte, end int) label {
	far, near := load16(b, end)
	n := min(bitsToDot(far, near), 8*uint(end))
	noNear, noFar := 64-min(n, 64), 128-max(n, 64)
	l := label{start: end - int(n>>3), far: lower(far >> noFar << noFar), near: lower(near >> noNear << noNear)}
	if n == 128 && l.start > 0 && b[l.start-1] != '.' {
		l.start = labelStart(b, l.start)
		l.rest = hashLower(b[l.start : end-16])
	}
	return l
}

// hashLower mixes the bytes in lower case; it is never 0.
func hashLower(b []byte) uint64 {
	h := uint64(1)
	for end := len(b); end > 0; end -= 16 {
		far, near := load16(b, end)
		h = (h ^ lower(far)) * 0xff51afd7ed558ccd
		h = (h ^ h>>32 ^ lower(near)) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return h | 1
}

// equalFold tells whether b is low but for ASCII letter case. low is in lower case.
func equalFold(b []byte, low string) bool {
	if len(b) != len(low) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}

// odd tells whether a name holds a byte that is not plain: one above 0x7e or
// below '-', a slash, or one of : ; < = > ? @. They are all that can be part of
// a URL or of a name in Unicode, or a blank at an end; the names of nearly all
// traffic have none.
func odd(b []byte) bool {
	n := len(b)
	if n < 8 {
		_, near := load16(b, n)
		return n > 0 && oddBits(near|('a'*ones)>>(8*uint(n)))&highs != 0
	}
	acc := oddBits(word(b)) | oddBits(word(b[n-8:]))
	if n > 16 {
		acc |= oddBits(word(b[8:])) | oddBits(word(b[n-16:]))
	}
	for i := 16; i+16 < n; i += 8 {
		acc |= oddBits(word(b[i:]))
	}
	return acc&highs != 0
}

// oddBits has the highest bit set of each byte that is odd; other bits mean nothing.
func oddBits(w uint64) uint64 {
	h := w &^ highs
	colonToAt := (h + (0x80-':')*ones) ^ (h + (0x7f-'@')*ones)
	belowDash := ^(h + (0x80-'-')*ones)
	slash := ^((h ^ '/'*ones) + (highs - ones))
	return w | colonToAt | belowDash | slash | (h + ones)
}
