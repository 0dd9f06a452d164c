package psl

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// normalised answers for a name that locate calls unusual.
func (r *Rules) normalised(name string, mode Mode) (domain string, ok bool) {
	host := name
	if mode == Extract {
		if strings.HasSuffix(name, "."+local) {
			return local, true
		}
		host = strings.TrimRight(hostOfURL(name), dots)
	} else if _, size := lastDot(host); size > 0 {
		host = host[:len(host)-size]
	}
	switch {
	case host == "" || strings.HasSuffix(host, "."):
		return "", mode == Extract
	case !isASCII(host):
		return r.international(host, mode)
	}
	start, end, what := r.domain(bytesOf(host), mode)
	switch domain = host[start:end]; {
	case what == null:
		return "", false
	case mode != Extract:
		return strings.ToLower(domain), true
	case domain == local:
		return "", true // x.local:80 and x.local. do not end in .local
	}
	return domain, true
}

// local is the one answer that is no registered domain; no rule has it as a suffix.
const local = "local"

// hostOfURL cuts scheme, user, port, path, query, fragment and blanks off.
func hostOfURL(s string) string {
	if i := strings.Index(s, "//"); i >= 0 && isScheme(s[:i]) {
		s = s[i+2:]
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	if i := strings.IndexByte(s, ':'); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// isScheme tells whether "//" may follow: nothing, or a word with a colon.
func isScheme(s string) bool {
	if s == "" {
		return true
	}
	word, colon := strings.CutSuffix(s, ":")
	return colon && word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") == ""
}

// isIP tells whether a name looks like an address: four groups of digits, or
// hexadecimal digits with colons, in brackets or not. Like tldts it looks no closer.
func isIP(b []byte) bool {
	if n := len(b); n > 2 && b[0] == '[' && b[n-1] == ']' {
		b = b[1 : n-1]
	}
	points, colons := 0, 0
	for _, c := range b {
		switch {
		case c == '.':
			points++
		case c == ':':
			colons++
		case '0' <= c && c <= '9':
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			points = -len(b) // no IPv4 address
		default:
			return false
		}
	}
	if colons > 1 {
		return len(b) <= 45
	}
	return colons == 0 && points == 3 && len(b) >= 7 && len(b) <= 15 && b[0] != '.'
}

// dots are the characters that separate labels (UTS 46).
const dots = ".\u3002\uff0e\uff61"

// lastDot returns the dot that s ends in, and its size in bytes, 0 where it ends in none.
func lastDot(s string) (dot rune, size int) {
	dot, size = utf8.DecodeLastRuneInString(s)
	if size == 0 || dot == utf8.RuneError || !strings.ContainsRune(dots, dot) {
		return 0, 0
	}
	return dot, size
}

// toASCII maps a label as browsers do before they look it up.
var toASCII = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// maxLabel bounds the labels that are mapped, since the time for one grows with
// the square of its length: 63 characters of 4 bytes is more than DNS can carry.
const maxLabel = 63 * 4

// international answers for a name with letters or dots beyond ASCII: it finds
// how many labels the domain has in the name's ASCII form, and returns as many
// of the name itself.
func (r *Rules) international(host string, mode Mode) (domain string, ok bool) {
	labels := strings.FieldsFunc(host, func(c rune) bool { return strings.ContainsRune(dots, c) })
	ascii := make([]string, len(labels))
	for i, label := range labels {
		ascii[i] = label
		if isASCII(label) || len(label) > maxLabel {
			continue
		}
		if a, err := toASCII.ToASCII(label); err == nil && isASCII(a) && a != "" && !strings.Contains(a, ".") {
			ascii[i] = a
		}
	}
	name := strings.Join(ascii, ".")
	if name == "" {
		return "", mode == Extract
	}
	start, end, what := r.domain(bytesOf(name), mode)
	if what == null || start == end {
		return "", what == found
	}
	domain = strings.Join(labels[len(labels)-1-strings.Count(name[start:end], "."):], ".")
	if mode == Extract && domain == local {
		return "", true
	}
	if mode != Extract {
		domain = strings.ToLower(domain)
	}
	return domain, true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
