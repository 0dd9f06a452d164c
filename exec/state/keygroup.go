package state

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
)

// KeyGroups is the number of key groups.
const KeyGroups = 4096

// HashName is the name of the key encoding and hash, which a query records.
const HashName = "riffle/1"

// KeyGroup returns the key group of a hash.
func KeyGroup(hash uint64) int { return int(hash % KeyGroups) }

// Range is the key groups [From, To).
type Range struct{ From, To int }

// AllGroups is the range of a single task.
var AllGroups = Range{0, KeyGroups}

// Ranges divides the key groups among tasks, at least 1, as evenly as can be.
func Ranges(tasks int) []Range {
	out := make([]Range, tasks)
	for i := range out {
		out[i] = Range{i * KeyGroups / tasks, (i + 1) * KeyGroups / tasks}
	}
	return out
}

// Task returns which of so many tasks owns a key group: the index of its range
// in Ranges.
func Task(group, tasks int) int { return ((group+1)*tasks - 1) / KeyGroups }

// Hasher computes the hashes of keys. It keeps scratch memory and is not safe
// for concurrent use.
type Hasher struct{ key []byte }

// Hash sets out[i] to the hash of row i of the key columns, which have len(out)
// rows. It fails for columns of types that cannot be keys.
func (h *Hasher) Hash(cols []arrow.Array, out []uint64) error {
	appenders := make([]Appender, len(cols))
	for c, a := range cols {
		f, err := NewAppender(a)
		if err != nil {
			return err
		}
		appenders[c] = f
	}
	for i := range out {
		key := h.key[:0]
		for _, f := range appenders {
			key = f(key, i)
		}
		out[i] = xxh3.Hash(key)
		h.key = key
	}
	return nil
}
