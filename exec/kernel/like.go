package kernel

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/expr"
)

// patternKernels search text.
func patternKernels() map[string]Maker {
	return map[string]Maker{
		"like":       func(call *expr.Call) (Func, error) { return likeKernel(call, false) },
		"ilike":      func(call *expr.Call) (Func, error) { return likeKernel(call, true) },
		"rlike":      rlikeKernel,
		"contains":   always(textPair(bytes.Contains)),
		"startswith": always(textPair(bytes.HasPrefix)),
		"endswith":   always(textPair(bytes.HasSuffix)),
		"||":         always(concatTexts),
	}
}

// textPair is a test of two texts.
func textPair(test func(a, b []byte) bool) Func {
	return boolFrom(func(_ *Env, args []Value) func(int) (bool, bool, error) {
		a, ia, b, ib := textsOf(args[0].Array), args[0].index(), textsOf(args[1].Array), args[1].index()
		return func(i int) (bool, bool, error) { return test(a.bytes(i&ia), b.bytes(i&ib)), true, nil }
	})
}

func concatTexts(env *Env, args []Value, rows Rows) (Value, error) {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		parts, at := make([]texts, len(args)), make([]int, len(args))
		for k, a := range args {
			parts[k], at[k] = textsOf(a.Array), a.index()
		}
		return func(dst []byte, i int) ([]byte, bool, error) {
			for k, p := range parts {
				dst = append(dst, p.bytes(i&at[k])...)
			}
			return dst, true, nil
		}
	})(env, args, rows)
}

// matcher tells whether a text has a form.
type matcher func(s string) bool

// likeKernel is LIKE, or ILIKE where fold is set.
func likeKernel(call *expr.Call, fold bool) (Func, error) {
	var always matcher
	if pattern, ok := literalText(call, 1); ok && len(call.Args) == 2 {
		m, err := compileLike(pattern, '\\', fold)
		if err != nil {
			return nil, err
		}
		always = m
	}
	return matching(always, func(args []Value, i int) (matcher, error) {
		escape := '\\'
		if len(args) == 3 {
			text := textsOf(args[2].Array).at(i & args[2].index())
			r, n := utf8.DecodeRuneInString(text)
			if n != len(text) || n == 0 {
				return nil, fmt.Errorf("[INVALID_ESCAPE_CHAR] the escape of LIKE must be one character, not '%s'", text)
			}
			escape = r
		}
		return compileLike(textsOf(args[1].Array).at(i&args[1].index()), escape, fold)
	}), nil
}

// rlikeKernel is a search for a regular expression.
func rlikeKernel(call *expr.Call) (Func, error) {
	cache, err := newRegexCache(call, 1)
	if err != nil {
		return nil, err
	}
	return boolFrom(func(_ *Env, args []Value) func(int) (bool, bool, error) {
		in, at, pattern := textsOf(args[0].Array), args[0].index(), cache.rows(args[1])
		return func(i int) (bool, bool, error) {
			re, err := pattern(i)
			if err != nil {
				return false, true, err
			}
			return re.MatchString(in.at(i & at)), true, nil
		}
	}), nil
}

// matching applies a matcher to argument 0: the one given; or one that is made
// of the other arguments, once a batch where they are constants, else for each
// row whose pattern differs from the last one's.
func matching(always matcher, compile func(args []Value, i int) (matcher, error)) Func {
	return boolFrom(func(_ *Env, args []Value) func(int) (bool, bool, error) {
		in, at := textsOf(args[0].Array), args[0].index()
		if always != nil {
			return func(i int) (bool, bool, error) { return always(in.at(i & at)), true, nil }
		}
		constant := true
		for _, a := range args[1:] {
			constant = constant && a.Const
		}
		var match matcher
		var last string
		patterns, pt := textsOf(args[1].Array), args[1].index()
		return func(i int) (bool, bool, error) {
			if p := patterns.at(i & pt); match == nil || !constant && (p != last || len(args) > 2) {
				m, err := compile(args, i)
				if err != nil {
					return false, true, err
				}
				match, last = m, p
			}
			return match(in.at(i & at)), true, nil
		}
	})
}

// likePart is a piece of a LIKE pattern: text to find, after as many characters
// as skip says, and any more where loose.
type likePart struct {
	skip  int
	loose bool
	text  string
}

