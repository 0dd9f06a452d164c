package operator

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// bag is a multiset of tuples for each group, in the order in which they came.
// As a list it keeps each occurrence in its place, and what is taken out is the
// earliest one that is equal; otherwise equal tuples are counted where the first
// of them came. What is taken out before it came is owed: a number below zero,
// which the next one that comes pays.
//
// Values are in no order but that, and each change costs the same however large
// the group is. All are nodes of one array, linked by number.
type bag struct {
	pairTable
	list    bool
	ordered bool      // the order of what is no list counts too
	nodes   []bagNode // 0 is none
	ends    []bagEnds // by pair: its occurrences, oldest first
	chains  []bagEnds // by group: all nodes, oldest first
	next    cells[int64]
	free    []uint32 // nodes to use again
	live    int      // nodes in chains
	undo    []bagChange
	undoes  bool // changes are to be remembered: groups were saved, or entries are tracked
	tracked bool
	find    entryFinder // where only what a batch touches is in memory
	mixed   []uint32    // groups whose entries were loaded in another order than theirs
}

type bagNode struct {
	pair       uint32
	prev, next uint32 // in the group
	same       uint32 // the next occurrence of the pair
	n          int64
	at         int64 // its position: above that of those before it in the group
}

type bagEnds struct{ head, tail uint32 }

// bagChange is one step, to be taken back in reverse order.
type bagChange struct {
	node uint32
	step bagStep
	n    int64
}

type bagStep uint8

const (
	bagCounted  bagStep = iota // n was added
	bagLinked                  // the node was appended; n is the node of its pair before it
	bagUnlinked                // the node, the oldest of its pair, was taken out
)

func newBag(dts []arrow.DataType, list bool) (*bag, error) {
	t, err := newPairTable(dts, list)
	return &bag{pairTable: t, list: list, nodes: make([]bagNode, 1)}, err
}

// add counts rows, and calls crossed, if not nil, for those with which a tuple
// appears in its group or is gone from it.
func (b *bag) add(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8, times []int64, counts []argValid, crossed func(g uint32, at int32, change int8)) error {
	c, pairs, err := b.number(groups, args, rows, changes, times, counts)
	if err != nil {
		return err
	}
	if err := b.meet(); err != nil {
		return err
	}
	for k, p := range pairs {
		was := b.has(p)
		b.change(c.groups[k], p, c.n[k])
		if is := b.has(p); crossed != nil && is != was {
			crossed(c.groups[k], c.at[k], int8(2*b2i(is)-1))
		}
	}
	if !b.undoes {
		return b.tidy()
	}
	return nil
}

// merge adds a column of states.
func (b *bag) merge(groups []uint32, state arrow.Array, crossed func(g uint32, at int32, change int8)) error {
	to, args, rows, times := unpackTimes(groups, state)
	return b.add(to, args, rows, nil, times, nil, crossed)
}

func (b *bag) has(p uint32) bool { h := b.ends[p].head; return h > 0 && b.nodes[h].n > 0 }

// change adds n occurrences of a pair, or takes out -n.
func (b *bag) change(g, p uint32, n int64) {
	for n < 0 { // out of the oldest occurrences
		h := b.ends[p].head
		if h == 0 || b.nodes[h].n < 0 || !b.list {
			break
		}
		k := min(b.nodes[h].n, -n)
		b.count(h, -k)
		n += k
	}
	h := b.ends[p].head
	if n == 0 {
		return
	}
	if h > 0 && b.nodes[h].n < 0 && n > 0 && b.list { // what is owed is paid first
		k := min(n, -b.nodes[h].n)
		b.count(h, k)
		if n -= k; n == 0 {
			return
		}
	}
	tail := b.ends[p].tail
	switch {
	case tail > 0 && (!b.list || n < 0 || tail == b.chains[g].tail):
		b.count(tail, n)
	default:
		b.append(g, p, n)
	}
}

