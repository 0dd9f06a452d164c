package operator

import (
	"cmp"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

func (b *bag) form() entryForm {
	return entryForm{types: b.dts, list: b.list, counted: true, ordered: b.list || b.ordered}
}

func (b *bag) track() { b.tracked, b.undoes = true, true }

func (b *bag) counter() *cells[int64] {
	if b.list || b.ordered {
		return &b.next
	}
	return nil
}

// sparse does not hold of lists, in which a value that is taken out has to be found.
func (b *bag) sparse() bool { return !b.list }

func (b *bag) findBy(f entryFinder) { b.find = f }

// meet makes room for new pairs, and looks up those that may be in the table.
func (b *bag) meet() error {
	from, n := len(b.ends), b.pairs.len()
	if from == n {
		return nil
	}
	b.ends = append(b.ends, make([]bagEnds, n-from)...)
	if b.find == nil {
		return nil
	}
	groups, tuples := b.partsFrom(from)
	times, at, err := b.find(groups, tuples)
	if err != nil {
		return err
	}
	for i, n := range times {
		if n != 0 {
			b.link(groups[i], uint32(from+i), n, at[i])
		}
	}
	return nil
}

// partsFrom returns the groups and tuples of the pairs from the given one on.
func (t *pairTable) partsFrom(from int) (groups, tuples []uint32) {
	for p := from; p < t.pairs.len(); p++ {
		groups, tuples = append(groups, t.groupOf(uint32(p))), append(tuples, t.tupleOf(uint32(p)))
	}
	return groups, tuples
}

// columns returns tuples by their numbers.
func (t *pairTable) columns(tuples []uint32) ([]arrow.Array, error) { return t.tuples.Keys(tuples) }

func (b *bag) all(groups []uint32) (out valueEntries) {
	for _, g := range groups {
		for e := b.chains[g].head; e > 0; e = b.nodes[e].next {
			b.entry(&out, e, true)
		}
	}
	return out
}

// entry adds the entry of a node, which a list knows by the node, and otherwise is
// that of its pair.
func (b *bag) entry(out *valueEntries, node uint32, known bool) {
	n := b.nodes[node]
	id := n.pair
	if b.list {
		id = node
	}
	out.add(id, b.groupOf(n.pair), b.tupleOf(n.pair), n.n, n.at, known)
}

func (b *bag) load(groups []uint32, tuples []arrow.Array, times, at []int64) error {
	_, pairs, err := b.number(groups, valuesOf(tuples), kernel.Rows{N: len(groups)}, nil, nil, nil)
	if err != nil {
		return err
	}
	if n := b.pairs.len(); n > len(b.ends) {
		b.ends = append(b.ends, make([]bagEnds, n-len(b.ends))...)
	}
	for k, p := range pairs {
		g := groups[k]
		if tail := b.chains[g].tail; tail > 0 && b.nodes[tail].at > at[k] {
			b.mixed = append(b.mixed, g)
		}
		b.link(g, p, times[k], at[k])
	}
	return nil
}

// arrange orders the nodes of groups that are in disorder.
func (b *bag) arrange() {
	slices.Sort(b.mixed)
	for _, g := range slices.Compact(b.mixed) {
		var list []uint32
		for e := b.chains[g].head; e > 0; e = b.nodes[e].next {
			b.ends[b.nodes[e].pair] = bagEnds{}
			list = append(list, e)
		}
		slices.SortFunc(list, func(x, y uint32) int { return cmp.Compare(b.nodes[x].at, b.nodes[y].at) })
		b.chains[g] = bagEnds{}
		for _, e := range list {
			b.nodes[e].next, b.nodes[e].same = 0, 0
			b.attach(g, e)
		}
	}
	b.mixed = b.mixed[:0]
}

// changed looks at the steps of the batch. A node that one of them has linked was
// not there before.
func (b *bag) changed() (set, gone valueEntries) {
	steps := make([]uint64, len(b.undo))
	for i, c := range b.undo {
		steps[i] = uint64(c.node)<<1 | uint64(b2i(c.step == bagLinked))
	}
	slices.Sort(steps)
	var words []uint64 // node, or pair; whether it was there; the node
	for i, w := range steps {
		if i+1 < len(steps) && steps[i+1]>>1 == w>>1 {
			continue // the last of a node tells
		}
		node := uint32(w >> 1)
		if b.list {
			b.tell(&set, &gone, node, b.attached(node), w&1 == 0)
		} else {
			words = append(words, uint64(b.nodes[node].pair)<<1|(w&1^1))
		}
	}
	slices.Sort(words)
	for i, w := range words {
		if i+1 < len(words) && words[i+1]>>1 == w>>1 {
			continue
		}
		p := uint32(w >> 1)
		if e := b.ends[p].head; e > 0 {
			b.entry(&set, e, w&1 == 1)
		} else if w&1 == 1 {
			gone.add(p, b.groupOf(p), b.tupleOf(p), 0, 0, true)
		}
	}
	return set, gone
}

// tell adds the entry of a node to those that are there, or to those that were.
func (b *bag) tell(set, gone *valueEntries, node uint32, is, was bool) {
	if is {
		b.entry(set, node, was)
	} else if was {
		b.entry(gone, node, true)
	}
}

// attached tells whether a node that the batch touched is in its group: one that is
// not has no number.
func (b *bag) attached(node uint32) bool { return b.nodes[node].n != 0 }
