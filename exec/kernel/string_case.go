package kernel

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/riffledata/riffle/dataframe/expr"
)

// caseKernels change letters.
func caseKernels() map[string]Maker {
	return map[string]Maker{
		"upper":   cased('a', 'z', cases.Upper),
		"lower":   cased('A', 'Z', cases.Lower),
		"initcap": always(text1(appendTitle)),
	}
}

// cased changes the letters from a to z by their bit; text that is not ASCII
// goes the way of the Unicode standard, in which one letter may become two.
func cased(from, to byte, full func(language.Tag, ...cases.Option) cases.Caser) Maker {
	return func(*expr.Call) (Func, error) {
		caser := full(language.Und)
		return text1(func(dst []byte, s string) []byte {
			start := len(dst)
			for i := 0; i < len(s); i++ {
				c := s[i]
				if c >= utf8.RuneSelf {
					return append(dst[:start], caser.String(s)...)
				}
				if from <= c && c <= to {
					c ^= 0x20
				}
				dst = append(dst, c)
			}
			return dst
		}), nil
	}
}

// appendTitle writes the first letter of each word in capitals; words are
// divided by blanks alone.
func appendTitle(dst []byte, s string) []byte {
	first := true
	for _, r := range s {
		if first {
			dst = utf8.AppendRune(dst, unicode.ToTitle(r))
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		first = r == ' '
	}
	return dst
}
