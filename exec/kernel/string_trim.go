package kernel

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// trimKernels take characters off the ends.
func trimKernels() map[string]Maker {
	return map[string]Maker{
		"trim":  trimmer(strings.Trim, 1),
		"ltrim": trimmer(strings.TrimLeft, 1),
		"rtrim": trimmer(strings.TrimRight, 1),
		"btrim": trimmer(strings.Trim, 0),
	}
}

// trimmer makes a kernel of a function that trims; at is the argument that
// holds the text where the characters are given too.
func trimmer(cut func(s, chars string) string, at int) Maker {
	return func(call *expr.Call) (Func, error) {
		f := text1(func(dst []byte, s string) []byte { return append(dst, cut(s, " ")...) })
		if len(call.Args) == 2 {
			f = mapped(func(dst []byte, s []string) []byte { return append(dst, cut(s[at], s[1-at])...) })
		}
		if call.Type() != types.Binary {
			return f, nil
		}
		if len(call.Args) == 2 {
			f = mapped(func(dst []byte, s []string) []byte { return append(dst, trimBytes(s[at], s[1-at])...) })
		}
		return labelled(arrow.BinaryTypes.Binary, f), nil
	}
}

// trimBytes trims any of the bytes at both ends.
func trimBytes(s, set string) string {
	for s != "" && strings.IndexByte(set, s[0]) >= 0 {
		s = s[1:]
	}
	for s != "" && strings.IndexByte(set, s[len(s)-1]) >= 0 {
		s = s[:len(s)-1]
	}
	return s
}
