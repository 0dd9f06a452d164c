package operator

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// ranked is a multiset of tuples for each group, in the order of one of their
// columns: the least, the greatest or the one at some rank is found, and a change
// is made, in logarithmic time. Tuples taken out before they came count below
// zero until they come.
//
// The tuples of a group are a treap: a search tree that is also a heap by a
// random priority, here a hash of the pair's number. Its shape is given by what
// is in it, whatever the order of the changes. All nodes stand in one array, by
// pair, and link each other by number.
type ranked struct {
	pairTable
	by       int        // the column of the order
	order    orderKeys  // by tuple
	frequent bool       // the most frequent come first, equally frequent in order
	arrival  bool       // of equal keys the one that came first is first
	most     int64      // only so many tuples are kept, the greatest; 0: all
	once     bool       // a tuple counts once, however often it comes
	looks    ranking    // which tuples are looked at
	nodes    []rankNode // by pair plus one; 0 is none
	came     []int64    // by pair, if arrival: its position, that of the last time it came to be there
	next     cells[int64]
	roots    []uint32 // by group
	live     int
	undo     []rankChange
	undoes   bool // changes are to be remembered: groups were saved, or entries are tracked
	tracked  bool
	find     entryFinder // where only what a batch touches is in memory
}

type rankNode struct {
	left, right uint32
	n, sum      int64 // how often the tuple is there; the same of the whole subtree
}

type rankChange struct {
	pair uint32
	n    int64
	came int64
}

func newRanked(dts []arrow.DataType, by int, exact bool) (*ranked, error) {
	t, err := newPairTable(dts, exact)
	if err != nil {
		return nil, err
	}
	r := &ranked{pairTable: t, by: by, nodes: make([]rankNode, 1)}
	r.order, err = newOrderKeys(dts[by])
	return r, err
}

// add counts rows.
func (r *ranked) add(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8, times []int64, counts []argValid) error {
	c, pairs, err := r.number(groups, args, rows, changes, times, counts)
	if err != nil {
		return err
	}
	if err := r.order.learn(args[r.by], c); err != nil {
		return err
	}
	if err := r.meet(); err != nil {
		return err
	}
	for k, p := range pairs {
		n := c.n[k]
		if r.once && r.most > 0 {
			n = 1 - r.nodes[p+1].n
		}
		r.change(p, n)
		if r.most > 0 {
			r.prune(c.groups[k])
		}
	}
	if !r.undoes {
		return r.tidy()
	}
	return nil
}

// meet makes room for new pairs, and looks up those that may be in the table.
func (r *ranked) meet() error {
	from := len(r.nodes) - 1
	if r.room(); r.find == nil || from == r.pairs.len() {
		return nil
	}
	groups, tuples := r.partsFrom(from)
	times, _, err := r.find(groups, tuples)
	if err != nil {
		return err
	}
	for i, n := range times {
		r.count(uint32(from+i), n)
	}
	return nil
}

// room makes room for new pairs.
func (r *ranked) room() {
	if n := r.pairs.len() + 1; n > len(r.nodes) {
		r.nodes = append(r.nodes, make([]rankNode, n-len(r.nodes))...)
	}
}

// merge adds a column of states.
func (r *ranked) merge(groups []uint32, state arrow.Array) error {
	to, args, rows, times := unpackTimes(groups, state)
	return r.add(to, args, rows, nil, times, nil)
}

// prune takes out the least tuples above the number to keep.
func (r *ranked) prune(g uint32) {
	for root := r.roots[g]; root > 0 && r.nodes[root].sum > r.most; root = r.roots[g] {
		t := root
		for r.nodes[t].left > 0 {
			t = r.nodes[t].left
		}
		r.change(t-1, -min(r.nodes[t].n, r.nodes[root].sum-r.most))
	}
}

// change adds n occurrences of a pair, or takes out -n.
func (r *ranked) change(p uint32, n int64) {
	if n == 0 {
		return
	}
	if r.undoes {
		c := rankChange{pair: p, n: n}
		if r.arrival {
			c.came = r.cameAt(p)
		}
		r.undo = append(r.undo, c)
	}
	was := r.nodes[p+1].n
	if r.arrival && (was == 0 || was < 0 && was+n > 0) {
		r.take(p)
		r.cameAt(p)
		next := &r.next.v[r.groupOf(p)]
		*next++
		r.came[p] = *next
	}
	r.count(p, was+n)
}

// cameAt returns when a pair came to be there.
func (r *ranked) cameAt(p uint32) int64 {
	if n := int(p) + 1; n > len(r.came) {
		r.came = append(r.came, make([]int64, n-len(r.came))...)
	}
	return r.came[p]
}

// count sets the number of a pair.
func (r *ranked) count(p uint32, n int64) {
	t := p + 1
	if was := r.nodes[t].n; was != 0 && n != 0 && !r.frequent {
		r.addOnPath(r.roots[r.groupOf(p)], t, n-was)
		r.nodes[t].n = n
		return
	}
	r.take(p)
	if n != 0 {
		root := &r.roots[r.groupOf(p)]
		r.nodes[t] = rankNode{n: n, sum: n}
		*root = r.insert(*root, t)
		r.live++
	}
}

// take removes a pair from its tree, if it is there.
func (r *ranked) take(p uint32) {
	if t := p + 1; r.nodes[t].n != 0 {
		root := &r.roots[r.groupOf(p)]
		*root = r.remove(*root, t)
		r.nodes[t] = rankNode{}
		r.live--
	}
}

// each calls f for the pairs of a group in order, until it returns false.
func (r *ranked) each(g uint32, f func(p uint32, n int64) bool) { r.walk(r.roots[g], f) }

func (r *ranked) walk(t uint32, f func(p uint32, n int64) bool) bool {
	return t == 0 || r.walk(r.nodes[t].left, f) && f(t-1, r.nodes[t].n) && r.walk(r.nodes[t].right, f)
}

// eachDown is each from the last to the first.
func (r *ranked) eachDown(g uint32, f func(p uint32, n int64) bool) { r.walkDown(r.roots[g], f) }

func (r *ranked) walkDown(t uint32, f func(p uint32, n int64) bool) bool {
	return t == 0 || r.walkDown(r.nodes[t].right, f) && f(t-1, r.nodes[t].n) && r.walkDown(r.nodes[t].left, f)
}

// total is the number of values of a group.
func (r *ranked) total(g uint32) int64 { return r.nodes[r.roots[g]].sum }

// at returns the pair of the value of a rank, 0 for the first. Ranks are below
// the total.
func (r *ranked) at(g uint32, rank int64) uint32 {
	t := r.roots[g]
	for {
		n := &r.nodes[t]
		left := r.nodes[n.left].sum
		switch {
		case rank < left && n.left > 0:
			t = n.left
		case rank < left+n.n || n.right == 0:
			return t - 1
		default:
			rank, t = rank-left-n.n, n.right
		}
	}
}

func (r *ranked) state(groups []uint32) (arrow.Array, error) {
	return r.stateOf(groups, func(g uint32, f func(p uint32, n int64)) {
		r.each(g, func(p uint32, n int64) bool { f(p, n); return true })
	})
}

func (r *ranked) bytes() int64 {
	return r.pairTable.bytes() + r.order.bytes() + r.next.bytes() + int64(cap(r.nodes))*int64(unsafe.Sizeof(rankNode{})) +
		int64(cap(r.came))*8 + int64(cap(r.roots))*4 + int64(cap(r.undo))*int64(unsafe.Sizeof(rankChange{}))
}
