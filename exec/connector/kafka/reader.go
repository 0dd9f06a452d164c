package kafka

// reader takes apart the records of a batch. It never reads past b: what does
// not fit sets bad, and all reads after that give nothing.
type reader struct {
	b   []byte
	at  int
	bad bool
}

// varint reads a zigzag number.
func (r *reader) varint() int64 {
	if r.at < len(r.b) && r.b[r.at] < 0x80 {
		u := r.b[r.at]
		r.at++
		return int64(u>>1) ^ -int64(u&1)
	}
	return r.longVarint()
}

func (r *reader) longVarint() int64 {
	var u uint64
	for shift := 0; shift < 64; shift += 7 {
		if r.at >= len(r.b) {
			break
		}
		c := r.b[r.at]
		r.at++
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	r.bad = true
	r.at = len(r.b)
	return 0
}

func (r *reader) skip(n int) {
	if n > len(r.b)-r.at {
		r.bad, n = true, len(r.b)-r.at
	}
	r.at += n
}

// span reads a length and passes over as many bytes: [from, to) of b, or ok
// false for null.
func (r *reader) span() (from, to int, ok bool) {
	n := r.varint()
	if n < 0 {
		return r.at, r.at, false
	}
	if n > int64(len(r.b)-r.at) {
		r.bad = true
		r.at = len(r.b)
		return r.at, r.at, false
	}
	from = r.at
	r.at += int(n)
	return from, r.at, true
}

func (r *reader) bytes() ([]byte, bool) {
	from, to, ok := r.span()
	return r.b[from:to], ok
}
