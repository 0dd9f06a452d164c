package btree

import (
	"bytes"
	"slices"
)

// largeOverhead is what a pair beside the tree costs beside its bytes.
const largeOverhead = 48

// Set gives a key a value, copying both; the value may be one that the tree
// handed out.
func (t *Tree) Set(key, value []byte) {
	p, i, found := t.descend(key)
	t.setAt(p, i, found, key, value)
}

// Swap is Set that appends the value the key had to old, and tells whether it had
// one. The key may not be one that the tree handed out.
func (t *Tree) Swap(key, value, old []byte) ([]byte, bool) {
	p, i, found := t.descend(key)
	if found {
		_, was := t.pairAt(p, i)
		old = append(old, was...)
	}
	t.setAt(p, i, found, key, value)
	return old, found
}

// Add gives a key a value if it has none, and tells whether it did.
func (t *Tree) Add(key, value []byte) bool {
	p, i, found := t.descend(key)
	if !found {
		t.setAt(p, i, false, key, value)
	}
	return !found
}

// setAt is Set behind a descent.
func (t *Tree) setAt(p *page, i int, found bool, key, value []byte) {
	size := cellSize(len(key), len(value))
	if found && t.replace(p, i, key, value, size) {
		return
	}
	if found {
		value = bytes.Clone(value) // it may lie in a cell that moves
		t.forget(p, i)
		p.remove(i, i+1)
	} else {
		t.rows++
	}
	t.put(len(t.path)-1, i, key, value)
}

// replace changes a value without moving other cells, if there is room.
func (t *Tree) replace(p *page, i int, key, value []byte, size int) bool {
	s := p.slot(i)
	if s&large != 0 {
		if size <= maxCell {
			return false
		}
		l := &t.large[little.Uint32(p.data[s&^large:])]
		t.bytes += int64(len(value) - len(l.value))
		l.value = append(make([]byte, 0, len(value)), value...)
		return true
	}
	_, old := t.pairAt(p, i)
	if len(old) == len(value) {
		copy(old, value)
		return true
	}
	if size > maxCell || size > p.free() {
		return false
	}
	p.dead += uint16(p.sizeAt(i))
	putCell(p.cell(i, size, 0), key, value)
	return true
}

// forget drops the pair beside the tree that slot i refers to, if it does.
func (t *Tree) forget(p *page, i int) {
	s := p.slot(i)
	if s&large == 0 {
		return
	}
	id := little.Uint32(p.data[s&^large:])
	t.bytes -= t.large[id].size()
	t.large[id] = pair{}
	t.holes = append(t.holes, id)
}

func (l pair) size() int64 { return int64(len(l.key)+len(l.value)) + largeOverhead }

// keep puts a large pair beside the tree and returns its number.
func (t *Tree) keep(key, value []byte) uint32 {
	l := pair{bytes.Clone(key), append(make([]byte, 0, len(value)), value...)}
	t.bytes += l.size()
	if n := len(t.holes); n > 0 {
		id := t.holes[n-1]
		t.holes = t.holes[:n-1]
		t.large[id] = l
		return id
	}
	t.large = append(t.large, l)
	return uint32(len(t.large) - 1)
}

// put adds a pair at slot i of the page at a level of the path, splitting pages
// as needed.
func (t *Tree) put(level, i int, key, value []byte) {
	size, flag := cellSize(len(key), len(value)), uint16(0)
	if size > maxCell {
		size, flag = 4, large
	}
	p := t.pages[t.path[level].page]
	if p.free() < size+slotSize {
		key, value = bytes.Clone(key), append([]byte{}, value...) // they may lie in cells that move
		if p.used()+size+slotSize <= pageData*15/16 {
			p.compact()
		} else {
			p, i = t.split(level, i, key)
		}
	}
	head := t.admit(p, i, key)
	dst := p.insert(i, size, flag)
	p.setHead(i, head)
	if flag != 0 {
		little.PutUint32(dst, t.keep(key, value))
		return
	}
	putCell(dst, key, value)
}

// split divides the page at a level of the path, tells its parent, and returns
// the half into which a key at slot i goes and its slot there, compacted. A page
// that grows at its end, as with ascending keys, is left full.
func (t *Tree) split(level, i int, key []byte) (*page, int) {
	id := t.path[level].page
	p, right := t.pages[id], newPage(t.pages[id].leaf)
	at := int(p.n)
	sep := key
	if i < at {
		at = p.middle()
		sep = t.keyAt(p, at)
	}
	if p.leaf {
		sep = separator(t.keyAt(p, at-1), sep)
	}
	sep = bytes.Clone(sep)
	right.appendFrom(p, at, int(p.n))
	p.remove(at, int(p.n))
	p.compact()
	t.rebuild(p)
	t.rebuild(right)
	t.hang(level, id, t.add(right), sep)
	if i < at || i == at && less(key, sep) {
		return p, i
	}
	return right, i - at
}

// middle is the slot at which half of a page's bytes lie before.
func (p *page) middle() int {
	half, sum := p.used()/2, 0
	for i := range int(p.n) - 1 {
		if sum += p.sizeAt(i) + slotSize; sum >= half {
			return i + 1
		}
	}
	return int(p.n) - 1
}

// hang puts the new right neighbour of a page into the page above, or makes a
// new root.
func (t *Tree) hang(level int, left, right uint32, sep []byte) {
	if level > 0 {
		t.put(level-1, t.path[level-1].slot+1, sep, appendID(nil, right))
		return
	}
	root := newPage(false)
	t.root = t.add(root)
	putCell(root.insert(0, cellSize(0, 4), 0), nil, appendID(nil, left))
	t.path = slices.Insert(t.path, 0, step{t.root, 0})
	t.put(0, 1, sep, appendID(nil, right))
}

func appendID(dst []byte, id uint32) []byte { return little.AppendUint32(dst, id) }
