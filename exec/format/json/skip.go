package json

import "unsafe"

const (
	litTrue = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
	litAlse = 'a' | 'l'<<8 | 's'<<16 | 'e'<<24
	litNull = 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24
)

// skip checks the value at p and returns the position after it. depth is the
// number of objects and arrays around it.
func (d *Decoder) skip(b unsafe.Pointer, p, end, depth int) int {
	switch at(b, p) {
	case '[':
		if q := d.skipPlainArray(b, p, end); q > 0 && depth < d.opts.MaxDepth {
			return q
		}
		return d.skipNested(b, p, end, depth)
	case '{':
		return d.skipNested(b, p, end, depth)
	}
	return d.skipScalar(b, p, end)
}

// skipPlainArray is skipNested for an array, not empty, of numbers and of strings
// without escapes. It returns 0 or less for any other, which may be well formed.
func (d *Decoder) skipPlainArray(b unsafe.Pointer, p, end int) int {
	for {
		if p++; at(b, p) <= ' ' {
			p = blanks(b, p, end)
		}
		switch c := at(b, p); {
		case c == '"':
			q := special(b, p+1, end)
			if q >= end || at(b, q) != '"' {
				return 0
			}
			p = q + 1
		case c == '-' || '0' <= c && c <= '9':
			if p, _ = d.number(b, p, end); p < 0 {
				return 0
			}
		default:
			return 0
		}
		if at(b, p) <= ' ' {
			p = blanks(b, p, end)
		}
		switch {
		case p >= end:
			return 0
		case at(b, p) == ']':
			return p + 1
		case at(b, p) != ',':
			return 0
		}
	}
}

// skipScalar is skip for all but objects and arrays.
func (d *Decoder) skipScalar(b unsafe.Pointer, p, end int) int {
	if p >= end {
		return d.fail(end, errEnd)
	}
	switch c := at(b, p); c {
	case '"':
		q := special(b, p+1, end)
		if q < end && at(b, q) == '"' {
			return q + 1
		}
		return d.skipString(b, p+1, end)
	case 't':
		if load4(b, p) == litTrue {
			return p + 4
		}
	case 'f':
		if load4(b, p+1) == litAlse {
			return p + 5
		}
	case 'n':
		if load4(b, p) == litNull {
			return p + 4
		}
	case '\'':
		if d.opts.AllowSingleQuotes {
			return d.skipSingle(b, p+1, end)
		}
	default:
		q, _ := d.number(b, p, end)
		return q
	}
	return d.fail(p, errValue)
}

// skipNested is skip for an object or an array, without recursion: d.stack holds
// a bit for each one that is open, set for objects.
func (d *Decoder) skipNested(b unsafe.Pointer, p, end, depth int) int {
	for level := 0; ; {
		if p >= end {
			return d.fail(end, errEnd)
		}
		c := at(b, p)
		if c != '{' && c != '[' {
			if p = d.skipScalar(b, p, end); p < 0 {
				return p
			}
		} else {
			if depth+level >= d.opts.MaxDepth {
				return d.fail(p, errDepth)
			}
			d.push(level, c == '{')
			level++
			p = blanks(b, p+1, end)
			if at(b, p) != c+2 { // the closing bracket is two after the opening one
				if c == '{' {
					p = d.skipKey(b, p, end)
				}
				if p < 0 {
					return p
				}
				continue
			}
			level, p = level-1, p+1
		}
		if p, level = d.skipClose(b, p, end, level); p < 0 || level == 0 {
			return p
		}
	}
}

// skipClose goes from the end of a value to the start of the next one, over the
// brackets that close in between. It returns the levels still open.
func (d *Decoder) skipClose(b unsafe.Pointer, p, end, level int) (int, int) {
	for level > 0 {
		if at(b, p) <= ' ' {
			p = blanks(b, p, end)
		}
		if p >= end {
			return d.fail(end, errEnd), 0
		}
		object := d.stack[(level-1)>>6]>>((level-1)&63)&1 != 0
		switch c := at(b, p); {
		case c == ',':
			if p = blanks(b, p+1, end); object {
				p = d.skipKey(b, p, end)
			}
			return p, level
		case c == '}' && object, c == ']' && !object:
			p, level = p+1, level-1
		default:
			return d.fail(p, errAfter), 0
		}
	}
	return p, 0
}

func (d *Decoder) push(level int, object bool) {
	word, bit := level>>6, uint64(1)<<(level&63)
	if word == len(d.stack) {
		d.stack = append(d.stack, 0)
	}
	d.stack[word] &^= bit
	if object {
		d.stack[word] |= bit
	}
}

// skipKey returns the position of the value whose key is at p.
func (d *Decoder) skipKey(b unsafe.Pointer, p, end int) int {
	switch c := at(b, p); {
	case p >= end:
		return d.fail(end, errEnd)
	case c == '"':
		p = d.skipString(b, p+1, end)
	case c == '\'' && d.opts.AllowSingleQuotes:
		p = d.skipSingle(b, p+1, end)
	default:
		return d.fail(p, errKey)
	}
	if p < 0 {
		return p
	}
	return d.colon(b, p, end)
}

// colon goes from the end of a key to the start of its value.
func (d *Decoder) colon(b unsafe.Pointer, p, end int) int {
	if p = blanks(b, p, end); p >= end || at(b, p) != ':' {
		return d.fail(p, errColon)
	}
	return blanks(b, p+1, end)
}
