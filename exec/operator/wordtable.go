package operator

import (
	"math/bits"
	"math/rand/v2"
)

// wordTable numbers distinct words: codes 0, 1, ... in the order in which words
// were first seen. It is an open-addressing table of 16-byte slots at most half
// full, without pointers, so that a lookup costs one cache miss and the garbage
// collector nothing.
type wordTable struct {
	slots []wordSlot
	words []uint64 // by code
	seed  uint64   // of this table: no input can be made to collide in all
	hole  uint32   // plus one: a code without a slot; 0 where there is none
	touched
}

type wordSlot struct {
	word uint64
	code uint32 // plus one; 0 is an empty slot
}

const minSlots = 64

func newWordTable() *wordTable {
	return &wordTable{slots: make([]wordSlot, minSlots), seed: rand.Uint64()}
}

func (t *wordTable) len() int { return len(t.words) }

func (t *wordTable) bytes() int64 { return int64(len(t.slots))*16 + int64(cap(t.words))*8 }

// mix scrambles a word: the two halves of a 128-bit product, folded.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

const mixer = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio

// blockRows is how many rows are looked up together: in a table that is not in
// the cache their slots are first read one after the other, without deciding
// anything, so that the processor waits for many at a time.
const blockRows = 128

// largeTable is the number of slots from which that pays.
const largeTable = 1 << 17

// touched keeps reads that are made for the cache alone from being left out.
type touched uint32

// lookup sets out[j] to the code of words[j], making codes for new words.
func (t *wordTable) lookup(words []uint64, out []uint32) {
	for from := 0; from < len(words); from += blockRows {
		to := min(from+blockRows, len(words))
		if len(t.slots) >= largeTable {
			t.touch(words[from:to])
		}
		t.find(words[from:to], out[from:to])
	}
}

func (t *wordTable) touch(words []uint64) {
	mask, sum := uint64(len(t.slots)-1), uint32(0)
	for _, w := range words {
		sum += t.slots[mix(w^t.seed, mixer)&mask].code
	}
	t.touched += touched(sum)
}

func (t *wordTable) find(words []uint64, out []uint32) {
	slots, mask, seed := t.slots, uint64(len(t.slots)-1), t.seed
	for j, w := range words {
		p := mix(w^seed, mixer) & mask
		for {
			s := &slots[p]
			if s.word == w && s.code != 0 {
				out[j] = s.code - 1
				break
			}
			if s.code == 0 {
				out[j] = t.insert(s, w)
				slots, mask = t.slots, uint64(len(t.slots)-1)
				break
			}
			p = (p + 1) & mask
		}
	}
}

// code returns the code of one word, making one if it is new.
func (t *wordTable) code(w uint64) uint32 {
	in, out := [1]uint64{w}, [1]uint32{}
	t.lookup(in[:], out[:])
	return out[0]
}

// insert fills an empty slot, and makes the table larger once it is half full.
func (t *wordTable) insert(s *wordSlot, w uint64) uint32 {
	t.words = append(t.words, w)
	code := uint32(len(t.words))
	s.word, s.code = w, code
	if len(t.words)*2 > len(t.slots) {
		t.rehash(len(t.slots) * 2)
	}
	return code - 1
}

// addHole makes a code that no word has.
func (t *wordTable) addHole() uint32 {
	t.words = append(t.words, 0)
	t.hole = uint32(len(t.words))
	return t.hole - 1
}

// rehash fills a table of another size. It goes through the old one from slot to
// slot: what lies together there lies together in the new one.
func (t *wordTable) rehash(size int) {
	old := t.slots
	t.slots = make([]wordSlot, size)
	slots, mask := t.slots, uint64(size-1)
	for _, s := range old {
		if s.code == 0 || int(s.code) > len(t.words) {
			continue
		}
		p := mix(s.word^t.seed, mixer) & mask
		for slots[p].code != 0 {
			p = (p + 1) & mask
		}
		slots[p] = s
	}
}

// truncate forgets all codes from n on.
func (t *wordTable) truncate(n int) {
	if n < len(t.words) {
		t.words = t.words[:n]
		if t.hole > uint32(n) {
			t.hole = 0
		}
		t.rehash(len(t.slots))
	}
}
