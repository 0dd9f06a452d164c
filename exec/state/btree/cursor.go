package btree

// Cursor goes through the pairs of a tree in order. It is good until the tree is
// next changed; the zero Cursor is at the end.
type Cursor struct {
	t    *Tree
	leaf *page
	slot int
	deep int
	path [maxDepth]step
}

// maxDepth is more than any tree has: an inner page has at least four children
// but for those at the right edge, and pages are numbered in 32 bits.
const maxDepth = 40

// Seek places the cursor at the first pair whose key is not below from; nil is
// the first pair of all.
func (c *Cursor) Seek(t *Tree, from []byte) {
	c.t, c.leaf, c.slot, c.deep = t, nil, 0, 0
	if t.rows == 0 {
		return
	}
	id := t.root
	for p := t.pages[id]; ; p = t.pages[id] {
		if p.leaf {
			c.leaf = p
			c.slot, _ = t.search(p, from)
			break
		}
		i := t.branch(p, from)
		c.path[c.deep] = step{id, i}
		c.deep++
		id = t.child(p, i)
	}
	if c.slot == int(c.leaf.n) {
		c.nextLeaf()
	}
}

// Valid tells whether the cursor is at a pair.
func (c *Cursor) Valid() bool { return c.leaf != nil }

// Pair returns the pair that the cursor is at.
func (c *Cursor) Pair() (key, value []byte) { return c.t.pairAt(c.leaf, c.slot) }

// Next goes to the next pair.
func (c *Cursor) Next() {
	if c.slot++; c.slot == int(c.leaf.n) {
		c.nextLeaf()
	}
}

// nextLeaf goes up until there is a way to the right, and down from there.
func (c *Cursor) nextLeaf() {
	for c.leaf, c.slot = nil, 0; c.deep > 0; {
		s := &c.path[c.deep-1]
		p := c.t.pages[s.page]
		if s.slot++; s.slot == int(p.n) {
			c.deep--
			continue
		}
		id := c.t.child(p, s.slot)
		for p = c.t.pages[id]; !p.leaf; p = c.t.pages[id] {
			c.path[c.deep] = step{id, 0}
			c.deep++
			id = c.t.child(p, 0)
		}
		if p.n > 0 {
			c.leaf = p
			return
		}
	}
}

// Scan calls f for each pair with from <= key < to, in order, until it returns
// an error, which is returned. Nil as to means the end.
func (t *Tree) Scan(from, to []byte, f func(key, value []byte) error) error {
	var c Cursor
	for c.Seek(t, from); c.Valid(); c.Next() {
		key, value := c.Pair()
		if to != nil && !less(key, to) {
			return nil
		}
		if err := f(key, value); err != nil {
			return err
		}
	}
	return nil
}
