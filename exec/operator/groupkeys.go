package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/state"
)

// groupKeys are keys of groups in a table. The key group is that of all columns,
// or of the first ones, where those alone say which task has a group.
type groupKeys struct {
	space      byte
	owner      int // how many columns, plus one; 0: all
	all, first state.Keys
	key        []byte
	order      []uint32 // which of the rows that were encoded come one after the other
	ids        []uint32
	starts     []uint32 // by key group, scratch of sort
}

// encode makes the keys of the first n rows of columns, and of what more appends.
// Their order is that of the last sort.
func (k *groupKeys) encode(cols []arrow.Array, n int, more ...state.Appender) error {
	if err := k.all.Encode(cols, n, k.space, more...); err != nil || k.owner == 0 {
		return err
	}
	return k.first.Encode(cols[:k.owner-1], n, k.space)
}

// sort puts the rows that were encoded into the order of their key groups, and
// returns their ids in it, valid until the next call.
func (k *groupKeys) sort(ids []uint32) []uint32 {
	keys := &k.all
	if k.owner > 0 {
		keys = &k.first
	}
	k.starts = resize(k.starts, state.KeyGroups+1)
	clear(k.starts)
	k.order, k.ids = resize(k.order, len(ids)), resize(k.ids, len(ids))
	for i := range ids {
		k.starts[keys.Group(i)+1]++
	}
	for g := range state.KeyGroups {
		k.starts[g+1] += k.starts[g]
	}
	for i, id := range ids {
		at := &k.starts[keys.Group(i)]
		k.order[*at], k.ids[*at] = uint32(i), id
		*at++
	}
	return k.ids
}

// at returns the key of one of the sorted rows, valid until the next call.
func (k *groupKeys) at(i int) []byte {
	i = int(k.order[i])
	if k.owner == 0 {
		return k.all.Key(i)
	}
	k.key = state.AppendKey(k.key[:0], k.first.Group(i), k.space)
	k.key = append(k.key, k.all.Key(i)[state.KeyPrefix:]...)
	return k.key
}

func (k *groupKeys) bytes() int64 {
	return k.all.Bytes() + k.first.Bytes() + int64(cap(k.order)+cap(k.ids)+cap(k.starts))*4
}
