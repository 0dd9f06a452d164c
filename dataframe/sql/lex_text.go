package sql

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads a text in quotes: a backslash takes the next byte along, a
// doubled quote stands for one.
func (l *lexer) quoted(k kind) error {
	quote := l.text[l.pos]
	for i := l.pos + 1; i < len(l.text); i++ {
		switch {
		case l.text[i] == '\\':
			i++
		case l.text[i] != quote:
		case i+1 < len(l.text) && l.text[i+1] == quote:
			i++
		default:
			l.add(k, i+1, "")
			return nil
		}
	}
	return l.fail(l.pos, "a text that does not end", "close it with "+string(quote))
}

func (l *lexer) quotedName() error {
	quote := l.text[l.pos]
	for i := l.pos + 1; i < len(l.text); i++ {
		switch {
		case l.text[i] != quote:
		case i+1 < len(l.text) && l.text[i+1] == quote:
			i++
		case i == l.pos+1:
			return l.fail(l.pos, "an empty name", "")
		default:
			l.add(tName, i+1, "")
			return nil
		}
	}
	return l.fail(l.pos, "a name that does not end", "close it with "+string(quote))
}

// prefixed reads r'...' and X'...', in which nothing is escaped.
func (l *lexer) prefixed(prefix byte) error {
	quote := l.text[l.pos+1]
	i := strings.IndexByte(l.text[l.pos+2:], quote)
	if i < 0 {
		return l.fail(l.pos, "a text that does not end", "close it with "+string(quote))
	}
	k := tString
	if prefix == 'x' {
		k = tHex
	}
	l.add(k, l.pos+2+i+1, "")
	return nil
}

// number reads digits, a fraction, an exponent and the letters of a suffix.
func (l *lexer) number() error {
	i := l.digits(l.pos)
	if i < len(l.text) && l.text[i] == '.' {
		i = l.digits(i + 1)
	}
	if i < len(l.text) && l.text[i]|0x20 == 'e' {
		j := i + 1
		if j < len(l.text) && (l.text[j] == '+' || l.text[j] == '-') {
			j++
		}
		if k := l.digits(j); k > j {
			i = k
		}
	}
	l.add(tNumber, l.wordEnd(i), "")
	return nil
}

func (l *lexer) digits(i int) int {
	for i < len(l.text) && isDigit(l.text[i]) {
		i++
	}
	return i
}

// unquote returns the text that a tString token stands for.
func unquote(tok string) string {
	if tok[0]|0x20 == 'r' {
		return tok[2 : len(tok)-1]
	}
	quote, body := tok[0], tok[1:len(tok)-1]
	if strings.IndexByte(body, '\\') < 0 && strings.IndexByte(body, quote) < 0 {
		return body
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] == quote:
			b.WriteByte(quote)
			i++
		case body[i] == '\\' && i+1 < len(body):
			i += unescape(&b, body[i+1:])
		default:
			b.WriteByte(body[i])
		}
	}
	return b.String()
}

var escapes = map[byte]string{'0': "\x00", 'b': "\b", 'n': "\n", 'r': "\r", 't': "\t", 'Z': "\x1a", '%': `\%`, '_': `\_`}

// unescape writes what stands behind a backslash, as Spark reads it, and
// returns how many bytes of s that took. \% and \_ stay as they are, for LIKE.
func unescape(b *strings.Builder, s string) int {
	switch c := s[0]; {
	case c == 'u' && coded(b, s, 4, 16):
		return 5
	case c == 'U' && coded(b, s, 8, 16):
		return 9
	case c >= '0' && c <= '1' && coded(b, "o"+s, 3, 8):
		return 3
	}
	if e, ok := escapes[s[0]]; ok {
		b.WriteString(e)
	} else {
		b.WriteByte(s[0])
	}
	return 1
}

// coded writes the character whose number is the n digits behind s[0].
func coded(b *strings.Builder, s string, n, base int) bool {
	if len(s) <= n {
		return false
	}
	code, err := strconv.ParseUint(s[1:n+1], base, 32)
	if err != nil || code > utf8.MaxRune {
		return false
	}
	b.WriteRune(rune(code))
	return true
}
