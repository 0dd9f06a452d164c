package json

import (
	"math/bits"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns the position of the first byte from p on that is not a plain
// ASCII character of a string: a quote, a backslash, a control character or one
// above 0x7f. It returns end or more where there is none before end.
//
// One subtraction finds quote and control characters: b^2 is below 0x21 just for
// these. A borrow can only flag bytes above the first one that is flagged
// rightly.
func plain(b unsafe.Pointer, p, end int) int {
	for p < end {
		x := load8(b, p)
		if m := (((x ^ 0x02*ones) - 0x21*ones) | ((x ^ '\\'*ones) - ones) | x) & highs; m != 0 {
			return p + bits.TrailingZeros64(m)>>3
		}
		p += 8
	}
	return end
}

// special is plain, but passes over bytes above 0x7f.
func special(b unsafe.Pointer, p, end int) int {
	for p < end {
		x := load8(b, p)
		if m := (((x ^ 0x02*ones) - 0x21*ones) | ((x ^ '\\'*ones) - ones)) &^ x & highs; m != 0 {
			return p + bits.TrailingZeros64(m)>>3
		}
		p += 8
	}
	return end
}

// blanks returns the position of the first byte from p on that is not white space.
func blanks(b unsafe.Pointer, p, end int) int {
	for p < end {
		switch at(b, p) {
		case ' ', '\t', '\n', '\r':
			p++
		default:
			return p
		}
	}
	return p
}

// digits returns the position after the run of digits at p. It may be up to 8
// beyond end.
func digits(b unsafe.Pointer, p, end int) int {
	for p < end {
		t := load8(b, p) ^ '0'*ones
		if m := (t + 0x76*ones | t) & highs; m != 0 {
			return p + bits.TrailingZeros64(m)>>3
		}
		p += 8
	}
	return p
}

// skipString returns the position after the string whose first character is at p.
func (d *Decoder) skipString(b unsafe.Pointer, p, end int) int {
	for {
		p = special(b, p, end)
		if p >= end {
			return d.fail(end, errString)
		}
		switch at(b, p) {
		case '"':
			return p + 1
		case '\\':
			if p = d.skipEscape(b, p, end); p < 0 {
				return p
			}
		default:
			return d.fail(p, errControl)
		}
	}
}

// skipEscape returns the position after the escape at p.
func (d *Decoder) skipEscape(b unsafe.Pointer, p, end int) int {
	switch at(b, p+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return p + 2
	case 'u':
		for i := p + 2; i < p+6; i++ {
			if hexValue(at(b, i)) < 0 {
				return d.fail(i, errHex)
			}
		}
		return p + 6
	case '\'':
		if d.opts.AllowSingleQuotes {
			return p + 2
		}
	}
	return d.fail(p, errEscape)
}

// skipSingle is skipString for a string in single quotes.
func (d *Decoder) skipSingle(b unsafe.Pointer, p, end int) int {
	for p < end {
		switch c := at(b, p); {
		case c == '\'':
			return p + 1
		case c == '\\':
			if p = d.skipEscape(b, p, end); p < 0 {
				return p
			}
		case c < ' ':
			return d.fail(p, errControl)
		default:
			p++
		}
	}
	return d.fail(end, errString)
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
