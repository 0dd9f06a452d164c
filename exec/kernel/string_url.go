package kernel

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
)

// urlKernels take URLs apart as java.net.URI does.
func urlKernels() map[string]Maker {
	return map[string]Maker{
		"parse_url":     func(*expr.Call) (Func, error) { return parseURLFunc(false), nil },
		"try_parse_url": func(*expr.Call) (Func, error) { return parseURLFunc(true), nil },
	}
}

func parseURLFunc(try bool) Func {
	return textsTo(func(env *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		s, part, key := textRowOf(args[0]), textRowOf(args[1]), stringRows(args, 2, "")
		return func(dst []byte, i int) ([]byte, bool, error) {
			u, ok := cutURL(s.row(i))
			if !ok {
				if try || !env.ANSI {
					return dst, false, nil
				}
				return dst, false, fmt.Errorf("parse_url: %q is no URL; use try_parse_url to get null for such text", s.row(i))
			}
			var found string
			if len(args) < 3 {
				found, ok = u.part(part.row(i))
			} else if ok = part.row(i) == "QUERY" && u.query.set; ok {
				found, ok = queryParameter(u.query.text, key.row(i))
			}
			return append(dst, found...), ok, nil
		}
	})
}

// queryParameter returns the value of the first parameter of that name.
func queryParameter(query, key string) (string, bool) {
	for query != "" {
		var p string
		p, query, _ = strings.Cut(query, "&")
		if name, value, ok := strings.Cut(p, "="); ok && name == key {
			return value, true
		}
	}
	return "", false
}

// urlPart is a part that a URL may lack; an empty one is not a missing one.
type urlPart struct {
	text string
	set  bool
}

// url is a URL taken apart; a scheme that is not followed by a slash makes it
// opaque: it has a scheme and a fragment alone.
type url struct {
	scheme, authority, user, host, query, fragment urlPart
	path                                           string
	opaque                                         bool
}

// part returns a part by the name that parse_url knows.
func (u *url) part(name string) (string, bool) {
	var p urlPart
	switch name {
	case "HOST":
		p = u.host
	case "PATH":
		p = urlPart{u.path, !u.opaque}
	case "QUERY":
		p = u.query
	case "REF":
		p = u.fragment
	case "PROTOCOL":
		p = u.scheme
	case "FILE":
		p = urlPart{u.path, !u.opaque}
		if u.query.set {
			p.text += "?" + u.query.text
		}
	case "AUTHORITY":
		p = u.authority
	case "USERINFO":
		p = u.user
	}
	return p.text, p.set
}

// cutURL takes a URL apart; ok is false where the text holds what none may.
func cutURL(s string) (u url, ok bool) {
	if rest, fragment, found := strings.Cut(s, "#"); found {
		s, u.fragment = rest, urlPart{fragment, true}
	}
	if i := strings.IndexAny(s, ":/?"); i >= 0 && s[i] == ':' {
		if !validScheme(s[:i]) || i+1 == len(s) {
			return u, false
		}
		u.scheme, s = urlPart{s[:i], true}, s[i+1:]
		u.opaque = s[0] != '/'
	}
	if u.opaque {
		return u, legalURL(s, urlSigns+"[]") && legalURL(u.fragment.text, urlSigns)
	}
	if rest, query, found := strings.Cut(s, "?"); found {
		s, u.query = rest, urlPart{query, true}
	}
	if strings.HasPrefix(s, "//") {
		end := strings.IndexByte(s[2:], '/')
		if end < 0 {
			end = len(s) - 2
		}
		s, u.authority = s[2+end:], urlPart{s[2 : 2+end], end > 0}
		if !u.cutAuthority(s == "" && !u.query.set) {
			return u, false
		}
	}
	u.path = s
	return u, legalURL(s, urlSigns) && legalURL(u.query.text, urlSigns+"[]") && legalURL(u.fragment.text, urlSigns+"[]")
}

// cutAuthority takes user@host:port apart. One that is not of that form is kept
// whole, as the name of a registry.
func (u *url) cutAuthority(last bool) bool {
	a := u.authority.text
	if a == "" {
		return !last
	}
	if !legalURL(a, "-_.!~*'(),;:$&+=@[]") {
		return false
	}
	user, host, found := strings.Cut(a, "@")
	if !found {
		host = a
	}
	port := ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
	}
	if strings.Trim(port, "0123456789") != "" || !validHost(host) {
		return !strings.ContainsAny(a, "[]")
	}
	u.user, u.host = urlPart{user, found}, urlPart{host, true}
	if !found {
		u.user = urlPart{}
	}
	return true
}

// validHost takes IPv6 addresses in brackets and names whose labels are letters,
// digits and inner hyphens, the last of which begins with a letter unless all
// are numbers.
func validHost(h string) bool {
	if strings.HasPrefix(h, "[") {
		return strings.HasSuffix(h, "]") && strings.Contains(h, ":") && strings.Trim(h[1:len(h)-1], "0123456789abcdefABCDEF:.%") == ""
	}
	labels := strings.Split(strings.TrimSuffix(h, "."), ".")
	for _, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' || strings.TrimFunc(l, isLabelSign) != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return last[0] > '9' || len(labels) == 4 && strings.Trim(h, "0123456789.") == ""
}

func isLabelSign(r rune) bool {
	return r == '-' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' && r < 128
}

func validScheme(s string) bool {
	return s != "" && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z') &&
		strings.TrimFunc(s, func(r rune) bool { return isLabelSign(r) || r == '+' || r == '.' }) == ""
}

// urlSigns are the signs, beside letters, digits and escapes, of paths.
const urlSigns = "-_.!~*'();/?:@&=+$,"

// legalURL tells whether s holds letters, digits, the given signs, escapes, and
// characters beyond ASCII that are not blanks or controls.
func legalURL(s, signs string) bool {
	for i, r := range s {
		switch {
		case r == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
		case r < 128:
			if !isLabelSign(r) && strings.IndexByte(signs, byte(r)) < 0 {
				return false
			}
		case r < 0xa1 || r == 0x2028 || r == 0x2029 || r == 0x3000 || r >= 0x2000 && r <= 0x200a:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
