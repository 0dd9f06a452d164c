package kernel

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
)

// concatKernels put texts together, and exchange parts of them.
func concatKernels() map[string]Maker {
	return map[string]Maker{
		"concat": textsLike(func(bool) Func {
			return mapped(func(dst []byte, s []string) []byte {
				for _, part := range s {
					dst = append(dst, part...)
				}
				return dst
			})
		}),
		"concat_ws": always(concatWs),
		"repeat":    always(repeatFunc),
		"space":     always(spaceFunc),
		"reverse":   always(text1(appendReverse)),
		"replace":   always(replaceFunc),
		"translate": always(mapped(func(dst []byte, s []string) []byte { return appendTranslated(dst, s[0], s[1], s[2]) })),
		"lpad":      padder(true),
		"rpad":      padder(false),
	}
}

// joined is an argument of concat_ws: texts, or arrays of texts.
type joined struct {
	nulls nulls
	index int
	list  []int32 // where each row's texts begin; nil: one text for each row
	text  texts
	inner nulls
}

func joinedOf(v Value) joined {
	j := joined{nulls: nullsOfArray(v.Array), index: v.index()}
	if l, ok := v.Array.(*array.List); ok {
		j.list = l.Offsets()[l.Data().Offset():]
		j.text, j.inner = textsOf(l.ListValues()), nullsOfArray(l.ListValues())
		return j
	}
	j.text = textsOf(v.Array)
	return j
}

// each calls f for the texts of row i that are not null.
func (j *joined) each(i int, f func(s string)) {
	i &= j.index
	if j.nulls.at(i) {
		return
	}
	if j.list == nil {
		f(j.text.at(i))
		return
	}
	for e := j.list[i]; e < j.list[i+1]; e++ {
		if !j.inner.at(int(e)) {
			f(j.text.at(int(e)))
		}
	}
}

// concatWs is null only where the separator is.
func concatWs(_ *Env, args []Value, rows Rows) (Value, error) {
	sep, m := textRowOf(args[0]), nullsOf(args[:1], rows)
	parts := make([]joined, len(args)-1)
	for k := range parts {
		parts[k] = joinedOf(args[k+1])
	}
	b := newTextBuilder(rows.N, 16*rows.Count())
	_ = each(rows, m, func(i int) error {
		b.row(i)
		first := true
		for k := range parts {
			parts[k].each(i, func(s string) {
				if !first {
					b.data = append(b.data, sep.row(i)...)
				}
				b.data, first = append(b.data, s...), false
			})
		}
		return nil
	})
	return Value{Array: b.finish(arrow.BinaryTypes.String, m)}, nil
}

// maxText is the most bytes that a function may make one text of. A row of more
// is a mistake, or an attack.
const maxText = 64 << 20

var errLongText = errors.New("a text of more than 64 MB would be made; make it shorter")

var repeatFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, n := textRowOf(args[0]), fixedRowOf[int32](args[1])
	return func(dst []byte, i int) ([]byte, bool, error) {
		text, times := s.row(i), int(n.row(i))
		if len(text)*max(times, 0) > maxText {
			return dst, false, errLongText
		}
		for ; times > 0 && text != ""; times-- {
			dst = append(dst, text...)
		}
		return dst, true, nil
	}
})

var spaceFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	n := fixedRowOf[int32](args[0])
	return func(dst []byte, i int) ([]byte, bool, error) {
		if n.row(i) > maxText {
			return dst, false, errLongText
		}
		for k := n.row(i); k > 0; k-- {
			dst = append(dst, ' ')
		}
		return dst, true, nil
	}
})

func appendReverse(dst []byte, s string) []byte {
	for s != "" {
		_, size := utf8.DecodeLastRuneInString(s)
		dst = append(dst, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return dst
}

var replaceFunc = mapped(func(dst []byte, s []string) []byte {
	text, search, by := s[0], s[1], ""
	if len(s) == 3 {
		by = s[2]
	}
	for search != "" {
		at := strings.Index(text, search)
		if at < 0 {
			break
		}
		dst = append(append(dst, text[:at]...), by...)
		text = text[at+len(search):]
	}
	return append(dst, text...)
})

// appendTranslated exchanges the characters of from for those of to; the first
// of two equal ones in from counts.
func appendTranslated(dst []byte, s, from, to string) []byte {
	for _, r := range s {
		at := strings.IndexRune(from, r)
		if at < 0 {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		rest := to[skipChars(to, utf8.RuneCountInString(from[:at])):]
		if rest != "" {
			_, size := utf8.DecodeRuneInString(rest)
			dst = append(dst, rest[:size]...)
		}
	}
	return dst
}

// padder fills text up with blanks, bytes with zeros, unless told what with.
func padder(before bool) Maker {
	return func(call *expr.Call) (Func, error) {
		return textsLike(func(binary bool) Func { return padFunc(before, binary) })(call)
	}
}

func padFunc(before, binary bool) Func {
	fill := " "
	if binary {
		fill = "\x00"
	}
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		s, n, pad := textRowOf(args[0]), fixedRowOf[int32](args[1]), stringRows(args, 2, fill)
		return func(dst []byte, i int) ([]byte, bool, error) {
			text, want := s.row(i), int(n.row(i))
			missing := want - charCount(text, binary)
			if missing <= 0 || pad.row(i) == "" {
				return append(dst, text[:skip(text, max(want, 0), binary)]...), true, nil
			}
			if missing > maxText {
				return dst, false, errLongText
			}
			if !before {
				dst = append(dst, text...)
			}
			dst = appendFill(dst, pad.row(i), missing, binary)
			if before {
				dst = append(dst, text...)
			}
			return dst, true, nil
		}
	})
}

func appendFill(dst []byte, pad string, n int, binary bool) []byte {
	size := charCount(pad, binary)
	for ; n >= size; n -= size {
		dst = append(dst, pad...)
	}
	return append(dst, pad[:skip(pad, n, binary)]...)
}