// count changes the number of a node, and takes it out where none is left.
func (b *bag) count(node uint32, n int64) {
	b.nodes[node].n += n
	b.remember(node, bagCounted, n)
	if b.nodes[node].n == 0 {
		b.unlink(node)
		if b.remember(node, bagUnlinked, 0); !b.undoes {
			b.free = append(b.free, node)
		}
	}
}

// append puts a node behind all others.
func (b *bag) append(g, p uint32, n int64) {
	before := b.ends[p].tail
	b.next.v[g]++
	b.remember(b.link(g, p, n, b.next.v[g]), bagLinked, int64(before))
}

// link makes a node, the youngest of its group and its pair.
func (b *bag) link(g, p uint32, n, at int64) uint32 {
	node := uint32(len(b.nodes))
	if k := len(b.free); k > 0 {
		node, b.free = b.free[k-1], b.free[:k-1]
	} else {
		b.nodes = append(b.nodes, bagNode{})
	}
	b.nodes[node] = bagNode{pair: p, n: n, at: at}
	b.attach(g, node)
	b.live++
	return node
}

// attach puts a node that has no links at the end of the lists of its group and
// its pair.
func (b *bag) attach(g, node uint32) {
	c, e := &b.chains[g], &b.ends[b.nodes[node].pair]
	if b.nodes[node].prev = c.tail; c.tail > 0 {
		b.nodes[c.tail].next = node
	} else {
		c.head = node
	}
	if e.tail > 0 {
		b.nodes[e.tail].same = node
	} else {
		e.head = node
	}
	c.tail, e.tail = node, node
}

// unlink takes out the oldest node of a pair. The node keeps its own links.
func (b *bag) unlink(node uint32) {
	n := b.nodes[node]
	c, e := &b.chains[b.groupOf(n.pair)], &b.ends[n.pair]
	if n.prev > 0 {
		b.nodes[n.prev].next = n.next
	} else {
		c.head = n.next
	}
	if n.next > 0 {
		b.nodes[n.next].prev = n.prev
	} else {
		c.tail = n.prev
	}
	if e.head = n.same; e.head == 0 {
		e.tail = 0
	}
	b.live--
}

// relink puts a node back where it was, all that came after its removal having
// been taken back.
func (b *bag) relink(node uint32) {
	n := b.nodes[node]
	c, e := &b.chains[b.groupOf(n.pair)], &b.ends[n.pair]
	if n.prev > 0 {
		b.nodes[n.prev].next = node
	} else {
		c.head = node
	}
	if n.next > 0 {
		b.nodes[n.next].prev = node
	} else {
		c.tail = node
	}
	if e.head = node; n.same == 0 {
		e.tail = node
	}
	b.live++
}

// drop takes out the youngest node of its group and its pair; before is the one
// of the pair that came before it.
func (b *bag) drop(node, before uint32) {
	n := b.nodes[node]
	c, e := &b.chains[b.groupOf(n.pair)], &b.ends[n.pair]
	if c.tail = n.prev; c.tail > 0 {
		b.nodes[c.tail].next = 0
	} else {
		c.head = 0
	}
	if e.tail = before; before > 0 {
		b.nodes[before].same = 0
	} else {
		e.head = 0
	}
	b.live--
}

// each calls f for the nodes of a group in order.
func (b *bag) each(g uint32, f func(p uint32, n int64)) {
	for e := b.chains[g].head; e > 0; e = b.nodes[e].next {
		f(b.nodes[e].pair, b.nodes[e].n)
	}
}

func (b *bag) state(groups []uint32) (arrow.Array, error) { return b.stateOf(groups, b.each) }

func (b *bag) bytes() int64 {
	return b.pairTable.bytes() + b.next.bytes() + int64(cap(b.nodes))*int64(unsafe.Sizeof(bagNode{})) + int64(cap(b.ends)+cap(b.chains))*8 +
		int64(cap(b.free))*4 + int64(cap(b.undo))*int64(unsafe.Sizeof(bagChange{}))
}
