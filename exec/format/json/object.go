package json

import (
	"unicode/utf8"
	"unsafe"
)

// maxOrder bounds how many keys an object learns, maxQuick how long they are,
// with quotes and colon; others are found by the map.
const (
	maxOrder = 512
	maxQuick = pad
	// ahead is how many keys may be absent between two, for the second to be found
	// without the map.
	ahead = 6
)

// object is a struct type: its columns, and what was learnt of the order in
// which its keys come.
type object struct {
	cols  []*column
	byKey map[string]*column
	// order holds keys, wanted or not, as they come in the records, then a
	// sentinel that no bytes match.
	order []guess
	index map[string]int // key to position in order
	jumps int            // keys that came out of order in this batch
}

// guess is a key as it is expected in a record: "name": with quotes and colon.
type guess struct {
	head, mask uint64 // its first 8 bytes, and which of them count
	tail       uint64 // its last 8 bytes, the same as head if it is shorter
	tailAt     int
	len        int
	col        *column // nil: not wanted
	full       string
}

var sentinel = guess{head: 1}

func newObject(cols []*column, keys []string) *object {
	o := &object{cols: cols, byKey: make(map[string]*column, len(cols))}
	for i, c := range cols {
		o.byKey[keys[i]] = c
	}
	o.forget()
	return o
}

// forget drops the learnt order.
func (o *object) forget() {
	o.order = append(o.order[:0], sentinel)
	o.index = map[string]int{}
	o.jumps = 0
}

func (o *object) truncate(row int) {
	for _, c := range o.cols {
		c.truncate(row)
	}
}

// match tells whether the key stands at p, whose first 8 bytes are w.
func (g *guess) match(w uint64, b unsafe.Pointer, p int) bool {
	return w&g.mask == g.head && load8(b, p+g.tailAt)&g.mask == g.tail &&
		(g.len <= 16 || text(b, p, p+g.len) == g.full)
}

// learn puts a key into the order at position next.
func (o *object) learn(key string, c *column, next int) {
	full := `"` + key + `":`
	if len(full) > maxQuick || len(o.order) > maxOrder {
		return
	}
	g := guess{mask: ^uint64(0), len: len(full), col: c, full: full}
	padded := full + "\x00\x00\x00\x00\x00"
	if len(full) < 8 {
		g.mask >>= uint(64 - 8*len(full))
	} else {
		g.tailAt = len(full) - 8
	}
	g.head = word(padded) & g.mask
	g.tail = word(padded[g.tailAt:]) & g.mask
	o.order = append(o.order, guess{})
	copy(o.order[next+1:], o.order[next:])
	o.order[next] = g
	for k, i := range o.index {
		if i >= next {
			o.index[k] = i + 1
		}
	}
	o.index[key] = next
}

func word(s string) (w uint64) {
	for i := 7; i >= 0; i-- {
		w = w<<8 | uint64(s[i])
	}
	return w
}

// object reads the object whose brace is at p into row of the columns of o.
func (d *Decoder) object(o *object, row int, b unsafe.Pointer, p, end, depth int) int {
	p = blanks(b, p+1, end)
	if at(b, p) == '}' {
		return p + 1
	}
	for next := 0; ; {
		if p >= end {
			return d.fail(end, errEnd)
		}
		var c *column
		g := &o.order[next]
		if g.match(load8(b, p), b, p) {
			p, c = p+g.len, g.col
			next++
			if at(b, p) <= ' ' {
				p = blanks(b, p, end)
			}
		} else if p, next, c = d.findKey(o, next, b, p, end); p < 0 {
			return p
		}
		switch {
		case c != nil:
			p = d.value(c, row, b, p, end, depth)
		case at(b, p) == '"': // as skip does it; most values are strings
			if p = special(b, p+1, end); p < end && at(b, p) == '"' {
				p++
			} else {
				p = d.skipString(b, p, end)
			}
		default:
			p = d.skip(b, p, end, depth)
		}
		if p < 0 {
			return p
		}
		t := at(b, p)
		if t <= ' ' {
			p = blanks(b, p, end)
			t = at(b, p)
		}
		if t == ',' {
			p++
			if at(b, p) <= ' ' {
				p = blanks(b, p, end)
			}
			continue
		}
		if p >= end {
			return d.fail(end, errEnd)
		}
		if t == '}' {
			return p + 1
		}
		return d.fail(p, errAfter)
	}
}

// findKey reads the key at p, which is not the one at next in the order. It
// returns the position of its value, the next position in the order, and the
// key's column or nil.
func (d *Decoder) findKey(o *object, next int, b unsafe.Pointer, p, end int) (int, int, *column) {
	w := load8(b, p)
	for i := next + 1; i < min(next+ahead, len(o.order)); i++ {
		if g := &o.order[i]; g.match(w, b, p) {
			return blanks(b, p+g.len, end), i + 1, g.col
		}
	}
	start := p
	if p = d.skipKey(b, p, end); p < 0 {
		return p, 0, nil
	}
	if p >= end {
		return d.fail(end, errEnd), 0, nil
	}
	key, exact := d.keyText(b, start, end)
	if i, ok := o.index[string(key)]; ok && exact {
		o.jumps++
		return p, i + 1, o.order[i].col
	}
	c := o.byKey[string(key)]
	if size := len(o.order); exact {
		if o.learn(string(key), c, next); len(o.order) > size {
			next++
		}
	}
	return p, next, c
}

// keyText returns the key that starts with the quote at p, which is known to be
// well formed, and whether its bytes are the key as they stand. It is valid
// until the next key.
func (d *Decoder) keyText(b unsafe.Pointer, p, end int) (key []byte, exact bool) {
	q := d.stringEnd(b, p, end)
	raw := view(b, p+1, q-1)
	if special(b, p+1, end) == q-1 && utf8.Valid(raw) {
		return raw, at(b, p) == '"'
	}
	d.keyBuf, _ = unescape(d.keyBuf[:0], raw)
	return d.keyBuf, false
}

// stringEnd is the position after a well-formed string at p.
func (d *Decoder) stringEnd(b unsafe.Pointer, p, end int) int {
	if at(b, p) == '\'' {
		return d.skipSingle(b, p+1, end)
	}
	return d.skipString(b, p+1, end)
}