// parseLike divides a pattern at its wildcards. The last part may be empty.
func parseLike(pattern string, escape rune) ([]likePart, error) {
	parts := []likePart{{}}
	rest := pattern
	var b strings.Builder
	flush := func() { parts[len(parts)-1].text = b.String() }
	for len(rest) > 0 {
		r, n := utf8.DecodeRuneInString(rest)
		switch char := rest[:n]; {
		case r == escape:
			next, m := utf8.DecodeRuneInString(rest[n:])
			if m == 0 {
				return nil, fmt.Errorf("[INVALID_FORMAT.ESC_AT_THE_END] the LIKE pattern '%s' must not end with the escape character '%c'; double it to mean itself", pattern, escape)
			}
			if next != '_' && next != '%' && next != escape {
				return nil, fmt.Errorf("[INVALID_FORMAT.ESC_IN_THE_MIDDLE] in the LIKE pattern '%s' the escape character '%c' must stand before _, %% or itself, not before '%c'", pattern, escape, next)
			}
			b.WriteString(rest[n : n+m])
			n += m
		case r == '_' || r == '%':
			if flush(); b.Len() > 0 || len(parts) == 1 {
				parts = append(parts, likePart{})
				b.Reset()
			}
			if p := &parts[len(parts)-1]; r == '_' {
				p.skip++
			} else {
				p.loose = true
			}
		default:
			b.WriteString(char)
		}
		rest = rest[n:]
	}
	flush()
	return parts, nil
}

// compileLike returns the cheapest test that means the same as a pattern.
func compileLike(pattern string, escape rune, fold bool) (matcher, error) {
	if fold {
		m, err := compileLike(strings.ToLower(pattern), escape, false)
		if err != nil {
			return nil, err
		}
		return func(s string) bool { return m(strings.ToLower(s)) }, nil
	}
	parts, err := parseLike(pattern, escape)
	if err != nil {
		return nil, err
	}
	if how, part, ok := simpleLike(parts); ok {
		switch how {
		case "=":
			return func(s string) bool { return s == part }, nil
		case "startswith":
			return func(s string) bool { return strings.HasPrefix(s, part) }, nil
		case "endswith":
			return func(s string) bool { return strings.HasSuffix(s, part) }, nil
		}
		return func(s string) bool { return strings.Contains(s, part) }, nil
	}
	return func(s string) bool { return matchLike(s, parts) }, nil
}

// simpleLike tells what a pattern is where one test of a part will do: "text",
// "text%", "%text" or "%text%".
func simpleLike(parts []likePart) (how, part string, ok bool) {
	for _, p := range parts {
		if p.skip > 0 {
			return "", "", false
		}
	}
	switch {
	case len(parts) == 1:
		return "=", parts[0].text, true
	case len(parts) == 2 && parts[1].text == "":
		return "startswith", parts[0].text, true
	case len(parts) == 2 && parts[0].text == "":
		return "endswith", parts[1].text, true
	case len(parts) == 3 && parts[0].text == "" && parts[2].text == "":
		return "contains", parts[1].text, true
	}
	return "", "", false
}

// matchLike matches part by part.
func matchLike(s string, parts []likePart) bool {
	ok, _ := matchParts(s, parts)
	return ok
}

// matchParts also tells whether a failure is final: it lies behind a later %, so
// that another place for the earlier parts would not help.
func matchParts(s string, parts []likePart) (ok, final bool) {
	for k, p := range parts {
		for range p.skip {
			if s == "" {
				return false, false
			}
			_, n := utf8.DecodeRuneInString(s)
			s = s[n:]
		}
		if p.loose {
			return matchLoose(s, parts[k:]), true
		}
		if !strings.HasPrefix(s, p.text) {
			return false, false
		}
		s = s[len(p.text):]
	}
	return s == "", false
}

// matchLoose matches parts of which the first is loose and whose skip is done:
// at the first place where the parts up to the next % fit.
func matchLoose(s string, parts []likePart) bool {
	if len(parts) == 1 {
		return strings.HasSuffix(s, parts[0].text)
	}
	rest := append([]likePart{{text: parts[0].text}}, parts[1:]...)
	for {
		i := strings.Index(s, rest[0].text)
		if i < 0 {
			return false
		}
		if ok, final := matchParts(s[i:], rest); ok || final {
			return ok
		}
		if i == len(s) {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		s = s[i+n:]
	}
}

// likeTest is LIKE with a constant pattern, as a test of a predicate; nil where
// the pattern is wrong, which shows when it is compiled.
func likeTest(pattern string) textTest {
	parts, err := parseLike(pattern, '\\')
	if err != nil {
		return nil
	}
	if how, part, ok := simpleLike(parts); ok {
		if how == "=" {
			return equalTest(part, true)
		}
		return partTest(how, part)
	}
	match, err := compileLike(pattern, '\\', false)
	if err != nil {
		return nil
	}
	return anyTest(match)
}
