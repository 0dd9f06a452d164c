package kernel

import (
	"fmt"
	"regexp"
	"strings"
)

// replacement is Java's text to replace a match by, taken apart: literal text
// and numbers of groups.
type replacement []replacementPart

type replacementPart struct {
	text  string
	group int // -1: the text
}

// parseReplacement reads $1, ${name} and \$ as Java does. $12 is group 12 where
// the expression has so many, else group 1 and a 2.
func parseReplacement(s string, re *regexp.Regexp) (replacement, error) {
	var out replacement
	for s != "" {
		at := strings.IndexAny(s, `$\`)
		if at < 0 {
			return append(out, replacementPart{s, -1}), nil
		}
		if at > 0 {
			out = append(out, replacementPart{s[:at], -1})
		}
		part, rest, err := cutReplacement(s[at:], re)
		if err != nil {
			return nil, err
		}
		out, s = append(out, part), rest
	}
	return out, nil
}

func cutReplacement(s string, re *regexp.Regexp) (replacementPart, string, error) {
	bad := func(why string) (replacementPart, string, error) {
		return replacementPart{}, "", fmt.Errorf("the replacement %q is wrong: %s; write \\$ and \\\\ for the signs themselves", s, why)
	}
	switch {
	case len(s) == 1:
		return bad("nothing follows the " + s)
	case s[0] == '\\':
		end := skipChars(s, 2)
		return replacementPart{s[1:end], -1}, s[end:], nil
	case s[1] == '{':
		name, rest, ok := strings.Cut(s[2:], "}")
		if n := re.SubexpIndex(name); ok && n >= 0 {
			return replacementPart{group: n}, rest, nil
		}
		return bad("no group has the name in it")
	case s[1] < '0' || s[1] > '9':
		return bad("no group follows the $")
	}
	n, i := int(s[1]-'0'), 2
	if n > re.NumSubexp() {
		return bad(fmt.Sprintf("the expression has no group %d", n))
	}
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9' && n*10+int(s[i]-'0') <= re.NumSubexp(); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return replacementPart{group: n}, s[i:], nil
}

// append writes what a match at loc in s is replaced by.
func (r replacement) append(dst []byte, s string, loc []int) []byte {
	for _, p := range r {
		switch {
		case p.group < 0:
			dst = append(dst, p.text...)
		case loc[2*p.group] >= 0:
			dst = append(dst, s[loc[2*p.group]:loc[2*p.group+1]]...)
		}
	}
	return dst
}
