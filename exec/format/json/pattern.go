package json

import (
	"bytes"
	"fmt"
	"strings"
)

// Pattern is a pattern of dates and times, of the letters of Spark's datetime
// patterns that stand for numbers and zones. It is immutable.
type Pattern struct {
	text  string
	parts []part
}

// part is a run of one letter, or a literal.
type part struct {
	letter byte // 0: literal
	count  int
	text   string
}

// letters are those a pattern may have, and how often each may be repeated.
var letters = map[byte]int{'y': 6, 'u': 6, 'M': 2, 'd': 2, 'H': 2, 'm': 2, 's': 2, 'S': 9, 'X': 3, 'x': 3, 'V': 2, 'Z': 3}

// ParsePattern reads a pattern such as yyyy-MM-dd'T'HH:mm:ss.SSSXXX. Names of
// months and days, half-day hours, weeks and optional sections are refused.
func ParsePattern(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	for i := 0; i < len(text); {
		c := text[i]
		if c == '\'' {
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("the pattern %q has an open quote", text)
			}
			lit := text[i+1 : i+1+end]
			if lit == "" {
				lit = "'"
			}
			p.parts = append(p.parts, part{text: lit})
			i += end + 2
			continue
		}
		n := 1
		for i+n < len(text) && text[i+n] == c {
			n++
		}
		if c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("[]{}#", c) >= 0 {
			if most, ok := letters[c]; !ok || n > most || c == 'V' && n != 2 {
				return nil, fmt.Errorf("the pattern %q has %q, which is not supported; use y M d H m s S, X x Z VV for zones, and text in single quotes",
					text, text[i:i+n])
			}
			p.parts = append(p.parts, part{letter: c, count: n})
		} else {
			p.parts = append(p.parts, part{text: text[i : i+n]})
		}
		i += n
	}
	return p, nil
}

// String is the pattern as it was given.
func (p *Pattern) String() string { return p.text }

// parse reads all of s. A number takes as many digits as its letter is repeated,
// a single letter as many as there are.
func (p *Pattern) parse(s []byte, f *fields, k *clock) bool {
	for i, part := range p.parts {
		var ok bool
		switch part.letter {
		case 0:
			s, ok = bytes.CutPrefix(s, []byte(part.text))
		case 'X', 'x', 'Z', 'V':
			n := zoneLen(s)
			ok = n > 0 && f.parseZone(s[:n], k)
			s = s[n:]
		default:
			next := i+1 < len(p.parts) && p.parts[i+1].letter != 0
			s, ok = f.set(part, s, next)
		}
		if !ok {
			return false
		}
	}
	return len(s) == 0
}

// set reads the number of a part; tight says that another number follows at once.
func (f *fields) set(p part, s []byte, tight bool) (rest []byte, ok bool) {
	low, high := p.count, p.count
	if p.letter == 'S' {
		before := len(s)
		rest = f.parseFraction(s, p.count)
		return rest, before-len(rest) == p.count
	}
	if p.count == 1 && !tight {
		high = 2
	}
	year := p.letter == 'y' || p.letter == 'u'
	if year && p.count != 2 && !tight {
		high = 6
	}
	to := map[byte]*int{'y': &f.year, 'u': &f.year, 'M': &f.month, 'd': &f.day, 'H': &f.hour, 'm': &f.minute, 's': &f.second}[p.letter]
	if *to, rest, ok = wholeNumber(s, low, high); year && p.count == 2 {
		f.year += 2000
	}
	return rest, ok && (p.letter != 'd' || f.day > 0)
}

// zoneLen is how many bytes of s may belong to a zone.
func zoneLen(s []byte) int {
	n := 0
	for n < len(s) && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' || s[n] >= '0' && s[n] <= '9' || strings.IndexByte("+-:/_", s[n]) >= 0) {
		n++
	}
	return n
}
