package kernel

import (
	"encoding/binary"
	"math/bits"
)

// murmur3 is Murmur3_x86_32 as Spark has it: bytes that do not fill a word of
// four are mixed one by one, each as a signed number.
var murmur3 = mixer{
	i32: func(v uint32, seed uint64) uint64 { return murmurEnd(murmurMix(v, uint32(seed)), 4) },
	i64: func(v, seed uint64) uint64 {
		return murmurEnd(murmurMix(uint32(v>>32), murmurMix(uint32(v), uint32(seed))), 8)
	},
	bytes: func(b []byte, seed uint64) uint64 {
		h, n := uint32(seed), uint32(len(b))
		for ; len(b) >= 4; b = b[4:] {
			h = murmurMix(binary.LittleEndian.Uint32(b), h)
		}
		for _, c := range b {
			h = murmurMix(uint32(int32(int8(c))), h)
		}
		return murmurEnd(h, n)
	},
}

func murmurMix(k, h uint32) uint32 {
	k = bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593
	return bits.RotateLeft32(h^k, 13)*5 + 0xe6546b64
}

func murmurEnd(h, n uint32) uint64 {
	h ^= n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return uint64(h ^ h>>16)
}

const (
	prime1 = 0x9E3779B185EBCA87
	prime2 = 0xC2B2AE3D27D4EB4F
	prime3 = 0x165667B19E3779F9
	prime4 = 0x85EBCA77C2B2AE63
	prime5 = 0x27D4EB2F165667C5
)

// xxh64 is XXH64; numbers count as their bytes, the lowest first.
var xxh64 = mixer{
	i32:   func(v uint32, seed uint64) uint64 { return xxhEnd(xxhFour(seed+prime5+4, v)) },
	i64:   func(v, seed uint64) uint64 { return xxhEnd(xxhEight(seed+prime5+8, v)) },
	bytes: xxhBytes,
}

func xxhRound(acc, v uint64) uint64 { return bits.RotateLeft64(acc+v*prime2, 31) * prime1 }

func xxhEight(h, v uint64) uint64 {
	return bits.RotateLeft64(h^xxhRound(0, v), 27)*prime1 + prime4
}

func xxhFour(h uint64, v uint32) uint64 {
	return bits.RotateLeft64(h^uint64(v)*prime1, 23)*prime2 + prime3
}

func xxhEnd(h uint64) uint64 {
	h = (h ^ h>>33) * prime2
	h = (h ^ h>>29) * prime3
	return h ^ h>>32
}

func xxhBytes(b []byte, seed uint64) uint64 {
	n := uint64(len(b))
	h := seed + prime5
	if n >= 32 {
		acc := [4]uint64{seed + prime1, seed, seed, seed}
		acc[0] += prime2
		acc[1] += prime2
		acc[3] -= prime1
		for ; len(b) >= 32; b = b[32:] {
			for k := range acc {
				acc[k] = xxhRound(acc[k], binary.LittleEndian.Uint64(b[8*k:]))
			}
		}
		h = bits.RotateLeft64(acc[0], 1) + bits.RotateLeft64(acc[1], 7) + bits.RotateLeft64(acc[2], 12) + bits.RotateLeft64(acc[3], 18)
		for _, a := range acc {
			h = (h^xxhRound(0, a))*prime1 + prime4
		}
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = xxhEight(h, binary.LittleEndian.Uint64(b))
	}
	if len(b) >= 4 {
		h = xxhFour(h, binary.LittleEndian.Uint32(b))
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*prime5, 11) * prime1
	}
	return xxhEnd(h)
}
