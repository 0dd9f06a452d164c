package state

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
)

// Keys holds the table keys of a batch's rows: group, space, and the canonical
// encoding of the key columns. Its memory is used again for the next batch; the
// zero Keys is ready.
type Keys struct {
	arena []byte
	ends  []int
}

// Encode makes the keys of the first rows of key columns; no columns are one key
// for all. Behind the columns comes what more appenders append. It fails for columns
// of types that cannot be keys.
func (k *Keys) Encode(cols []arrow.Array, rows int, space byte, more ...Appender) error {
	k.arena, k.ends = k.arena[:0], k.ends[:0]
	appenders := make([]Appender, len(cols), len(cols)+len(more))
	for c, a := range cols {
		f, err := NewAppender(a)
		if err != nil {
			return err
		}
		appenders[c] = f
	}
	appenders = append(appenders, more...)
	arena := k.arena
	for i := range rows {
		at := len(arena)
		arena = append(arena, 0, 0, space)
		for _, f := range appenders {
			arena = f(arena, i)
		}
		group := KeyGroup(xxh3.Hash(arena[at+KeyPrefix:]))
		binary.BigEndian.PutUint16(arena[at:], uint16(group))
		k.ends = append(k.ends, len(arena))
	}
	k.arena = arena
	return nil
}

// Len is the number of keys.
func (k *Keys) Len() int { return len(k.ends) }

// Bytes is the memory held.
func (k *Keys) Bytes() int64 { return int64(cap(k.arena) + 8*cap(k.ends)) }

// Key returns the table key of row i. It is valid until the next Encode and must
// not be written.
func (k *Keys) Key(i int) []byte {
	from := 0
	if i > 0 {
		from = k.ends[i-1]
	}
	return k.arena[from:k.ends[i]:k.ends[i]]
}

// Group returns the key group of row i.
func (k *Keys) Group(i int) int { return GroupOf(k.Key(i)) }
