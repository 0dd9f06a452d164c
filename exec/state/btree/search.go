package btree

import "bytes"

// search returns the first slot of a leaf whose key is not below key, and
// whether it is equal.
func (t *Tree) search(p *page, key []byte) (int, bool) {
	if skip := int(p.skip); len(key) >= skip {
		h := headOf(key, skip)
		lo, hi := 0, int(p.n)
		for lo < hi {
			mid := int(uint(lo+hi) >> 1)
			if g := p.head(mid); g < h || g == h && less(t.keyAt(p, mid), key) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo < int(p.n) && p.head(lo) == h && string(t.keyAt(p, lo)) == string(key) {
			return lo, true
		}
		if t.shares(p, min(lo, int(p.n)-1), key) {
			return lo, false
		}
	}
	return t.lowerBound(p, key), false
}

// shares tells whether a key has the beginning that the page's heads leave out;
// i is any slot.
func (t *Tree) shares(p *page, i int, key []byte) bool {
	skip := int(p.skip)
	return skip == 0 || i >= 0 && string(t.keyAt(p, i)[:skip]) == string(key[:skip])
}

// lowerBound is the first slot of a leaf whose key is not below key, found
// without heads.
func (t *Tree) lowerBound(p *page, key []byte) int {
	lo, hi := 0, int(p.n)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); less(t.keyAt(p, mid), key) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// branch returns the slot of an inner page behind which a key lies.
func (t *Tree) branch(p *page, key []byte) int {
	heads := p.n > 1 && len(key) >= int(p.skip) && t.shares(p, 1, key)
	var h uint32
	if heads {
		h = headOf(key, int(p.skip))
	}
	lo, hi := 1, int(p.n)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		g := p.head(mid)
		if heads && g > h || (!heads || g == h) && less(key, t.keyAt(p, mid)) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo - 1
}

// admit makes the heads of a page fit for a key that is to be inserted at slot
// i, and returns the key's head.
func (t *Tree) admit(p *page, i int, key []byte) uint32 {
	switch first := p.first(); {
	case i < first:
		return 0
	case int(p.n) <= first:
		p.skip = uint16(min(len(key), 1<<16-1))
	case i == first || i == int(p.n): // a key in between shares what those around it share
		if n := common(key, t.keyAt(p, first)); n < int(p.skip) {
			p.skip = uint16(n)
			t.rehead(p)
		}
	}
	return headOf(key, int(p.skip))
}

// rebuild finds out anew what the keys of a page have in common.
func (t *Tree) rebuild(p *page) {
	first, last := p.first(), int(p.n)-1
	if last < first {
		p.skip = 0
		return
	}
	p.skip = uint16(min(common(t.keyAt(p, first), t.keyAt(p, last)), 1<<16-1))
	t.rehead(p)
}

// rehead writes the heads of a page.
func (t *Tree) rehead(p *page) {
	for i := p.first(); i < int(p.n); i++ {
		p.setHead(i, headOf(t.keyAt(p, i), int(p.skip)))
	}
}

// common is the number of bytes with which both begin.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func less(a, b []byte) bool { return bytes.Compare(a, b) < 0 }
