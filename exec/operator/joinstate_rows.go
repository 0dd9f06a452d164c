package operator

import (
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// joinRows is a batch of changes of one side: which rows change how often, and
// the join keys they have.
type joinRows struct {
	side   *joinSide
	cols   []arrow.Array // without the keys
	n      int
	delta  []int64 // by row: the change; 0 where an equal row has it
	group  []int32 // by row: the number of its join key, or -1: it matches nothing
	match  []int64 // by row: how many rows of the other side it matches
	times  []int64 // by row; nil where the side is not timed
	groups bytesIndex
	// from and to are the first and the last time of the rows of each group.
	from, to []int64
	// taken tells of each group whether its side's state may have rows of it.
	taken []bool

	encoded bytesIndex // rows; those of changes that may cancel each other out are told apart
	number  []int32    // by row: that in encoded
	first   []int32    // by number: its first row
	key     []byte
	keys    []state.Appender // of the join key
}

// read takes a batch without selection.
func (r *joinRows) read(side *joinSide, nullSafe []bool, b batch.Batch) error {
	keys := b.Record.Columns()[:side.keys]
	r.side, r.n, r.cols = side, int(b.Record.NumRows()), b.Record.Columns()[side.skip:]
	r.delta, r.group, r.match = resize(r.delta, r.n), resize(r.group, r.n), resize(r.match, r.n)
	clear(r.match)
	clear(r.group)
	r.readTimes(b)
	for k, a := range keys {
		if a.NullN() > 0 && !nullSafe[k] {
			dropNulls(r.group, a)
		}
	}
	if err := r.readChanges(b); err != nil {
		return err
	}
	return r.readKeys(keys)
}

// dropNulls marks the rows of which a column is null as without a match.
func dropNulls(group []int32, a arrow.Array) {
	for i := range group {
		if a.IsNull(i) {
			group[i] = -1
		}
	}
}

// readTimes sets the times of the rows.
func (r *joinRows) readTimes(b batch.Batch) {
	if r.times = nil; !r.side.timed {
		return
	}
	a := b.Record.Column(r.side.keys)
	r.times = batch.Values[int64](a)
	if a.NullN() == 0 {
		return
	}
	dropNulls(r.group, a)
	r.times = slices.Clone(r.times)
	for i := range r.times {
		if a.IsNull(i) {
			r.times[i] = noTime
		}
	}
}

// noTime is the time of a row that has none.
const noTime = math.MinInt64

// readChanges encodes the rows where they are needed, and adds the changes of
// equal rows up.
func (r *joinRows) readChanges(b batch.Batch) error {
	for i := range r.delta {
		r.delta[i] = int64(b.Change(i))
	}
	if !r.side.stored && b.Changes == nil {
		return nil
	}
	encode, err := r.side.codec.Encoder(r.cols)
	if err != nil {
		return err
	}
	r.encoded.reset()
	r.number = resize(r.number, r.n)
	if b.Changes == nil {
		for i := range r.number {
			r.key = encode(r.key[:0], i)
			r.number[i] = int32(r.encoded.push(xxh3.Hash(r.key), r.key))
		}
		return nil
	}
	first := r.first[:0]
	for i := range r.delta {
		r.key = encode(r.key[:0], i)
		n, fresh := r.encoded.add(xxh3.Hash(r.key), r.key)
		if r.number[i] = int32(n); fresh {
			first = append(first, int32(i))
		} else {
			r.delta[first[n]] += r.delta[i]
			r.delta[i] = 0
		}
	}
	r.first = first
	return nil
}

// readKeys numbers the join keys of the rows that change and can match.
func (r *joinRows) readKeys(keys []arrow.Array) error {
	r.keys = r.keys[:0]
	for _, a := range keys {
		f, err := state.NewAppender(a)
		if err != nil {
			return err
		}
		r.keys = append(r.keys, f)
	}
	r.groups.reset()
	r.from, r.to = r.from[:0], r.to[:0]
	for i := range r.group {
		if r.group[i] < 0 || r.delta[i] == 0 {
			continue
		}
		r.key = r.key[:0]
		for _, f := range r.keys {
			r.key = f(r.key, i)
		}
		g, fresh := r.groups.add(xxh3.Hash(r.key), r.key)
		r.group[i] = int32(g)
		if r.times != nil {
			r.widen(g, r.times[i], fresh)
		}
	}
	r.taken = resize(r.taken, r.groups.len())
	for g := range r.taken {
		r.taken[g] = true
	}
	return nil
}

// widen puts a time into those of a group.
func (r *joinRows) widen(g int, t int64, fresh bool) {
	if fresh {
		r.from, r.to = append(r.from, t), append(r.to, t)
		return
	}
	r.from[g], r.to[g] = min(r.from[g], t), max(r.to[g], t)
}

// row is the encoding of row i, and hash its hash.
func (r *joinRows) row(i int) []byte  { return r.encoded.at(int(r.number[i])) }
func (r *joinRows) hash(i int) uint64 { return r.encoded.hashes[r.number[i]] }
