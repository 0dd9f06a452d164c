package operator

// remember writes a step down, once groups were saved.
func (b *bag) remember(node uint32, step bagStep, n int64) {
	if b.undoes {
		b.undo = append(b.undo, bagChange{node, step, n})
	}
}

func (b *bag) grow(n int) {
	if n > len(b.chains) {
		b.chains = append(b.chains, make([]bagEnds, n-len(b.chains))...)
	}
	b.next.grow(n)
}

func (b *bag) save(groups []uint32) {
	b.undoes = b.undoes || len(groups) > 0
	b.next.save(groups)
}

// restore takes the steps back, then empties the groups from n on.
func (b *bag) restore(groups []uint32, n int) {
	for k := len(b.undo) - 1; k >= 0; k-- {
		switch c := b.undo[k]; c.step {
		case bagCounted:
			b.nodes[c.node].n -= c.n
		case bagLinked:
			b.drop(c.node, uint32(c.n))
			b.free = append(b.free, c.node)
		case bagUnlinked:
			b.relink(c.node)
		}
	}
	b.undo, b.undoes = b.undo[:0], b.tracked
	for g := min(n, len(b.chains)); g < len(b.chains); g++ {
		for e := b.chains[g].head; e > 0; e = b.nodes[e].next {
			b.ends[b.nodes[e].pair] = bagEnds{}
			b.free = append(b.free, e)
			b.live--
		}
	}
	b.chains = b.chains[:min(n, len(b.chains))]
	b.next.restore(groups, n)
}

func (b *bag) commit() {
	for _, c := range b.undo {
		if c.step == bagUnlinked {
			b.free = append(b.free, c.node)
		}
	}
	b.undo, b.undoes = b.undo[:0], b.tracked
	b.next.commit()
	_ = b.tidy() // what fails leaves the bag as it is
}

// tidy builds the bag anew where most of its tuples are gone.
func (b *bag) tidy() error {
	if !b.crowded(b.live) {
		return nil
	}
	fresh, err := newBag(b.dts, b.list)
	if err != nil {
		return err
	}
	fresh.ordered, fresh.tracked, fresh.undoes, fresh.find = b.ordered, b.tracked, b.undoes, b.find
	fresh.grow(len(b.chains))
	fresh.next = b.next
	err = chunked(len(b.chains), func(g uint32) int { return b.size(g) }, func(groups []uint32) error { return copyEntries(fresh, b, groups, nil) })
	if err == nil {
		*b = *fresh
	}
	return err
}

func (b *bag) size(g uint32) int {
	n := 0
	b.each(g, func(uint32, int64) { n++ })
	return n
}

// chunked calls f for all of n groups that hold anything, some at a time.
func chunked(n int, size func(g uint32) int, f func(groups []uint32) error) error {
	const most = 1 << 14
	var groups []uint32
	held := 0
	for g := range n {
		if k := size(uint32(g)); k > 0 {
			groups = append(groups, uint32(g))
			held += k
		}
		if held > most || g == n-1 && held > 0 {
			if err := f(groups); err != nil {
				return err
			}
			groups, held = nil, 0
		}
	}
	return nil
}
