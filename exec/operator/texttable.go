package operator

import (
	"encoding/binary"
	"math/rand/v2"
	"unsafe"

	"github.com/riffledata/riffle/exec/kernel"
)

// textTable numbers distinct byte strings, as wordTable does words, in a table at
// most three quarters full: its slots are larger. A slot holds
// a string of up to 16 bytes itself, as two words and a length: addresses, names
// and codes are found without looking anywhere else. Of a longer one it holds
// the hash and the place in the arena, where the bytes are compared.
type textTable struct {
	slots []textSlot
	ends  []uint64 // by code: where its bytes end in the arena; they begin where the code before ends
	arena []byte
	seed  uint64
	block [blockRows]struct{ a, b, slot uint64 } // scratch
	touched
}

type textSlot struct {
	a, b uint64 // the bytes; of a longer string its hash and its place in the arena
	n    uint32
	code uint32 // plus one; 0 is an empty slot
}

const inlineText = 16

func newTextTable() *textTable {
	return &textTable{slots: make([]textSlot, minSlots), seed: rand.Uint64()}
}

func (t *textTable) len() int { return len(t.ends) }

func (t *textTable) bytes() int64 {
	return int64(len(t.slots))*int64(unsafe.Sizeof(textSlot{})) + int64(cap(t.ends))*8 + int64(cap(t.arena))
}

// at returns the bytes of a code; they must not be changed.
func (t *textTable) at(code uint32) []byte {
	from := uint64(0)
	if code > 0 {
		from = t.ends[code-1]
	}
	return t.arena[from:t.ends[code]]
}

// key returns the words that stand for s in a slot, and where to look first.
func (t *textTable) key(s []byte) (a, b, slot uint64) {
	n := len(s)
	switch {
	case n > inlineText:
		a = longHash(s, t.seed)
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[n-8:])
	case n >= 4:
		a = uint64(binary.LittleEndian.Uint32(s)) | uint64(binary.LittleEndian.Uint32(s[n-4:]))<<32
	case n > 0:
		a = uint64(s[0]) | uint64(s[n>>1])<<8 | uint64(s[n-1])<<16
	}
	return a, b, t.slot(a, b, uint32(n))
}

// slot is where a string is looked for first; b of a long one does not count.
func (t *textTable) slot(a, b uint64, n uint32) uint64 {
	if n > inlineText {
		b = 0
	}
	return mix(a^t.seed, b^uint64(n)*0xD6E8FEB86659FD93^0xE7037ED1A0B428DB) & uint64(len(t.slots)-1)
}

// longHash hashes more than 16 bytes, 16 at a time, the last 16 overlapping.
func longHash(s []byte, seed uint64) uint64 {
	h := seed ^ uint64(len(s))
	for len(s) > 16 {
		h = mix(binary.LittleEndian.Uint64(s)^mixer^h, binary.LittleEndian.Uint64(s[8:])^0xE7037ED1A0B428DB)
		s = s[min(16, len(s)-16):]
	}
	return mix(binary.LittleEndian.Uint64(s)^mixer^h, binary.LittleEndian.Uint64(s[8:])^0x8EBC6AF09C88C6E3)
}

// lookup sets out[j] to the code of the string data[offsets[i]:offsets[i+1]],
// i being the j-th selected row; of null rows to null().
func (t *textTable) lookup(offsets []int32, data []byte, valid bitmap, rows kernel.Rows, out []uint32, null func() uint32) {
	for from := 0; from < len(out); from += blockRows {
		to := min(from+blockRows, len(out))
		touched := len(t.slots)
		if touched >= largeTable {
			t.touch(offsets, data, rows, from, to)
		} else {
			touched = -1
		}
		for j := from; j < to; j++ {
			i := row(rows, j)
			if valid.bits != nil && !valid.at(i) {
				out[j] = null()
				continue
			}
			s := data[offsets[i]:offsets[i+1]]
			if len(t.slots) == touched {
				k := &t.block[j-from]
				out[j] = t.find(k.a, k.b, k.slot, s)
			} else {
				out[j] = t.code(s)
			}
		}
	}
}

// touch brings the slots of some rows, then the bytes of long strings, into the
// cache, many misses at a time.
func (t *textTable) touch(offsets []int32, data []byte, rows kernel.Rows, from, to int) {
	sum := uint32(0)
	block := t.block[:to-from]
	for k := range block {
		i := row(rows, from+k)
		block[k].a, block[k].b, block[k].slot = t.key(data[offsets[i]:offsets[i+1]])
		sum += t.slots[block[k].slot].code
	}
	for _, k := range block {
		if e := &t.slots[k.slot]; e.n > inlineText && e.a == k.a {
			sum += uint32(t.arena[e.b])
		}
	}
	t.touched += touched(sum)
}

// code returns the code of s, making one if it is new. It copies s.
func (t *textTable) code(s []byte) uint32 {
	a, b, p := t.key(s)
	return t.find(a, b, p, s)
}

func (t *textTable) find(a, b, p uint64, s []byte) uint32 {
	n, mask := uint32(len(s)), uint64(len(t.slots)-1)
	for ; ; p = (p + 1) & mask {
		e := &t.slots[p]
		if e.a == a && e.n == n && e.code != 0 {
			if n <= inlineText {
				if e.b == b {
					return e.code - 1
				}
			} else if string(t.arena[e.b:e.b+uint64(n)]) == string(s) {
				return e.code - 1
			}
		}
		if e.code == 0 {
			return t.insert(e, a, b, s)
		}
	}
}

func (t *textTable) insert(e *textSlot, a, b uint64, s []byte) uint32 {
	if len(s) > inlineText {
		b = uint64(len(t.arena))
	}
	code := t.add(s)
	*e = textSlot{a, b, uint32(len(s)), code + 1}
	if len(t.ends)*4 > len(t.slots)*3 {
		t.rehash(len(t.slots) * 2)
	}
	return code
}

// add makes a code for s without looking for it.
func (t *textTable) add(s []byte) uint32 {
	t.arena = append(t.arena, s...)
	t.ends = append(t.ends, uint64(len(t.arena)))
	return uint32(len(t.ends) - 1)
}

func (t *textTable) rehash(size int) {
	old := t.slots
	t.slots = make([]textSlot, size)
	mask := uint64(size - 1)
	for i := range old {
		e := &old[i]
		if e.code == 0 || int(e.code) > len(t.ends) {
			continue
		}
		p := t.slot(e.a, e.b, e.n)
		for t.slots[p].code != 0 {
			p = (p + 1) & mask
		}
		t.slots[p] = *e
	}
}

// truncate forgets all codes from n on.
func (t *textTable) truncate(n int) {
	if n >= len(t.ends) {
		return
	}
	t.ends = t.ends[:n]
	t.arena = t.arena[:0]
	if n > 0 {
		t.arena = t.arena[:t.ends[n-1]]
	}
	t.rehash(len(t.slots))
}
