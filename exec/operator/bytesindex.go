package operator

import "bytes"

// bytesIndex numbers distinct byte strings from 0, in the order they were added.
// It is emptied and used again: in the steady state it allocates nothing.
type bytesIndex struct {
	slots  []int32 // number+1 by hash; 0 is free
	hashes []uint64
	ends   []int
	data   []byte
}

// reset forgets all strings.
func (x *bytesIndex) reset() {
	clear(x.slots)
	x.hashes, x.ends, x.data = x.hashes[:0], x.ends[:0], x.data[:0]
}

// len is how many strings there are.
func (x *bytesIndex) len() int { return len(x.ends) }

// at returns string number i, valid until the next add.
func (x *bytesIndex) at(i int) []byte {
	from := 0
	if i > 0 {
		from = x.ends[i-1]
	}
	return x.data[from:x.ends[i]:x.ends[i]]
}

// add returns the number of a string, and whether it is new. Equal strings must
// come with equal hashes.
func (x *bytesIndex) add(hash uint64, s []byte) (number int, fresh bool) {
	if 2*len(x.ends) >= len(x.slots) {
		x.grow()
	}
	slot := x.slot(hash, s)
	if n := x.slots[slot]; n > 0 {
		return int(n - 1), false
	}
	x.hashes = append(x.hashes, hash)
	x.data = append(x.data, s...)
	x.ends = append(x.ends, len(x.data))
	x.slots[slot] = int32(len(x.ends))
	return len(x.ends) - 1, true
}

// push is add of a string that counts as new, whether or not it is. Then no others
// can be added or found until the next reset.
func (x *bytesIndex) push(hash uint64, s []byte) int {
	x.hashes = append(x.hashes, hash)
	x.data = append(x.data, s...)
	x.ends = append(x.ends, len(x.data))
	return len(x.ends) - 1
}

// find returns the number of a string, or -1.
func (x *bytesIndex) find(hash uint64, s []byte) int {
	if len(x.ends) == 0 {
		return -1
	}
	return int(x.slots[x.slot(hash, s)]) - 1
}

// slot is where a string is, or would be.
func (x *bytesIndex) slot(hash uint64, s []byte) uint64 {
	mask := uint64(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		n := x.slots[i]
		if n == 0 || x.hashes[n-1] == hash && bytes.Equal(x.at(int(n-1)), s) {
			return i
		}
	}
}

func (x *bytesIndex) grow() {
	x.slots = make([]int32, max(64, 2*len(x.slots)))
	mask := uint64(len(x.slots) - 1)
	for n, h := range x.hashes {
		i := h & mask
		for x.slots[i] != 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = int32(n + 1)
	}
}
