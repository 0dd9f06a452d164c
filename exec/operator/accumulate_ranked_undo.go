package operator

func (r *ranked) grow(n int) {
	if n > len(r.roots) {
		r.roots = append(r.roots, make([]uint32, n-len(r.roots))...)
	}
	if r.arrival {
		r.next.grow(n)
	}
}

func (r *ranked) save(groups []uint32) {
	if r.undoes = r.undoes || len(groups) > 0; r.arrival {
		r.next.save(groups)
	}
}

// restore takes the changes back, then empties the groups from n on.
func (r *ranked) restore(groups []uint32, n int) {
	for k := len(r.undo) - 1; k >= 0; k-- {
		c := r.undo[k]
		was := r.nodes[c.pair+1].n - c.n
		if r.arrival && r.came[c.pair] != c.came {
			r.take(c.pair)
			r.came[c.pair] = c.came
		}
		r.count(c.pair, was)
	}
	r.undo, r.undoes = r.undo[:0], r.tracked
	for g := min(n, len(r.roots)); g < len(r.roots); g++ {
		r.clear(r.roots[g])
	}
	if r.roots = r.roots[:min(n, len(r.roots))]; r.arrival {
		r.next.restore(groups, n)
	}
}

// clear empties a tree.
func (r *ranked) clear(t uint32) {
	if t > 0 {
		left, right := r.nodes[t].left, r.nodes[t].right
		r.nodes[t] = rankNode{}
		r.live--
		r.clear(left)
		r.clear(right)
	}
}

func (r *ranked) commit() {
	r.undo, r.undoes = r.undo[:0], r.tracked
	r.next.commit()
	_ = r.tidy() // what fails leaves the trees as they are
}

// tidy builds the trees anew where most tuples are gone.
func (r *ranked) tidy() error {
	if !r.crowded(r.live) {
		return nil
	}
	fresh, err := newRanked(r.dts, r.by, r.exact)
	if err != nil {
		return err
	}
	fresh.frequent, fresh.arrival, fresh.most, fresh.once = r.frequent, r.arrival, r.most, r.once
	fresh.looks, fresh.tracked, fresh.undoes, fresh.find = r.looks, r.tracked, r.undoes, r.find
	fresh.grow(len(r.roots))
	fresh.next = r.next
	err = chunked(len(r.roots), r.size, func(groups []uint32) error { return copyEntries(fresh, r, groups, nil) })
	if err == nil {
		*r = *fresh
	}
	return err
}

func (r *ranked) size(g uint32) int {
	n := 0
	r.each(g, func(uint32, int64) bool { n++; return true })
	return n
}
