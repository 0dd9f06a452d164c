package btree

import "bytes"

// Delete removes a key and tells whether it was there.
func (t *Tree) Delete(key []byte) bool {
	_, found := t.Cut(key, nil)
	return found
}

// Cut is Delete that appends the value the key had to old. The key may not be one
// that the tree handed out.
func (t *Tree) Cut(key, old []byte) ([]byte, bool) {
	if t.rows == 0 {
		return old, false
	}
	p, i, found := t.descend(key)
	if !found {
		return old, false
	}
	_, was := t.pairAt(p, i)
	old = append(old, was...)
	t.rows--
	t.forget(p, i)
	p.remove(i, i+1)
	t.shrink(len(t.path) - 1)
	return old, true
}

// shrink merges the page at a level of the path with a neighbour where both are
// rather empty, and so on upwards.
func (t *Tree) shrink(level int) {
	for ; level > 0; level-- {
		p := t.pages[t.path[level].page]
		if int(p.n) > 0 && p.used() >= pageData/4 {
			return
		}
		up, i := t.pages[t.path[level-1].page], t.path[level-1].slot
		switch {
		case p.n == 0:
			t.forget(up, i)
			up.remove(i, i+1)
			t.drop(t.path[level].page)
		case up.n == 1:
			return
		case i+1 < int(up.n):
			if !t.merge(up, i) {
				return
			}
		case !t.merge(up, i-1):
			return
		}
	}
	t.shrinkRoot()
}

// shrinkRoot takes away levels that do not branch.
func (t *Tree) shrinkRoot() {
	for p := t.pages[t.root]; !p.leaf && p.n <= 1; p = t.pages[t.root] {
		if p.n == 0 {
			p.leaf = true
			return
		}
		id := t.child(p, 0)
		t.forget(p, 0)
		t.drop(t.root)
		t.root = id
	}
}

// merge makes the pages of slots i and i+1 one, if they fit well into one, and
// tells whether they did.
func (t *Tree) merge(up *page, i int) bool {
	leftID, rightID := t.child(up, i), t.child(up, i+1)
	left, right := t.pages[leftID], t.pages[rightID]
	sep := t.keyAt(up, i+1)
	if left.used()+right.used()+len(sep)+16 > pageData*3/4 {
		return false
	}
	sep = bytes.Clone(sep)
	left.compact()
	from := 0
	if !right.leaf && right.n > 0 { // its first key stands for the least: it is the separator that divides now
		first := appendID(nil, t.child(right, 0))
		t.forget(right, 0)
		t.append(left, sep, first)
		from = 1
	}
	left.appendFrom(right, from, int(right.n))
	t.rebuild(left)
	t.forget(up, i+1)
	up.remove(i+1, i+2)
	t.drop(rightID)
	return true
}

// append adds a pair at the end of a page that has the room.
func (t *Tree) append(p *page, key, value []byte) {
	size := cellSize(len(key), len(value))
	if size > maxCell {
		little.PutUint32(p.insert(int(p.n), 4, large), t.keep(key, value))
		return
	}
	putCell(p.insert(int(p.n), size, 0), key, value)
}
