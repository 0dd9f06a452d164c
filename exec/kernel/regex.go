package kernel

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
)

// compileRegex compiles a regular expression as Java writes it. The engine is
// Go's, which takes time in proportion to the text whatever the pattern. What it
// cannot do (look-around, back references, possessive quantifiers), and what it
// would read with another meaning (classes in classes), is refused. Small
// differences remain: $ stands for the very end of the text alone, \s does not
// take a vertical tab, and (?i) knows the letters of all scripts.
func compileRegex(pattern string) (*regexp.Regexp, error) {
	if why := foreignRegex(pattern); why != "" {
		return nil, regexError(pattern, why)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, regexError(pattern, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

func regexError(pattern, why string) error {
	return fmt.Errorf("the regular expression %q cannot be used: %s; write it in the syntax of RE2 (github.com/google/re2/wiki/Syntax)", pattern, why)
}

// foreignRegex tells what in a pattern Java has and Go lacks; "" where nothing.
func foreignRegex(p string) string {
	class := 0 // where the class began, counted from 1; 0 outside
	for i := 0; i < len(p); i++ {
		rest := p[i:]
		switch c := p[i]; {
		case c == '\\':
			if strings.HasPrefix(rest, `\Q`) {
				end := strings.Index(rest, `\E`)
				if end < 0 {
					return ""
				}
				i += end
			} else if len(rest) > 1 && rest[1] == 'v' {
				return `\v means any vertical space in Java; write [\n\x0B\f\r\x85\x{2028}\x{2029}]`
			} else if len(rest) > 1 && rest[1] >= '1' && rest[1] <= '9' && class == 0 {
				return "it refers back to a group"
			}
			i++
		case class > 0 && c == ']' && i+1 > class+1:
			class = 0
		case class > 0 && strings.HasPrefix(rest, "&&"):
			return "it intersects classes (&&)"
		case class > 0 && c == '[':
			return `it has a class within a class; write \[ for the bracket itself`
		case class == 0 && c == '[':
			if class = i + 1; strings.HasPrefix(rest, "[^") {
				class++
				i++
			}
		case class == 0 && isLook(rest):
			return "it looks ahead or behind"
		case class == 0 && strings.HasPrefix(rest, "(?>"):
			return "it has an atomic group"
		}
	}
	return ""
}

func isLook(rest string) bool {
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(rest, look) {
			return true
		}
	}
	return false
}

// regexCache holds the last few patterns compiled. A constant one is compiled
// once, when the call is prepared.
type regexCache struct{ known map[string]*regexp.Regexp }

// newRegexCache prepares for argument at of a call.
func newRegexCache(call *expr.Call, at int) (*regexCache, error) {
	c := &regexCache{known: map[string]*regexp.Regexp{}}
	if pattern, ok := literalText(call, at); ok {
		_, err := c.get(pattern)
		return c, err
	}
	return c, nil
}

func (c *regexCache) get(pattern string) (*regexp.Regexp, error) {
	if re, ok := c.known[pattern]; ok {
		return re, nil
	}
	re, err := compileRegex(pattern)
	if err != nil {
		return nil, err
	}
	if len(c.known) >= 64 {
		clear(c.known)
	}
	c.known[strings.Clone(pattern)] = re
	return re, nil
}

// rows gives the pattern of each row; one that is constant is found once.
func (c *regexCache) rows(v Value) func(i int) (*regexp.Regexp, error) {
	patterns := textRowOf(v)
	var last *regexp.Regexp
	var of string
	return func(i int) (*regexp.Regexp, error) {
		p := patterns.row(i)
		if last != nil && p == of {
			return last, nil
		}
		re, err := c.get(p)
		last, of = re, p
		return re, err
	}
}
