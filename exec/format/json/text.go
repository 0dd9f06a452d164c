package json

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// unescape appends the characters of a well-formed JSON string, given without
// its quotes, to dst. Each byte that is not UTF-8 and each lone surrogate becomes
// U+FFFD; repaired tells whether there was one.
func unescape(dst, s []byte) (out []byte, repaired bool) {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			_, n := utf8.DecodeRune(s[i:])
			if n == 1 {
				dst, repaired = append(dst, replacement...), true
			} else {
				dst = append(dst, s[i:i+n]...)
			}
			i += n
			continue
		}
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if s[i+1] != 'u' {
			dst = append(dst, simpleEscape(s[i+1]))
			i += 2
			continue
		}
		r, n := escapedRune(s[i:])
		repaired = repaired || r == utf8.RuneError && n == 6 && hex4(s[i+2:]) != utf8.RuneError
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, repaired
}

func simpleEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// escapedRune returns the character of the \u escape, or pair of them, at the
// start of s, and its length in bytes.
func escapedRune(s []byte) (rune, int) {
	r := hex4(s[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) rune {
	return rune(hexValue(s[0])<<12 | hexValue(s[1])<<8 | hexValue(s[2])<<4 | hexValue(s[3]))
}

// decoded returns the characters of the string s, given without quotes: s itself
// where it has neither escapes nor anything invalid, else d.buf, which is
// valid until the next call.
func (d *Decoder) decoded(s []byte) (out []byte, repaired bool) {
	if bytes.IndexByte(s, '\\') < 0 && utf8.Valid(s) {
		return s, false
	}
	d.buf, repaired = unescape(d.buf[:0], s)
	return d.buf, repaired
}

// repair appends s to dst with each byte that is not UTF-8 as U+FFFD.
func repair(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return dst
}
