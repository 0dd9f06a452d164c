package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// multiset holds values of each group of which a table of state has an entry each,
// so that a batch writes those that it changes and not all of the group.
type multiset interface {
	store
	// form says what an entry is.
	form() entryForm
	// track makes the multiset remember what a batch changes, until its commit.
	track()
	// counter is the greatest position that was given in each group; nil where
	// entries have none.
	counter() *cells[int64]
	// changed returns the entries that are other than before the batch, in any order:
	// those that are there now, and of the others those that were there before.
	changed() (set, gone valueEntries)
	// all returns the entries of groups, in their order.
	all(groups []uint32) valueEntries
	// columns returns tuples by their numbers.
	columns(tuples []uint32) ([]arrow.Array, error)
	// load adds entries as all gives them, without counting them as changes. They may
	// come in another order; arrange then mends it once all are there.
	load(groups []uint32, tuples []arrow.Array, times, at []int64) error
	arrange()
	// sparse tells whether it can do with those entries that a batch touches, as long
	// as nobody asks for all. findBy makes it ask f for tuples that it has not seen.
	sparse() bool
	findBy(f entryFinder)
}

// entryForm says what the entries of a multiset are made of: a tuple, how often it
// is there, and its position in the group.
type entryForm struct {
	types   []arrow.DataType // of the tuple
	list    bool             // known by their positions; otherwise by their tuples
	counted bool             // a tuple may be there more or less often than once
	ordered bool             // positions count; they do in lists
	// rank is where the call looks only at the first values in an order, of one column.
	rank ranking
}

// ranking says which values are first, and how many of them are looked at.
type ranking struct {
	first    int64 // 0: all, in any order
	largest  bool
	distinct bool // however often each is there
}

// alone tells whether a tuple is in the value of its entry, as one that the key
// cannot be read back to.
func (f entryForm) alone() bool { return f.list || f.rank.first > 0 }

// valueEntries is some entries of a multiset, a row each.
type valueEntries struct {
	ids            []uint32 // numbers by which the multiset tells them apart
	groups, tuples []uint32
	times, at      []int64
	known          []bool // of changed ones: the table has it
}

func (e *valueEntries) add(id, group, tuple uint32, times, at int64, known bool) {
	e.ids, e.groups, e.tuples = append(e.ids, id), append(e.groups, group), append(e.tuples, tuple)
	e.times, e.at, e.known = append(e.times, times), append(e.at, at), append(e.known, known)
}

func (e *valueEntries) len() int { return len(e.ids) }

func (e *valueEntries) append(o valueEntries) {
	e.ids, e.groups, e.tuples = append(e.ids, o.ids...), append(e.groups, o.groups...), append(e.tuples, o.tuples...)
	e.times, e.at, e.known = append(e.times, o.times...), append(e.at, o.at...), append(e.known, o.known...)
}

func (e *valueEntries) slice(from, to int) valueEntries {
	return valueEntries{e.ids[from:to], e.groups[from:to], e.tuples[from:to], e.times[from:to], e.at[from:to], e.known[from:to]}
}

// only returns the entries for which keep holds.
func (e *valueEntries) only(keep func(i int) bool) (out valueEntries) {
	for i := range e.ids {
		if keep(i) {
			out.add(e.ids[i], e.groups[i], e.tuples[i], e.times[i], e.at[i], e.known[i])
		}
	}
	return out
}

// entryFinder returns how often tuples are there according to the table, and at
// which positions, given the numbers of groups and tuples.
type entryFinder func(groups, tuples []uint32) (times, at []int64, err error)

// keeper is an accumulator that keeps a multiset, and perhaps another accumulator
// that is given what comes to be in the multiset and what no longer is.
type keeper interface {
	Accumulator
	keeps() (values multiset, inner Accumulator)
}

// keptRow is the part of a keeper's state that is of fixed size: the greatest
// position, and the state of the inner accumulator unless that keeps values too and
// is made anew from the entries.
type keptRow struct {
	multiset
	inner Accumulator
}

func rowOf(k keeper) keptRow {
	values, inner := k.keeps()
	if _, too := inner.(keeper); too {
		inner = nil
	}
	return keptRow{values, inner}
}

// types are those of the columns of state.
func (r keptRow) types() (out []arrow.DataType) {
	if r.counter() != nil {
		out = append(out, arrow.PrimitiveTypes.Int64)
	}
	if r.inner != nil {
		out = append(out, r.inner.StateTypes()...)
	}
	return out
}

func (r keptRow) state(groups []uint32) (out []arrow.Array, err error) {
	if next := r.counter(); next != nil {
		out = append(out, newFixed(arrow.PrimitiveTypes.Int64, next.take(groups), nil))
	}
	if r.inner == nil {
		return out, nil
	}
	more, err := r.inner.State(groups)
	return append(out, more...), err
}

func (r keptRow) merge(groups []uint32, cols []arrow.Array) error {
	if next := r.counter(); next != nil {
		for j, v := range batch.Values[int64](cols[0]) {
			next.v[groups[j]] = max(next.v[groups[j]], v)
		}
		cols = cols[1:]
	}
	if r.inner == nil {
		return nil
	}
	return r.inner.Merge(groups, cols)
}

// settle puts the entries of groups in order after all were loaded, and gives them
// to the inner accumulator, if that is made from them.
func settle(k keeper, groups []uint32) error {
	values, inner := k.keeps()
	values.arrange()
	if _, too := inner.(keeper); !too {
		return nil
	}
	return chunkedIDs(groups, func(groups []uint32) error {
		list := values.all(groups)
		list = list.only(func(i int) bool { return list.times[i] > 0 })
		cols, err := values.columns(list.tuples)
		if err != nil {
			return err
		}
		return inner.Update(list.groups, valuesOf(cols), kernel.Rows{N: list.len()}, nil)
	})
}

// chunkedIDs calls f for some of the groups at a time.
func chunkedIDs(groups []uint32, f func(groups []uint32) error) error {
	const most = 256
	for len(groups) > 0 {
		n := min(most, len(groups))
		if err := f(groups[:n]); err != nil {
			return err
		}
		groups = groups[n:]
	}
	return nil
}

func valuesOf(cols []arrow.Array) []kernel.Value {
	out := make([]kernel.Value, len(cols))
	for c, a := range cols {
		out[c].Array = a
	}
	return out
}

// copyEntries loads the entries of groups of one multiset into another, where the
// groups have the numbers that place says; nil: the same.
func copyEntries(to, from multiset, groups []uint32, place func(g uint32) uint32) error {
	list := from.all(groups)
	if place != nil {
		for i, g := range list.groups {
			list.groups[i] = place(g)
		}
	}
	cols, err := from.columns(list.tuples)
	if err != nil {
		return err
	}
	return to.load(list.groups, cols, list.times, list.at)
}
