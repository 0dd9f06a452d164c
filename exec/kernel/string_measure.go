package kernel

import (
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// measureKernels give a number for a text.
func measureKernels() map[string]Maker {
	return map[string]Maker{
		"length":       lengthMaker,
		"octet_length": always(lengths(1)),
		"bit_length":   always(lengths(8)),
		"instr":        always(counted(func(s []string) int { return locate(s[1], s[0], 1) })),
		"locate":       always(locateFunc),
		"ascii":        always(counted(func(s []string) int { return firstCode(s[0]) })),
		"levenshtein":  always(levenshteinFunc),
	}
}

func lengthMaker(call *expr.Call) (Func, error) {
	if call.Args[0].Type() == types.Binary {
		return lengths(1), nil
	}
	return counted(func(s []string) int { return utf8.RuneCountInString(s[0]) }), nil
}

// lengths is the number of bytes times a factor.
func lengths(factor int32) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		in, at := textsOf(args[0].Array).offsets, args[0].index()
		out := make([]int32, rows.N)
		_ = each(rows, noNulls(rows.N), func(i int) error {
			out[i] = factor * (in[i&at+1] - in[i&at])
			return nil
		})
		return Value{Array: newFixed(arrow.PrimitiveTypes.Int32, out, nullsOf(args, rows))}, nil
	}
}

// locate returns the position, counted from 1, of the first sub at or after
// character pos; 0 where there is none.
func locate(sub, s string, pos int) int {
	if pos < 1 {
		return 0
	}
	start := 0
	if pos > 1 {
		if start = skipChars(s, pos-1); start == len(s) && charCount(s, false) < pos-1 {
			return 0
		}
	}
	at := strings.Index(s[start:], sub)
	if at < 0 {
		return 0
	}
	return pos + utf8.RuneCountInString(s[start:start+at])
}

// locateFunc is 0 where the position alone is null.
func locateFunc(_ *Env, args []Value, rows Rows) (Value, error) {
	sub, s, pos := textRowOf(args[0]), textRowOf(args[1]), intRows(args, 2, 1)
	m, noPos := nullsOf(args[:2], rows), nullsOf(args[2:], rows)
	out := make([]int32, rows.N)
	_ = each(rows, m, func(i int) error {
		if !noPos.at(i) {
			out[i] = int32(locate(sub.row(i), s.row(i), int(pos.row(i))))
		}
		return nil
	})
	return Value{Array: newFixed(arrow.PrimitiveTypes.Int32, out, m)}, nil
}

func firstCode(s string) int {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	return int(r)
}

var levenshteinFunc = fixedFrom(arrow.PrimitiveTypes.Int32, func(_ *Env, args []Value) func(int) (int32, bool, error) {
	a, b, limit := textRowOf(args[0]), textRowOf(args[1]), intRows(args, 2, noLimit)
	var scratch editScratch
	return func(i int) (int32, bool, error) {
		d := scratch.distance(a.row(i), b.row(i))
		if d > int(limit.row(i)) {
			d = -1
		}
		return int32(d), true, nil
	}
})

// editScratch is memory for edit distances.
type editScratch struct {
	other []rune
	row   []int
}

// distance is the number of characters to put in, take out or exchange.
func (e *editScratch) distance(a, b string) int {
	e.other, e.row = e.other[:0], e.row[:0]
	for _, r := range b {
		e.other = append(e.other, r)
	}
	for j := 0; j <= len(e.other); j++ {
		e.row = append(e.row, j)
	}
	n := 0
	for _, r := range a {
		n++
		before := e.row[0]
		e.row[0] = n
		for j, o := range e.other {
			cost := before
			if r != o {
				cost++
			}
			before = e.row[j+1]
			e.row[j+1] = min(cost, before+1, e.row[j]+1)
		}
	}
	return e.row[len(e.other)]
}
