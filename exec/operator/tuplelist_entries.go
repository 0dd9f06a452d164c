package operator

import (
	"cmp"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

func (t *tupleLists) form() entryForm {
	return entryForm{types: t.types, list: t.pairs == nil, ordered: t.pairs == nil || t.ordered}
}

func (t *tupleLists) track() { t.tracked = true }

func (t *tupleLists) counter() *cells[int64] {
	if t.form().ordered {
		return &t.next
	}
	return nil
}

// sparse holds, since a list needs none of its values for another one.
func (t *tupleLists) sparse() bool { return true }

func (t *tupleLists) findBy(f entryFinder) { t.find = f }

// meet looks up which new pairs among the words are in the table. Pairs are
// numbered as entries are, so that each of them will be the next entry when add
// comes to it.
func (t *tupleLists) meet() error {
	if t.find == nil {
		return nil
	}
	t.pairs.lookup(t.words, t.codes)
	t.seen, t.found = len(t.entries), nil
	var groups, tuples []uint32
	for _, w := range t.pairs.words[t.seen:] {
		groups, tuples = append(groups, uint32(w>>32)), append(tuples, uint32(w))
	}
	if len(groups) == 0 {
		return nil
	}
	var err error
	t.found, _, err = t.find(groups, tuples)
	return err
}

func (t *tupleLists) all(groups []uint32) (out valueEntries) {
	for _, g := range groups {
		for e := t.ends.v[g].head; e > 0; e = t.entries[e-1].next {
			t.entry(&out, g, e-1, true)
		}
	}
	return out
}

func (t *tupleLists) entry(out *valueEntries, g, e uint32, known bool) {
	out.add(e, g, t.entries[e].tuple, 1, int64(t.entries[e].at), known)
}

func (t *tupleLists) columns(tuples []uint32) ([]arrow.Array, error) { return t.tuples.Keys(tuples) }

// changed are those that were added: nothing is ever taken out.
func (t *tupleLists) changed() (set, gone valueEntries) {
	for _, a := range t.added {
		t.entry(&set, a.group, a.entry, false)
	}
	return set, gone
}

func (t *tupleLists) load(groups []uint32, tuples []arrow.Array, _, at []int64) error {
	numbers, err := t.tuples.Groups(valuesOf(tuples), kernel.Rows{N: len(groups)})
	if err != nil {
		return err
	}
	for j, g := range groups {
		if t.pairs != nil {
			t.pairs.code(uint64(g)<<32 | uint64(numbers[j]))
		}
		if tail := t.ends.v[g].tail; tail > 0 && int64(t.entries[tail-1].at) > at[j] {
			t.mixed = append(t.mixed, g)
		}
		t.push(g, numbers[j], uint32(at[j]))
	}
	return nil
}

// arrange orders the entries of groups that are in disorder.
func (t *tupleLists) arrange() {
	slices.Sort(t.mixed)
	for _, g := range slices.Compact(t.mixed) {
		var list []uint32
		for e := t.ends.v[g].head; e > 0; e = t.entries[e-1].next {
			list = append(list, e)
		}
		slices.SortFunc(list, func(x, y uint32) int { return cmp.Compare(t.entries[x-1].at, t.entries[y-1].at) })
		t.ends.v[g] = chain{}
		for _, e := range list {
			t.entries[e-1].next = 0
			t.attach(g, e)
		}
	}
	t.mixed = t.mixed[:0]
}
