package kernel

import (
	"encoding/binary"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// leaf compiles a condition that is neither AND nor OR nor NOT: one that has a
// loop of its own where it is on a text column, else any boolean column.
func (c *compiler) leaf(call *expr.Call, want bool, notNull map[int]bool) (selector, error) {
	switch call.Name {
	case "isnull", "isnotnull":
		n, err := c.compile(call.Args[0])
		if ref, ok := expr.Unalias(call.Args[0]).(*expr.Ref); ok && want == (call.Name == "isnotnull") {
			notNull[ref.Index] = true
		}
		return &nullSelector{n, call.Name == "isnull"}, err
	}
	test := textTestOf(call)
	if test == nil || call.Args[0].Type() != types.String {
		return c.fallback(call)
	}
	n, err := c.compile(call.Args[0])
	s := &textSelector{arg: n, test: test}
	if ref, ok := expr.Unalias(call.Args[0]).(*expr.Ref); ok {
		s.notNull = notNull[ref.Index]
		notNull[ref.Index] = true
	}
	return s, err
}

// nullSelector is IS NULL and IS NOT NULL.
type nullSelector struct {
	arg  node
	null bool
}

func (s *nullSelector) rows(r *run, rows Rows, want bool, buf []int32) ([]int32, error) {
	v, err := s.arg.eval(r, rows)
	if err != nil {
		return nil, err
	}
	m, want := nullsOfValue(v, rows), want != s.null
	if m.none() {
		if want {
			return everyRow(rows, buf), nil
		}
		return buf[:0], nil
	}
	return selectBits(m.bits, noNulls(rows.N), rows, want, buf), nil
}

// textTest picks the rows of a text column, none of them null, that pass a test
// (or do not, where want is false).
type textTest func(t texts, rows Rows, want bool, buf []int32) []int32

// textTestOf returns the test of a call on text with constant arguments, or nil.
func textTestOf(call *expr.Call) textTest {
	switch call.Name {
	case "=", "!=":
		if s, ok := literalText(call, 1); ok {
			return equalTest(s, call.Name == "=")
		}
	case "like":
		if s, ok := literalText(call, 1); ok && len(call.Args) == 2 {
			return likeTest(s)
		}
	case "startswith", "endswith", "contains":
		if s, ok := literalText(call, 1); ok {
			return partTest(call.Name, s)
		}
	case "in":
		return inTest(call)
	}
	return nil
}

// textSelector narrows by a test of a text column.
type textSelector struct {
	arg     node
	test    textTest
	notNull bool // nothing that comes here is null
}

func (s *textSelector) rows(r *run, rows Rows, want bool, buf []int32) ([]int32, error) {
	v, err := s.arg.eval(r, rows)
	if err != nil {
		return nil, err
	}
	if v.Const {
		if isNull(v.Array, 0) || len(s.test(textsOf(v.Array), Rows{N: 1}, want, make([]int32, 1))) == 0 {
			return buf[:0], nil
		}
		return everyRow(rows, buf), nil
	}
	if m := nullsOfArray(v.Array); !s.notNull && !m.none() {
		rows = Rows{rows.N, selectBits(m.bits, noNulls(rows.N), rows, true, buf)}
	}
	return s.test(textsOf(v.Array), rows, want, buf), nil
}

// equalTest compares with a constant: of another length without looking at the
// bytes.
func equalTest(text string, equal bool) textTest {
	if text == "" {
		return func(t texts, rows Rows, want bool, buf []int32) []int32 {
			return pickEmpty(t, rows, want == equal, buf)
		}
	}
	return func(t texts, rows Rows, want bool, buf []int32) []int32 {
		return pickEqual(t, text, rows, want == equal, buf)
	}
}

func pickEqual(t texts, text string, rows Rows, want bool, buf []int32) []int32 {
	k, n := 0, int32(len(text))
	offsets, data := t.offsets, t.data
	if rows.Sel == nil {
		buf = buf[:rows.N]
		for i := range rows.N {
			from, to := offsets[i], offsets[i+1]
			buf[k] = int32(i)
			k += int(b2u((to-from == n && string(data[from:to]) == text) == want))
		}
		return buf[:k]
	}
	buf = buf[:len(rows.Sel)]
	for _, i := range rows.Sel {
		from, to := offsets[i], offsets[i+1]
		buf[k] = i
		k += int(b2u((to-from == n && string(data[from:to]) == text) == want))
	}
	return buf[:k]
}

// pick loops over the rows with any test.
func pick(t texts, rows Rows, want bool, buf []int32, test func(string) bool) []int32 {
	k := 0
	if rows.Sel == nil {
		buf = buf[:rows.N]
		for i := range rows.N {
			buf[k] = int32(i)
			k += int(b2u(test(t.at(i)) == want))
		}
		return buf[:k]
	}
	buf = buf[:len(rows.Sel)]
	for _, i := range rows.Sel {
		buf[k] = i
		k += int(b2u(test(t.at(int(i))) == want))
	}
	return buf[:k]
}

func pickEmpty(t texts, rows Rows, want bool, buf []int32) []int32 {
	k := 0
	if rows.Sel == nil {
		buf = buf[:rows.N]
		from := t.offsets[0]
		for i, to := range t.offsets[1 : rows.N+1] {
			buf[k] = int32(i)
			k += int(b2u(from == to == want))
			from = to
		}
		return buf[:k]
	}
	buf = buf[:len(rows.Sel)]
	offsets := t.offsets
	for _, i := range rows.Sel {
		buf[k] = i
		k += int(b2u(offsets[i] == offsets[i+1] == want))
	}
	return buf[:k]
}

// partTest is startswith, endswith or contains.
func partTest(how, part string) textTest {
	switch {
	case how == "endswith" && len(part) > 0 && len(part) <= 8:
		return suffixTest(part)
	case how == "endswith":
		return anyTest(func(s string) bool { return strings.HasSuffix(s, part) })
	case how == "startswith":
		return anyTest(func(s string) bool { return strings.HasPrefix(s, part) })
	}
	return anyTest(func(s string) bool { return strings.Contains(s, part) })
}

func anyTest(test func(string) bool) textTest {
	return func(t texts, rows Rows, want bool, buf []int32) []int32 { return pick(t, rows, want, buf, test) }
}

// suffixTest compares a suffix of at most 8 bytes as one word: the 8 bytes that
// end where the row ends, of which those of the suffix count.
func suffixTest(suffix string) textTest {
	var last [8]byte
	copy(last[8-len(suffix):], suffix)
	shift := uint(64 - 8*len(suffix))
	e := ending{suffix, int32(len(suffix)), shift, binary.LittleEndian.Uint64(last[:]) >> shift}
	return func(t texts, rows Rows, want bool, buf []int32) []int32 {
		if rows.Sel == nil {
			return e.all(t, rows.N, b2u(!want), buf[:rows.N])
		}
		return e.some(t, rows.Sel, b2u(!want), buf[:len(rows.Sel)])
	}
}

// ending is a suffix of n bytes: its word, after a shift.
type ending struct {
	text  string
	n     int32
	shift uint
	word  uint64
}

// slow tests a row that ends within the first 8 bytes of the column.
func (e *ending) slow(data []byte, from, to int32) byte {
	return b2u(to-from >= e.n && string(data[to-e.n:to]) == e.text)
}

func (e *ending) all(t texts, rows int, flip byte, buf []int32) []int32 {
	k, n, shift, word := 0, e.n, e.shift&63, e.word
	data, from := t.data, t.offsets[0]
	for i, to := range t.offsets[1 : rows+1] {
		var hit byte
		if to >= 8 {
			hit = b2u(binary.LittleEndian.Uint64(data[to-8:])>>shift == word) & b2u(to-from >= n)
		} else {
			hit = e.slow(data, from, to)
		}
		buf[k] = int32(i)
		k += int(hit ^ flip)
		from = to
	}
	return buf[:k]
}

func (e *ending) some(t texts, sel []int32, flip byte, buf []int32) []int32 {
	k, n, shift, word := 0, e.n, e.shift&63, e.word
	data, offsets := t.data, t.offsets
	for _, i := range sel {
		from, to := offsets[i], offsets[i+1]
		var hit byte
		if to >= 8 {
			hit = b2u(binary.LittleEndian.Uint64(data[to-8:])>>shift == word) & b2u(to-from >= n)
		} else {
			hit = e.slow(data, from, to)
		}
		buf[k] = i
		k += int(hit ^ flip)
	}
	return buf[:k]
}

// inTest is IN with constant texts; nil where the list holds anything else.
func inTest(call *expr.Call) textTest {
	set := make(map[string]bool, len(call.Args))
	for i := 1; i < len(call.Args); i++ {
		s, ok := literalText(call, i)
		if !ok {
			return nil
		}
		set[s] = true
	}
	if len(set) <= 4 {
		return fewTest(set)
	}
	return anyTest(func(s string) bool { return set[s] })
}

// fewTest compares with each text of a short list.
func fewTest(set map[string]bool) textTest {
	var list []string
	for s := range set {
		list = append(list, s)
	}
	return anyTest(func(s string) bool {
		for _, t := range list {
			if s == t {
				return true
			}
		}
		return false
	})
}
