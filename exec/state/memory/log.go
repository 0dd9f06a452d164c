package memory

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/riffledata/riffle/exec/state"
)

// changeLog is what a batch changed, in the order in which it did, and put into
// the order of the keys when that is asked for. The zero changeLog is empty.
//
// An entry is
//
//	length of the key            uvarint
//	length of the value and one  uvarint, 0 for a deletion
//	key, value
type changeLog struct {
	chunks [][]byte
	list   []entryAt
	held   int64
	// repeated is how many of the entries that were there when the keys were last
	// brought into order are of a key that has a later one.
	repeated int64
}

// entryAt is where an entry is: its chunk, and where in that.
type entryAt uint64

const (
	firstChunk = 4 << 10
	fullChunk  = 256 << 10
)

// set adds a change of a key.
func (l *changeLog) set(key, value []byte) { l.add(key, value, uint64(len(value))+1) }

// delete adds a deletion of a key.
func (l *changeLog) delete(key []byte) { l.add(key, nil, 0) }

func (l *changeLog) add(key, value []byte, size uint64) {
	last := len(l.chunks) - 1
	need := 2*binary.MaxVarintLen64 + len(key) + len(value)
	if last < 0 || cap(l.chunks[last])-len(l.chunks[last]) < need {
		n := firstChunk
		if last >= 0 {
			n = min(2*cap(l.chunks[last]), fullChunk)
		}
		l.chunks = append(l.chunks, make([]byte, 0, max(n, need)))
		last++
		l.held += int64(cap(l.chunks[last]))
	}
	b := l.chunks[last]
	l.list = append(l.list, entryAt(last)<<32|entryAt(len(b)))
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(len(key))), size)
	l.chunks[last] = append(append(b, key...), value...)
}

// read reads an entry; of a deletion the value is nil.
func (l *changeLog) read(at entryAt) (key, value []byte) {
	b := l.chunks[at>>32][uint32(at):]
	k, n := binary.Uvarint(b)
	size, m := binary.Uvarint(b[n:])
	key, b = b[n+m:n+m+int(k):n+m+int(k)], b[n+m+int(k):]
	if size == 0 {
		return key, nil
	}
	return key, b[: size-1 : size-1]
}

// len is the number of keys; those that changed twice count twice as long as nobody
// has asked for the order.
func (l *changeLog) len() int64 { return int64(len(l.list)) - l.repeated }

func (l *changeLog) bytes() int64 { return l.held + 8*int64(cap(l.list)) }

// clear forgets all, and gives memory back.
func (l *changeLog) clear() {
	if len(l.chunks) > 1 || cap(l.list) > firstChunk/8 {
		*l = changeLog{}
		return
	}
	for i := range l.chunks {
		l.chunks[i] = l.chunks[i][:0]
	}
	l.list, l.repeated = l.list[:0], 0
}

// each calls f for the keys in order, each with what it was last given.
func (l *changeLog) each(f func(key, value []byte) error) error {
	l.repeated = 0
	rest, same := l.byGroup(), []ordered(nil)
	for len(rest) > 0 {
		first, _ := l.read(rest[0])
		to := 1
		for ; to < len(rest); to++ {
			if key, _ := l.read(rest[to]); state.GroupOf(key) != state.GroupOf(first) {
				break
			}
		}
		same = l.sort(same[:0], rest[:to])
		rest = rest[to:]
		for i, e := range same {
			key, value := l.read(e.at)
			if i+1 < len(same) && same[i+1].head == e.head {
				if next, _ := l.read(same[i+1].at); bytes.Equal(next, key) {
					l.repeated++
					continue
				}
			}
			if err := f(key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// byGroup returns the entries in the order of their key groups.
func (l *changeLog) byGroup() []entryAt {
	starts := make([]int32, state.KeyGroups+1)
	for _, at := range l.list {
		key, _ := l.read(at)
		starts[state.GroupOf(key)+1]++
	}
	for g := range state.KeyGroups {
		starts[g+1] += starts[g]
	}
	out := make([]entryAt, len(l.list))
	for _, at := range l.list {
		key, _ := l.read(at)
		to := &starts[state.GroupOf(key)]
		out[*to] = at
		*to++
	}
	return out
}

// ordered is an entry with the part of its key by which it is told from others
// first.
type ordered struct {
	head uint64
	at   entryAt
}

// sort appends the entries of a group in the order of their keys, and of the log.
// Heads leave out what all keys begin with.
func (l *changeLog) sort(dst []ordered, list []entryAt) []ordered {
	first, _ := l.read(list[0])
	skip := len(first)
	for _, at := range list[1:] {
		key, _ := l.read(at)
		skip = min(skip, shared(first[:skip], key))
	}
	for _, at := range list {
		key, _ := l.read(at)
		dst = append(dst, ordered{headOf(key[skip:]), at})
	}
	slices.SortFunc(dst, func(a, b ordered) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		x, _ := l.read(a.at)
		y, _ := l.read(b.at)
		return cmp.Or(bytes.Compare(x[skip:], y[skip:]), cmp.Compare(a.at, b.at))
	})
	return dst
}

func headOf(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var head [8]byte
	copy(head[:], b)
	return binary.BigEndian.Uint64(head[:])
}

// shared is the number of bytes with which both begin.
func shared(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
