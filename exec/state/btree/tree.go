package btree

// Tree is an ordered map from bytes to bytes. The zero Tree is empty and ready.
// It is not safe for concurrent use. Slices that it hands out are parts of its
// pages: they are valid until the tree is next changed and must not be written.
type Tree struct {
	pages []*page
	freed []uint32 // numbers of pages that are not in use
	large []pair   // pairs too large for a page
	holes []uint32 // numbers of large pairs that are not in use
	root  uint32
	rows  int64
	bytes int64
	path  []step
}

type pair struct{ key, value []byte }

// step is one page on the way from the root to a leaf and the slot taken there.
type step struct {
	page uint32
	slot int
}

// Len is the number of pairs.
func (t *Tree) Len() int64 { return t.rows }

// Bytes is the memory held.
func (t *Tree) Bytes() int64 { return t.bytes }

// Clear drops all pairs and their memory, but for one page.
func (t *Tree) Clear() {
	if t.rows == 0 && len(t.pages) <= 1 {
		return
	}
	path := t.path[:0]
	*t = Tree{path: path}
}

func (t *Tree) init() {
	if len(t.pages) == 0 {
		t.root = t.add(newPage(true))
	}
}

func (t *Tree) add(p *page) uint32 {
	t.bytes += PageSize
	if n := len(t.freed); n > 0 {
		id := t.freed[n-1]
		t.freed = t.freed[:n-1]
		t.pages[id] = p
		return id
	}
	t.pages = append(t.pages, p)
	return uint32(len(t.pages) - 1)
}

func (t *Tree) drop(id uint32) {
	t.bytes -= PageSize
	t.pages[id] = nil
	t.freed = append(t.freed, id)
}

// keyAt returns the key of slot i.
func (t *Tree) keyAt(p *page, i int) []byte {
	s := p.slot(i)
	if s&large != 0 {
		return t.large[little.Uint32(p.data[s&^large:])].key
	}
	k, _, at := p.lengths(int(s))
	return p.data[at : at+k : at+k]
}

// pairAt returns the pair of slot i.
func (t *Tree) pairAt(p *page, i int) (key, value []byte) {
	s := p.slot(i)
	if s&large != 0 {
		l := t.large[little.Uint32(p.data[s&^large:])]
		return l.key, l.value
	}
	k, v, at := p.lengths(int(s))
	return p.data[at : at+k : at+k], p.data[at+k : at+k+v : at+k+v]
}

func (t *Tree) child(p *page, i int) uint32 {
	_, v := t.pairAt(p, i)
	return little.Uint32(v)
}

// descend goes to the leaf of a key and leaves the way in t.path.
func (t *Tree) descend(key []byte) (leaf *page, slot int, found bool) {
	t.init()
	t.path = t.path[:0]
	id := t.root
	for {
		p := t.pages[id]
		if p.leaf {
			slot, found = t.search(p, key)
			t.path = append(t.path, step{id, slot})
			return p, slot, found
		}
		i := t.branch(p, key)
		t.path = append(t.path, step{id, i})
		id = t.child(p, i)
	}
}

// Get returns the value of a key, nil where there is none. An empty value is
// not nil.
func (t *Tree) Get(key []byte) []byte {
	if t.rows == 0 {
		return nil
	}
	p := t.pages[t.root]
	for !p.leaf {
		p = t.pages[t.child(p, t.branch(p, key))]
	}
	i, found := t.search(p, key)
	if !found {
		return nil
	}
	_, value := t.pairAt(p, i)
	return value
}

// Has tells whether there is a key.
func (t *Tree) Has(key []byte) bool { return t.Get(key) != nil }
