package operator

import (
	"math/bits"
	"math/rand/v2"
)

// wordTable numbers distinct words: codes 0, 1, ... in the order in which words
// were first seen. It is an open-addressing table at most half full, without
// pointers, so that it costs the garbage collector nothing. A slot holds half a
// hash, not the word: a table of half the size is made, grown and read with half
// the cache misses, and it grows without hashing anything again.
type wordTable struct {
	slots []wordSlot
	words []uint64 // by code
	seed  uint64   // of this table: no input can be made to collide in all
	block [blockRows]uint32
	touched
}

type wordSlot struct {
	hash uint32
	code uint32 // plus one; 0 is an empty slot
}

const minSlots = 64

func newWordTable() *wordTable {
	return &wordTable{slots: make([]wordSlot, minSlots), seed: rand.Uint64()}
}

func (t *wordTable) len() int { return len(t.words) }

func (t *wordTable) bytes() int64 { return int64(len(t.slots))*8 + int64(cap(t.words))*8 }

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

// hash is where a word is looked for first, before the mask.
func (t *wordTable) hash(w uint64) uint32 { return uint32(mix(w^t.seed, mixer)) }

// lookup sets out[j] to the code of words[j], making codes for new words.
func (t *wordTable) lookup(words []uint64, out []uint32) {
	for from := 0; from < len(words); from += blockRows {
		to := min(from+blockRows, len(words))
		hashes := t.block[:to-from]
		for j, w := range words[from:to] {
			hashes[j] = t.hash(w)
		}
		if len(t.slots) >= largeTable {
			t.touch(hashes)
		}
		t.find(words[from:to], hashes, out[from:to])
	}
}

// touch brings slots and words into the cache, many misses at a time.
func (t *wordTable) touch(hashes []uint32) {
	mask, sum := uint32(len(t.slots)-1), uint64(0)
	for _, h := range hashes {
		if s := t.slots[h&mask]; s.code != 0 {
			sum += t.words[s.code-1]
		}
	}
	t.touched += touched(sum)
}

func (t *wordTable) find(words []uint64, hashes []uint32, out []uint32) {
	slots, mask := t.slots, uint32(len(t.slots)-1)
	for j, w := range words {
		h := hashes[j]
		for p := h & mask; ; p = (p + 1) & mask {
			s := slots[p]
			if s.hash == h && s.code != 0 && t.words[s.code-1] == w {
				out[j] = s.code - 1
				break
			}
			if s.code == 0 {
				out[j] = t.insert(p, h, w)
				slots, mask = t.slots, uint32(len(t.slots)-1)
				break
			}
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
func (t *wordTable) insert(p, h uint32, w uint64) uint32 {
	t.words = append(t.words, w)
	code := uint32(len(t.words))
	t.slots[p] = wordSlot{h, code}
	if len(t.words)*2 > len(t.slots) {
		t.rehash(len(t.slots) * 2)
	}
	return code - 1
}

// addHole makes a code that no word has.
func (t *wordTable) addHole() uint32 {
	t.words = append(t.words, 0)
	return uint32(len(t.words) - 1)
}

// rehash fills a table of another size. It goes through the old one from slot to
// slot: what lies together there lies together in the new one.
func (t *wordTable) rehash(size int) {
	old := t.slots
	t.slots = make([]wordSlot, size)
	slots, mask := t.slots, uint32(size-1)
	for _, s := range old {
		if s.code == 0 || int(s.code) > len(t.words) {
			continue
		}
		p := s.hash & mask
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
		t.rehash(len(t.slots))
	}
}
