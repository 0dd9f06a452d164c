package operator

// heldKeys finds the records of join keys: open addressing, in a slot the upper
// half of the key's hash and the record's number. A record is
//
//	hash            8 bytes
//	first rows      4 bytes for each side, 0: there is none
//	rows            4 bytes for each side: how many there are
//	length          4 bytes
//	key             as state.Appender has it
type heldKeys struct {
	slots []uint64 // 0 is free; their number is a power of two
	n     int
}

const (
	keyFirst = 8
	keyRows  = 16
	keySize  = 24
	keyBytes = 28
)

// keyOf is the key in a record.
func keyOf(r []byte) []byte { return r[keyBytes : keyBytes+int(little.Uint32(r[keySize:]))] }

// find returns the number of a key's record, 0 where there is none.
func (x *heldKeys) find(s *slab, hash uint64, key []byte) uint32 {
	if x.n == 0 {
		return 0
	}
	tag, mask := uint32(hash>>32), uint32(len(x.slots)-1)
	for i := tag & mask; x.slots[i] != 0; i = (i + 1) & mask {
		if uint32(x.slots[i]>>32) != tag {
			continue
		}
		ref := uint32(x.slots[i])
		if r := s.at(ref); little.Uint64(r) == hash && string(keyOf(r)) == string(key) {
			return ref
		}
	}
	return 0
}

// add makes a record for a key that has none.
func (x *heldKeys) add(s *slab, hash uint64, key []byte) (uint32, error) {
	ref, err := s.alloc(keyBytes + len(key))
	if err != nil {
		return 0, err
	}
	r := s.at(ref)
	little.PutUint64(r, hash)
	clear(r[keyFirst:keySize])
	little.PutUint32(r[keySize:], uint32(len(key)))
	copy(r[keyBytes:], key)
	if 4*(x.n+1) > 3*len(x.slots) {
		x.grow()
	}
	x.n++
	x.put(uint64(uint32(hash>>32))<<32 | uint64(ref))
	return ref, nil
}

// put takes the first free slot for an entry.
func (x *heldKeys) put(entry uint64) {
	mask := uint32(len(x.slots) - 1)
	i := uint32(entry>>32) & mask
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = entry
}

func (x *heldKeys) grow() {
	old := x.slots
	x.slots = make([]uint64, max(256, 2*len(old)))
	for _, e := range old {
		if e != 0 {
			x.put(e)
		}
	}
}

// remove forgets a key, and gives back its record. Entries behind it move up, so
// that none is cut off from its place.
func (x *heldKeys) remove(s *slab, ref uint32) {
	r := s.at(ref)
	mask := uint32(len(x.slots) - 1)
	i := uint32(little.Uint64(r)>>32) & mask
	for uint32(x.slots[i]) != ref {
		i = (i + 1) & mask
	}
	s.release(ref, keyBytes+int(little.Uint32(r[keySize:])))
	x.n--
	for j := (i + 1) & mask; x.slots[j] != 0; j = (j + 1) & mask {
		if home := uint32(x.slots[j]>>32) & mask; (j-home)&mask >= (j-i)&mask {
			x.slots[i] = x.slots[j]
			i = j
		}
	}
	x.slots[i] = 0
}

func (x *heldKeys) bytes() int64 { return 8 * int64(len(x.slots)) }
