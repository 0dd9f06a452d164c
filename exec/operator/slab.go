package operator

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var little = binary.LittleEndian

// slab is memory for records of bytes that come and go: chunks without pointers,
// and for each size of record a list of those that are free. A record is named by
// a number, never 0: its chunk, and where in it, in units of 16 bytes.
type slab struct {
	chunks [][]byte
	used   int      // bytes of the last chunk of small records
	last   int      // which chunk that is
	holes  []uint32 // numbers of chunks that were given back
	free   [slabClasses]uint32
	bytes  int64
}

const (
	slabUnit    = 16
	slabUnits   = 1 << 16 // of a chunk at most
	slabFirst   = 32 << 10
	slabLarge   = 128 << 10 // records above it have a chunk of their own
	slabClasses = 121
)

var errSlabFull = errors.New("one task's rows take more than the 64 GiB that a task can hold in memory; run with more tasks, or keep the state on disk (riffle.state.backend=disk)")

// slabClass is the number of a size of records, and that size. Sizes are an eighth
// apart at most, but for small ones.
func slabClass(n int) (class, size int) {
	if n <= 1024 {
		class = (n + slabUnit - 1) / slabUnit
		return class, class * slabUnit
	}
	shift := bits.Len(uint(n-1)) - 4
	eighth := (n-1)>>shift + 1
	return 56 + (shift-7)*8 + eighth, eighth << shift
}

// alloc returns a record of n bytes, at least 4, whose content is anything.
func (s *slab) alloc(n int) (uint32, error) {
	if n > slabLarge {
		return s.chunk(n)
	}
	class, size := slabClass(n)
	if ref := s.free[class]; ref != 0 {
		s.free[class] = little.Uint32(s.at(ref))
		return ref, nil
	}
	if len(s.chunks) == 0 || s.used+size > len(s.chunks[s.last]) {
		ref, err := s.chunk(int(min(max(s.bytes/4, slabFirst, int64(size)), slabUnit*slabUnits)))
		if err != nil {
			return 0, err
		}
		s.last, s.used = int(ref>>16), 0
	}
	ref := uint32(s.last)<<16 | uint32(s.used/slabUnit)
	s.used += size
	return ref, nil
}

// chunk returns a new chunk, of which the record at its beginning is the number.
func (s *slab) chunk(n int) (uint32, error) {
	n = (n + slabUnit - 1) &^ (slabUnit - 1)
	if len(s.chunks) == 0 {
		s.chunks = append(s.chunks, nil) // so that no record is number 0
	}
	at := uint32(len(s.chunks))
	if k := len(s.holes); k > 0 {
		at, s.holes = s.holes[k-1], s.holes[:k-1]
	} else if at == 1<<16 {
		return 0, errSlabFull
	} else {
		s.chunks = append(s.chunks, nil)
	}
	s.chunks[at] = make([]byte, n)
	s.bytes += int64(n)
	return at << 16, nil
}

// release gives back a record of n bytes.
func (s *slab) release(ref uint32, n int) {
	if n > slabLarge {
		s.bytes -= int64(len(s.chunks[ref>>16]))
		s.chunks[ref>>16] = nil
		s.holes = append(s.holes, ref>>16)
		return
	}
	class, _ := slabClass(n)
	little.PutUint32(s.at(ref), s.free[class])
	s.free[class] = ref
}

// at is the memory from a record on.
func (s *slab) at(ref uint32) []byte {
	return s.chunks[ref>>16][(ref&(slabUnits-1))*slabUnit:]
}
