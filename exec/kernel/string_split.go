package kernel

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
)

// add appends one more row: for builders whose number of rows is not known
// before.
func (b *textBuilder) add(s string) {
	b.data = append(b.data, s...)
	b.offsets = append(b.offsets, int32(len(b.data)))
}

var textListType = types.ToArrow(types.Array{Elem: types.String})

// textLists makes arrays of text of any arguments: f adds the texts of row i.
func textLists(open func(env *Env, args []Value) func(b *textBuilder, i int) error) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		f, m := open(env, args), nullsOf(args, rows)
		elems := textBuilder{offsets: make([]int32, 1, 4*rows.Count()+1)}
		offsets, next := make([]int32, rows.N+1), 0
		err := each(rows, m, func(i int) error {
			for ; next <= i; next++ {
				offsets[next] = int32(len(elems.offsets) - 1)
			}
			return rowError(i, f(&elems, i))
		})
		if err != nil {
			return Value{}, err
		}
		for ; next <= rows.N; next++ {
			offsets[next] = int32(len(elems.offsets) - 1)
		}
		texts := newTexts(arrow.BinaryTypes.String, elems.offsets, elems.data, noNulls(len(elems.offsets)-1))
		return Value{Array: newList(textListType, offsets, texts, m)}, nil
	}
}

func splitFunc(cache *regexCache) Func {
	return textLists(func(_ *Env, args []Value) func(*textBuilder, int) error {
		s, pattern, limit := textRowOf(args[0]), cache.rows(args[1]), intRows(args, 2, -1)
		return func(b *textBuilder, i int) error {
			re, err := pattern(i)
			if err != nil {
				return err
			}
			addSplit(b, s.row(i), re, int(limit.row(i)))
			return nil
		}
	})
}

// addSplit adds the parts between matches, at most limit of them where limit is
// positive. A match of nothing at the very start makes no part; the empty
// expression cuts into characters.
func addSplit(b *textBuilder, s string, re *regexp.Regexp, limit int) {
	if limit <= 0 {
		limit = noLimit
	}
	if re.String() == "" && s != "" {
		addCharacters(b, s, limit)
		return
	}
	n, from := 1, 0
	if sep, plain := re.LiteralPrefix(); plain && sep != "" {
		for ; n < limit; n++ {
			at := strings.Index(s[from:], sep)
			if at < 0 {
				break
			}
			b.add(s[from : from+at])
			from += at + len(sep)
		}
		b.add(s[from:])
		return
	}
	for _, loc := range re.FindAllStringIndex(s, -1) {
		if n == limit {
			break
		}
		if loc[1] == 0 {
			continue
		}
		b.add(s[from:loc[0]])
		from = loc[1]
		n++
	}
	b.add(s[from:])
}

func addCharacters(b *textBuilder, s string, limit int) {
	for n := 1; n < limit; n++ {
		_, size := utf8.DecodeRuneInString(s)
		if size == len(s) {
			break
		}
		b.add(s[:size])
		s = s[size:]
	}
	b.add(s)
}
