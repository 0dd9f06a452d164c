package kernel

import (
	"fmt"
	"regexp"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
)

// regexpKernels take text apart by regular expressions.
func regexpKernels() map[string]Maker {
	return map[string]Maker{
		"regexp_extract":     withRegex(regexpExtract),
		"regexp_extract_all": withRegex(regexpExtractAll),
		"regexp_replace":     withRegex(regexpReplace),
		"regexp_count":       withRegex(regexpCount),
		"split":              withRegex(splitFunc),
	}
}

// withRegex makes a maker of a kernel whose second argument is a pattern.
func withRegex(f func(cache *regexCache) Func) Maker {
	return func(call *expr.Call) (Func, error) {
		cache, err := newRegexCache(call, 1)
		if err != nil {
			return nil, err
		}
		return f(cache), nil
	}
}

func checkGroup(re *regexp.Regexp, group int) error {
	if group < 0 || group > re.NumSubexp() {
		return fmt.Errorf("the regular expression %q has %d groups, and none with number %d; 0 is the whole match", re, re.NumSubexp(), group)
	}
	return nil
}

func regexpExtract(cache *regexCache) Func {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		s, pattern, group := textRowOf(args[0]), cache.rows(args[1]), intRows(args, 2, 1)
		return func(dst []byte, i int) ([]byte, bool, error) {
			re, err := pattern(i)
			if err != nil {
				return dst, false, err
			}
			g := int(group.row(i))
			if err := checkGroup(re, g); err != nil {
				return dst, false, err
			}
			text := s.row(i)
			if loc := re.FindStringSubmatchIndex(text); loc != nil && loc[2*g] >= 0 {
				dst = append(dst, text[loc[2*g]:loc[2*g+1]]...)
			}
			return dst, true, nil
		}
	})
}

func regexpExtractAll(cache *regexCache) Func {
	return textLists(func(_ *Env, args []Value) func(*textBuilder, int) error {
		s, pattern, group := textRowOf(args[0]), cache.rows(args[1]), intRows(args, 2, 1)
		return func(b *textBuilder, i int) error {
			re, err := pattern(i)
			if err != nil {
				return err
			}
			g := int(group.row(i))
			if err := checkGroup(re, g); err != nil {
				return err
			}
			text := s.row(i)
			for _, loc := range re.FindAllStringSubmatchIndex(text, -1) {
				part := ""
				if loc[2*g] >= 0 {
					part = text[loc[2*g]:loc[2*g+1]]
				}
				b.add(part)
			}
			return nil
		}
	})
}

func regexpReplace(cache *regexCache) Func {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		s, pattern, by, pos := textRowOf(args[0]), cache.rows(args[1]), textRowOf(args[2]), intRows(args, 3, 1)
		var last replacement
		var of string
		var with *regexp.Regexp
		return func(dst []byte, i int) ([]byte, bool, error) {
			re, err := pattern(i)
			if err != nil {
				return dst, false, err
			}
			if with != re || of != by.row(i) {
				if last, err = parseReplacement(by.row(i), re); err != nil {
					return dst, false, err
				}
				with, of = re, by.row(i)
			}
			if pos.row(i) < 1 {
				return dst, false, fmt.Errorf("regexp_replace: positions count from 1, not from %d", pos.row(i))
			}
			return replaceAll(dst, s.row(i), re, last, int(pos.row(i))), true, nil
		}
	})
}

// replaceAll replaces the matches that begin at character pos or after it.
func replaceAll(dst []byte, s string, re *regexp.Regexp, by replacement, pos int) []byte {
	from, done := 0, 0
	if pos > 1 {
		from = skipChars(s, pos-1)
	}
	for _, loc := range re.FindAllStringSubmatchIndex(s, -1) {
		if loc[0] >= from {
			dst = append(dst, s[done:loc[0]]...)
			dst, done = by.append(dst, s, loc), loc[1]
		}
	}
	return append(dst, s[done:]...)
}

func regexpCount(cache *regexCache) Func {
	return fixedFrom(arrow.PrimitiveTypes.Int32, func(_ *Env, args []Value) func(int) (int32, bool, error) {
		s, pattern := textRowOf(args[0]), cache.rows(args[1])
		return func(i int) (int32, bool, error) {
			re, err := pattern(i)
			if err != nil {
				return 0, false, err
			}
			return int32(len(re.FindAllStringIndex(s.row(i), -1))), true, nil
		}
	})
}
