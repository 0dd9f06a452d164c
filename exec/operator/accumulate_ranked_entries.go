package operator

import (
	"cmp"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

func (r *ranked) form() entryForm {
	return entryForm{types: r.dts, list: r.arrival, counted: true, ordered: r.arrival, rank: r.looks}
}

func (r *ranked) track() { r.tracked, r.undoes = true, true }

func (r *ranked) counter() *cells[int64] {
	if r.arrival {
		return &r.next
	}
	return nil
}

// sparse does not hold where a tuple that is taken out is known by when it came, and
// where the least of all are dropped.
func (r *ranked) sparse() bool { return !r.arrival && r.most == 0 }

func (r *ranked) findBy(f entryFinder) { r.find = f }

func (r *ranked) all(groups []uint32) (out valueEntries) {
	for _, g := range groups {
		r.each(g, func(p uint32, n int64) bool {
			r.entry(&out, p, n, r.position(p), true)
			return true
		})
	}
	return out
}

func (r *ranked) entry(out *valueEntries, p uint32, n, at int64, known bool) {
	out.add(p, r.groupOf(p), r.tupleOf(p), n, at, known)
}

func (r *ranked) position(p uint32) int64 {
	if !r.arrival {
		return 0
	}
	return r.cameAt(p)
}

func (r *ranked) load(groups []uint32, tuples []arrow.Array, times, at []int64) error {
	args := valuesOf(tuples)
	c, pairs, err := r.number(groups, args, kernel.Rows{N: len(groups)}, nil, nil, nil)
	if err != nil {
		return err
	}
	r.room()
	if err := r.order.learn(args[r.by], c); err != nil {
		return err
	}
	for k, p := range pairs {
		if r.arrival {
			r.cameAt(p)
			r.came[p] = at[k]
		}
		r.count(p, times[k])
	}
	return nil
}

// arrange has nothing to do: the tree orders.
func (r *ranked) arrange() {}

// changed looks at the steps of the batch: the first one of a pair tells where it
// was, and all together how often.
func (r *ranked) changed() (set, gone valueEntries) {
	order := make([]int32, len(r.undo))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Or(cmp.Compare(r.undo[i].pair, r.undo[j].pair), cmp.Compare(i, j)) })
	for i := 0; i < len(order); {
		first := r.undo[order[i]]
		p, steps := first.pair, int64(0)
		for ; i < len(order) && r.undo[order[i]].pair == p; i++ {
			steps += r.undo[order[i]].n
		}
		now, at := r.nodes[p+1].n, r.position(p)
		was := now - steps
		moved := r.arrival && at != first.came
		if was != 0 && (now == 0 || moved) {
			r.entry(&gone, p, 0, first.came, true)
		}
		if now != 0 && (now != was || moved) {
			r.entry(&set, p, now, at, was != 0 && !moved)
		}
	}
	return set, gone
}
