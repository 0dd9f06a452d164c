package json

import "unsafe"

// decode appends a row if it returns Good or Partial. The other outcomes are
// Malformed and Blank.
func (d *Decoder) decode(rec []byte) Outcome {
	d.flaws, d.errCode, d.recLen = d.flaws[:0], errNone, len(rec)
	end := len(rec)
	if end > maxBytes {
		d.fail(0, errLong)
		return Malformed
	}
	b, p := d.padded(rec), 0
	if end >= 3 && load4(b, 0)&0xffffff == 0xbfbbef { // a byte order mark
		p = 3
	}
	p = blanks(b, p, end)
	if p >= end {
		d.errCode, d.errPos = errBlank, end
		d.stats.Blank++
		return Blank
	}
	if p = d.top(b, p, end); p >= 0 {
		if p < end {
			p = blanks(b, p, end)
		}
		if p == end {
			d.rows++
			if len(d.flaws) == 0 {
				return Good
			}
			return d.settle()
		}
		if p > end {
			d.fail(end, errEnd)
		} else {
			d.fail(p, errTrailing)
		}
	}
	d.flaws = d.flaws[:0]
	d.root.truncate(d.rows)
	return Malformed
}

// top reads the value of the record at p.
func (d *Decoder) top(b unsafe.Pointer, p, end int) int {
	c := at(b, p)
	r := d.root
	switch {
	case c == '{' && r.kind == kindStruct:
		r.seek(d.rows)
		p = d.object(r.obj, d.rows, b, p, end, 1)
		r.n = d.rows + 1
		return p
	case c == '{' && r.kind == kindMap, c == '[' && r.kind == kindList:
		return d.value(r, d.rows, b, p, end, 0)
	case c == '{' && r.kind == kindList && r.elem.kind == kindStruct:
		r.seek(d.rows)
		if p = d.value(r.elem, r.used, b, p, end, 0); p >= 0 {
			r.putEnd(d.rows, r.used+1)
		}
		return p
	}
	if q := d.skip(b, p, end, 0); q < 0 {
		return q
	}
	return d.fail(p, errRoot)
}

// settle returns the outcome of a record with flaws, and counts them if its row
// is kept.
func (d *Decoder) settle() Outcome {
	out := Good
	for _, f := range d.flaws {
		if f.reason != InvalidUTF8 {
			out = Partial
		}
	}
	if out == Good || d.opts.Mode == Permissive {
		d.count()
	}
	return out
}

// count adds the record's flaws to those of the batch.
func (d *Decoder) count() {
	for _, f := range d.flaws {
		f.col.counts[f.reason]++
	}
}

// padded returns the record's bytes with at least pad readable ones behind them.
func (d *Decoder) padded(rec []byte) unsafe.Pointer {
	if cap(rec)-len(rec) < pad {
		if cap(d.padBuf) < len(rec)+pad {
			d.padBuf = make([]byte, 2*len(rec)+pad)
		}
		d.padBuf = append(d.padBuf[:0], rec...)
		rec = d.padBuf
	}
	return unsafe.Pointer(unsafe.SliceData(rec))
}
