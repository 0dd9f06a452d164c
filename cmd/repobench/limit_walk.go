package main

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// The walker reads bytes eight at a time and past the end of its record: the
// buffer of a chunk must go on for at least pad bytes after the last record.
// Byte order is little endian. Every scan stops at a control character, of
// which a newline ends each record.
const (
	pad   = 64
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func load(b unsafe.Pointer, p int) uint64 { return *(*uint64)(unsafe.Add(b, p)) }
func char(b unsafe.Pointer, p int) byte   { return *(*byte)(unsafe.Add(b, p)) }

// key is a key of dns.log as it stands in a line, quotes and colon included.
type key struct {
	head, tail, mask uint64 // its first and its last 8 bytes; mask for shorter ones
	size, tailAt     int
	column           int // -1 where the job does not need it
}

// The columns of the job.
const (
	colHost = iota
	colQuery
	colType
	numCols
)

// keys are those of dns.log in the order in which Zeek writes them.
var keys = makeKeys("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "trans_id", "rtt", "query",
	"qclass", "qclass_name", "qtype", "qtype_name", "rcode", "rcode_name", "AA", "TC", "RD", "RA", "Z", "answers", "TTLs", "rejected")

func column(name string) int {
	switch name {
	case "id.orig_h":
		return colHost
	case "query":
		return colQuery
	case "qtype_name":
		return colType
	}
	return -1
}

func makeKeys(names ...string) []key {
	out := make([]key, len(names))
	for i, name := range names {
		text := make([]byte, 32)
		n := copy(text, `"`+name+`":`)
		at := unsafe.Pointer(&text[0])
		k := key{size: n, tailAt: max(0, n-8), mask: ^uint64(0), column: column(name)}
		if n < 8 {
			k.mask = 1<<(8*n) - 1
		}
		k.head, k.tail = load(at, 0)&k.mask, load(at, k.tailAt)&k.mask
		out[i] = k
	}
	return out
}

// record walks one record and stores its columns; it tells whether it is valid
// JSON, an object with nothing but blanks around it.
func (w *textBatch) record(b unsafe.Pointer, p, end int) bool {
	p = blanks(b, p)
	if char(b, p) != '{' {
		return false
	}
	p++
	if char(b, p) != '"' {
		if p = blanks(b, p); char(b, p) == '}' {
			return blanks(b, p+1) == end
		}
	}
	for next := 0; ; {
		col := -1
		k := next
		for ; k < len(keys); k++ {
			if e := &keys[k]; (load(b, p)^e.head)&e.mask|(load(b, p+e.tailAt)^e.tail)&e.mask == 0 {
				p, col, next = p+e.size, e.column, k+1
				break
			}
		}
		if k == len(keys) {
			if p, col = otherKey(b, p, end); p < 0 {
				return false
			}
		}
		if char(b, p) <= ' ' {
			p = blanks(b, p)
		}
		start := p
		if p = value(b, p, end, 0); p < 0 {
			return false
		}
		if col >= 0 {
			w.store(col, b, start, p)
		}
		c := char(b, p)
		if c <= ' ' {
			p = blanks(b, p)
			c = char(b, p)
		}
		p++
		if c == ',' {
			if char(b, p) != '"' {
				p = blanks(b, p)
			}
			continue
		}
		return c == '}' && blanks(b, p) == end
	}
}

func blanks(b unsafe.Pointer, p int) int {
	for c := char(b, p); c == ' ' || c == '\t' || c == '\r'; c = char(b, p) {
		p++
	}
	return p
}

// otherKey reads a key out of order or with blanks around it, up to its value.
func otherKey(b unsafe.Pointer, p, end int) (at, col int) {
	if char(b, p) != '"' {
		return -1, 0
	}
	q := text(b, p+1, end)
	if q < 0 {
		return -1, 0
	}
	col = column(unescaped(unsafe.Slice((*byte)(unsafe.Add(b, p+1)), q-p-2)))
	if q = blanks(b, q); char(b, q) != ':' {
		return -1, 0
	}
	return q + 1, col
}

// maxDepth is how deep arrays and objects may lie in each other.
const maxDepth = 64

// value returns where the value at p ends, or -1 where it is none.
func value(b unsafe.Pointer, p, end, depth int) int {
	switch c := char(b, p); c {
	case '"':
		return text(b, p+1, end)
	case 't':
		if uint32(load(b, p)) == 'e'<<24|'u'<<16|'r'<<8|'t' {
			return p + 4
		}
	case 'f':
		if load(b, p)&0xffffffffff == 'e'<<32|'s'<<24|'l'<<16|'a'<<8|'f' {
			return p + 5
		}
	case 'n':
		if uint32(load(b, p)) == 'l'<<24|'l'<<16|'u'<<8|'n' {
			return p + 4
		}
	case '[', '{':
		if depth < maxDepth {
			return nested(b, p, end, depth)
		}
	default:
		return number(b, p)
	}
	return -1
}

// nested skips an array or an object.
func nested(b unsafe.Pointer, p, end, depth int) int {
	object := char(b, p) == '{'
	closing := char(b, p) + 2 // ] or }
	if p = blanks(b, p+1); char(b, p) == closing {
		return p + 1
	}
	for {
		if object {
			if p, _ = otherKey(b, p, end); p < 0 {
				return -1
			}
			p = blanks(b, p)
		}
		if p = value(b, p, end, depth+1); p < 0 {
			return -1
		}
		p = blanks(b, p)
		switch char(b, p) {
		case ',':
			p = blanks(b, p+1)
		case closing:
			return p + 1
		default:
			return -1
		}
	}
}

// text returns where the text ends whose first byte after the quote is at p:
// after the closing quote. Escapes and UTF-8 are checked.
func text(b unsafe.Pointer, p, end int) int {
	for {
		w := load(b, p)
		quote, slash := w^'"'*ones, w^'\\'*ones
		m := ((quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w | w) & highs
		if m == 0 {
			p += 8
			continue
		}
		p += bits.TrailingZeros64(m) >> 3
		switch c := char(b, p); {
		case c == '"':
			return p + 1
		case c == '\\':
			n := escape(b, p)
			if n == 0 {
				return -1
			}
			p += n
		case c < ' ' || p >= end:
			return -1
		default:
			r, n := utf8.DecodeRune(unsafe.Slice((*byte)(unsafe.Add(b, p)), end-p))
			if r == utf8.RuneError && n == 1 {
				return -1
			}
			p += n
		}
	}
}

// escape is the number of bytes of the escape at p, 0 where it is none.
func escape(b unsafe.Pointer, p int) int {
	switch char(b, p+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if c := char(b, p+i); (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// digits returns where the digits at p end.
func digits(b unsafe.Pointer, p int) int {
	for {
		x := load(b, p) ^ '0'*ones
		if m := (x&^highs + (0x80-10)*ones | x) & highs; m != 0 {
			return p + bits.TrailingZeros64(m)>>3
		}
		p += 8
	}
}

// number returns where the number at p ends, or -1 where it is none.
func number(b unsafe.Pointer, p int) int {
	if char(b, p) == '-' {
		p++
	}
	q := digits(b, p)
	if q == p || char(b, p) == '0' && q > p+1 {
		return -1
	}
	if char(b, q) == '.' {
		p = q + 1
		if q = digits(b, p); q == p {
			return -1
		}
	}
	if char(b, q)|0x20 == 'e' {
		p = q + 1
		if c := char(b, p); c == '+' || c == '-' {
			p++
		}
		if q = digits(b, p); q == p {
			return -1
		}
	}
	return q
}
