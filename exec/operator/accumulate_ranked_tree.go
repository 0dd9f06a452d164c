package operator

// before tells whether node a comes before node b.
func (r *ranked) before(a, b uint32) bool {
	if r.frequent && r.nodes[a].n != r.nodes[b].n {
		return r.nodes[a].n > r.nodes[b].n
	}
	x, y := r.tupleOf(a-1), r.tupleOf(b-1)
	if c := r.order.compare(x, y); c != 0 {
		return c < 0
	}
	if r.arrival && r.cameAt(a-1) != r.cameAt(b-1) {
		return r.came[a-1] < r.came[b-1]
	}
	return x < y
}

// above tells whether node a is nearer to the root than node b.
func above(a, b uint32) bool {
	x, y := mix(uint64(a), mixer), mix(uint64(b), mixer)
	return x > y || x == y && a > b
}

// sum counts the values below a node again.
func (r *ranked) sum(t uint32) {
	n := &r.nodes[t]
	n.sum = n.n + r.nodes[n.left].sum + r.nodes[n.right].sum
}

// insert puts a node into a tree and returns the root.
func (r *ranked) insert(root, t uint32) uint32 {
	if root == 0 {
		return t
	}
	if above(t, root) {
		r.nodes[t].left, r.nodes[t].right = r.split(root, t)
		r.sum(t)
		return t
	}
	if r.before(t, root) {
		left := r.insert(r.nodes[root].left, t)
		r.nodes[root].left = left
	} else {
		right := r.insert(r.nodes[root].right, t)
		r.nodes[root].right = right
	}
	r.sum(root)
	return root
}

// split divides a tree into what comes before a node and what comes after it.
func (r *ranked) split(root, t uint32) (before, after uint32) {
	if root == 0 {
		return 0, 0
	}
	if r.before(root, t) {
		before, after = r.split(r.nodes[root].right, t)
		r.nodes[root].right = before
		r.sum(root)
		return root, after
	}
	before, after = r.split(r.nodes[root].left, t)
	r.nodes[root].left = after
	r.sum(root)
	return before, root
}

// remove takes a node out of a tree that holds it and returns the root.
func (r *ranked) remove(root, t uint32) uint32 {
	switch {
	case root == t:
		return r.join(r.nodes[t].left, r.nodes[t].right)
	case root == 0:
		return 0
	case r.before(t, root):
		left := r.remove(r.nodes[root].left, t)
		r.nodes[root].left = left
	default:
		right := r.remove(r.nodes[root].right, t)
		r.nodes[root].right = right
	}
	r.sum(root)
	return root
}

// join makes one tree of two, all of the first coming before all of the second.
func (r *ranked) join(a, b uint32) uint32 {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	case above(a, b):
		right := r.join(r.nodes[a].right, b)
		r.nodes[a].right = right
		r.sum(a)
		return a
	}
	left := r.join(a, r.nodes[b].left)
	r.nodes[b].left = left
	r.sum(b)
	return b
}

// addOnPath adds n to the sums from the root to a node.
func (r *ranked) addOnPath(root, t uint32, n int64) {
	for root > 0 {
		r.nodes[root].sum += n
		switch {
		case root == t:
			return
		case r.before(t, root):
			root = r.nodes[root].left
		default:
			root = r.nodes[root].right
		}
	}
}
