package main

import (
	"encoding/binary"
	"math/bits"
)

// dict numbers the different texts of a column, from 1 in the order of their
// coming; 0 stands for null. It holds no pointers but its few slices.
type dict struct {
	slots   []uint32 // open addressing: codes, 0 means free; a power of two
	entries []dictEntry
	bytes   []byte
}

type dictEntry struct {
	hash   uint64
	at, to uint32 // in bytes
}

func newDict() *dict { return &dict{slots: make([]uint32, 1024), entries: make([]dictEntry, 1)} }

func (d *dict) code(s []byte) uint32 {
	h := hash(s)
	mask := uint64(len(d.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		code := d.slots[i]
		if code == 0 {
			return d.add(s, h, i)
		}
		if e := &d.entries[code]; e.hash == h && string(d.bytes[e.at:e.to]) == string(s) {
			return code
		}
	}
}

func (d *dict) text(code uint32) []byte {
	e := d.entries[code]
	return d.bytes[e.at:e.to]
}

func (d *dict) add(s []byte, h, slot uint64) uint32 {
	code := uint32(len(d.entries))
	at := uint32(len(d.bytes))
	d.bytes = append(d.bytes, s...)
	d.entries = append(d.entries, dictEntry{h, at, uint32(len(d.bytes))})
	d.slots[slot] = code
	if len(d.entries)*2 > len(d.slots) {
		d.slots = make([]uint32, 2*len(d.slots))
		mask := uint64(len(d.slots) - 1)
		for c := 1; c < len(d.entries); c++ {
			i := d.entries[c].hash & mask
			for d.slots[i] != 0 {
				i = (i + 1) & mask
			}
			d.slots[i] = uint32(c)
		}
	}
	return code
}

// hash mixes a text 16 bytes at a time by 64 x 64 bit products, as wyhash does.
func hash(s []byte) uint64 {
	const k0, k1 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	n := len(s)
	h := uint64(n) ^ k0
	for ; n > 16; n -= 16 {
		h = fold(word(s)^k1, word(s[8:])^h)
		s = s[16:]
	}
	var a, b uint64
	switch {
	case n >= 8:
		a, b = word(s), word(s[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(s)), uint64(binary.LittleEndian.Uint32(s[n-4:]))
	case n > 0:
		a = uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1])
	}
	return fold(a^k1, b^h)
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
