package json

import "unsafe"

// structValue reads the object at p. A flaw of one of its fields makes that
// field null alone.
func (d *Decoder) structValue(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	if depth >= d.opts.MaxDepth {
		return d.fail(p, errDepth)
	}
	c.seek(row)
	if p = d.object(c.obj, row, b, p, end, depth+1); p >= 0 {
		c.n = row + 1
		d.bad = false
	}
	return p
}

// list reads the array at p. A flawed element leaves the whole row out.
func (d *Decoder) list(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	if depth >= d.opts.MaxDepth {
		return d.fail(p, errDepth)
	}
	c.seek(row)
	n, bad := c.used, false
	p = blanks(b, p+1, end)
	if at(b, p) == ']' {
		c.putEnd(row, n)
		return p + 1
	}
	for {
		if bad {
			p = d.skip(b, p, end, depth+1)
		} else {
			d.bad = false
			p = d.value(c.elem, n, b, p, end, depth+1)
			bad = d.bad
			n++
		}
		if p < 0 {
			c.elem.truncate(c.used)
			return p
		}
		p = blanks(b, p, end)
		switch t := at(b, p); {
		case p >= end:
			return d.fail(end, errEnd)
		case t == ',':
			p = blanks(b, p+1, end)
		case t == ']':
			if d.bad = bad; bad {
				c.elem.truncate(c.used)
			} else {
				c.putEnd(row, n)
			}
			return p + 1
		default:
			return d.fail(p, errAfter)
		}
	}
}

// mapValue reads the object at p. A flawed value leaves the whole row out. Of
// equal keys the last one counts, as in an object, in its place.
func (d *Decoder) mapValue(c *column, row int, b unsafe.Pointer, p, end, depth int) int {
	if depth >= d.opts.MaxDepth {
		return d.fail(p, errDepth)
	}
	c.seek(row)
	flaws := len(d.flaws)
	n, bad, q := d.entries(c, b, p, end, depth+1, nil)
	if q < 0 {
		return q
	}
	if drop := d.repeated(c.key, c.used, n); drop != nil {
		d.takeBack(c, flaws)
		n, bad, q = d.entries(c, b, p, end, depth+1, drop)
	}
	if d.bad = bad; bad {
		c.key.truncate(c.used)
		c.elem.truncate(c.used)
	} else {
		c.putEnd(row, n)
	}
	return q
}

func (d *Decoder) takeBack(c *column, flaws int) {
	c.key.truncate(c.used)
	c.elem.truncate(c.used)
	d.flaws = d.flaws[:flaws]
}

// entries reads the entries of the object at p into the keys and values of c,
// but for those whose ordinal is in drop. It returns the number of the element
// after the last.
func (d *Decoder) entries(c *column, b unsafe.Pointer, p, end, depth int, drop map[int]bool) (n int, bad bool, q int) {
	n = c.used
	p = blanks(b, p+1, end)
	if at(b, p) == '}' {
		return n, false, p + 1
	}
	for ordinal := 0; ; ordinal++ {
		start := p
		if p = d.skipKey(b, p, end); p < 0 {
			return 0, false, p
		}
		if p >= end {
			return 0, false, d.fail(end, errEnd)
		}
		if drop[ordinal] {
			p = d.skip(b, p, end, depth)
		} else {
			s, repaired := d.decoded(view(b, start+1, d.stringEnd(b, start, end)-1))
			if repaired {
				d.flawed(c, start, InvalidUTF8)
			}
			d.bad = false
			d.putText(c.key, n, b, start, start, s)
			bad = bad || d.bad
			d.bad = false
			p = d.value(c.elem, n, b, p, end, depth)
			bad = bad || d.bad
			n++
		}
		if p < 0 {
			return 0, false, p
		}
		p = blanks(b, p, end)
		switch t := at(b, p); {
		case p >= end:
			return 0, false, d.fail(end, errEnd)
		case t == ',':
			p = blanks(b, p+1, end)
		case t == '}':
			return n, bad, p + 1
		default:
			return 0, false, d.fail(p, errAfter)
		}
	}
}

// repeated returns the ordinals of the entries [from, to) whose key comes again
// later, or nil.
func (d *Decoder) repeated(key *column, from, to int) map[int]bool {
	var drop map[int]bool
	add := func(i int) {
		if drop == nil {
			drop = map[int]bool{}
		}
		drop[i-from] = true
	}
	name := func(i int) []byte { return key.bytes[key.offs[i]:key.offs[i+1]] }
	if to-from <= 8 {
		for i := from; i < to; i++ {
			for j := i + 1; j < to; j++ {
				if string(name(i)) == string(name(j)) {
					add(i)
					break
				}
			}
		}
		return drop
	}
	if d.last == nil {
		d.last = map[string]int{}
	}
	clear(d.last)
	for i := from; i < to; i++ {
		if j, ok := d.last[string(name(i))]; ok {
			add(j)
		}
		d.last[text(unsafe.Pointer(unsafe.SliceData(key.bytes)), int(key.offs[i]), int(key.offs[i+1]))] = i
	}
	clear(d.last) // its strings point into the column
	return drop
}
