package operator

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// joinKey is a key column in the form that joins compare: words for what fits
// in one, else text, which for decimals and nested values is their canonical
// encoding. Equal values are equal in it: NaNs, 0 and -0.
type joinKey struct {
	valid   bitmap
	words   []uint64 // nil: texts
	offsets []int32
	data    []byte
}

// newJoinKey converts a column; words is scratch memory to use if it is large
// enough.
func newJoinKey(a arrow.Array, words []uint64) (joinKey, error) {
	k := joinKey{valid: validOf(a)}
	id := a.DataType().ID()
	switch id {
	case arrow.NULL:
		return joinKey{valid: bitmap{bits: newBitset(a.Len())}, words: make([]uint64, a.Len())}, nil
	case arrow.STRING, arrow.BINARY:
		k.offsets, k.data = batch.Texts(a)
		return k, nil
	}
	if conv, ok := wordConversions(id, false); ok {
		if cap(words) < a.Len() {
			words = make([]uint64, 0, a.Len())
		}
		k.words = conv.words(a, kernel.Rows{N: a.Len()}, words[:0])
		return k, nil
	}
	return k, k.encode(a)
}

// encode sets the texts of a column to the canonical encodings of its values.
func (k *joinKey) encode(a arrow.Array) error {
	add, err := state.NewAppender(a)
	if err != nil {
		return err
	}
	k.offsets = make([]int32, a.Len()+1)
	for i := range a.Len() {
		k.data = add(k.data, i)
		if len(k.data) > math.MaxInt32 {
			return fmt.Errorf("the keys of type %s on the build side of a join are longer than 2 GB; join by other columns", a.DataType())
		}
		k.offsets[i+1] = int32(len(k.data))
	}
	return nil
}

func (k *joinKey) text(i int32) []byte { return k.data[k.offsets[i]:k.offsets[i+1]] }

func (k *joinKey) equal(i int32, o *joinKey, j int32) bool {
	a, b := k.valid.at(int(i)), o.valid.at(int(j))
	switch {
	case !a || !b:
		return a == b
	case k.words != nil:
		return k.words[i] == o.words[j]
	}
	return bytes.Equal(k.text(i), o.text(j))
}

// keyMix is the odd number next to 2^64 divided by the golden ratio.
const keyMix = 0x9E3779B97F4A7C15

// mixWord spreads a word, with what was hashed before, over all bits.
func mixWord(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^w, keyMix)
	return hi ^ lo
}

// hash adds the column to the hashes of its rows.
func (k *joinKey) hash(hashes []uint64) {
	none := k.valid.bits == nil
	if k.words != nil && none {
		for i, w := range k.words[:len(hashes)] {
			hashes[i] = mixWord(bits.RotateLeft64(hashes[i], 23), w)
		}
		return
	}
	for i := range hashes {
		w := uint64(math.MaxUint64) // of null
		if k.valid.at(i) {
			if k.words != nil {
				w = k.words[i]
			} else {
				w = xxh3.Hash(k.text(int32(i)))
			}
		}
		hashes[i] = mixWord(bits.RotateLeft64(hashes[i], 23), w)
	}
}

// hashKeys sets the hash of each row of some key columns.
func hashKeys(keys []joinKey, hashes []uint64) {
	clear(hashes)
	for c := range keys {
		keys[c].hash(hashes)
	}
}

// noKey tells whether row i has a null in a key where null equals nothing.
func noKey(keys []joinKey, safe []bool, i int) bool {
	for c := range keys {
		if !safe[c] && !keys[c].valid.at(i) {
			return true
		}
	}
	return false
}

// anyNoKey tells whether noKey can hold of any row.
func anyNoKey(keys []joinKey, safe []bool) bool {
	for c := range keys {
		if !safe[c] && keys[c].valid.bits != nil {
			return true
		}
	}
	return false
}
