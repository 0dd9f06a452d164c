package kernel

import (
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// bytesFrom is textsTo for a binary result.
func bytesFrom(open func(env *Env, args []Value) func(dst []byte, i int) ([]byte, bool, error)) Func {
	return labelled(arrow.BinaryTypes.Binary, textsTo(open))
}

// labelled gives the result of a kernel another type of the same layout.
func labelled(dt arrow.DataType, f Func) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		v, err := f(env, args, rows)
		if err != nil {
			return v, err
		}
		return Value{relabel(v.Array, dt), v.Const}, nil
	}
}

// textsLike makes a maker of a kernel that works on characters of text and on
// bytes of binary, and gives what it was given.
func textsLike(f func(binary bool) Func) Maker {
	return func(call *expr.Call) (Func, error) {
		if call.Type() == types.Binary {
			return labelled(arrow.BinaryTypes.Binary, f(true)), nil
		}
		return f(false), nil
	}
}

// textRow gives row i of a text or binary argument, constant or not.
type textRow struct {
	texts
	index int
}

func textRowOf(v Value) textRow { return textRow{textsOf(v.Array), v.index()} }

func (t textRow) row(i int) string { return t.at(i & t.index) }

// fixedRow gives row i of a fixed-width argument, constant or not.
type fixedRow[T fixed] struct {
	vals  []T
	index int
}

func fixedRowOf[T fixed](v Value) fixedRow[T] { return fixedRow[T]{values[T](v.Array), v.index()} }

func (f fixedRow[T]) row(i int) T { return f.vals[i&f.index] }

// intRows returns argument i of a call, or a constant where it was left out.
func intRows(args []Value, i int, otherwise int32) fixedRow[int32] {
	if i < len(args) {
		return fixedRowOf[int32](args[i])
	}
	return fixedRow[int32]{[]int32{otherwise}, 0}
}

// stringRows returns argument i of a call, or a constant where it was left out.
func stringRows(args []Value, i int, otherwise string) textRow {
	if i < len(args) {
		return textRowOf(args[i])
	}
	return textRow{texts{[]int32{0, int32(len(otherwise))}, []byte(otherwise)}, 0}
}

// mapped makes a kernel of a function of texts alone.
func mapped(f func(dst []byte, s []string) []byte) Func {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		in, row := make([]textRow, len(args)), make([]string, len(args))
		for k := range args {
			in[k] = textRowOf(args[k])
		}
		return func(dst []byte, i int) ([]byte, bool, error) {
			for k := range in {
				row[k] = in[k].row(i)
			}
			return f(dst, row), true, nil
		}
	})
}

// counted makes a kernel of a function from texts to an int.
func counted(f func(s []string) int) Func {
	return fixedFrom(arrow.PrimitiveTypes.Int32, func(_ *Env, args []Value) func(int) (int32, bool, error) {
		in, row := make([]textRow, len(args)), make([]string, len(args))
		for k := range args {
			in[k] = textRowOf(args[k])
		}
		return func(i int) (int32, bool, error) {
			for k := range in {
				row[k] = in[k].row(i)
			}
			return int32(f(row)), true, nil
		}
	})
}

// skipChars returns the byte at which character n of s begins, its length where
// it has fewer.
func skipChars(s string, n int) int {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}

// charCount is the number of characters of a text, of bytes of a binary.
func charCount(s string, binary bool) int {
	if binary {
		return len(s)
	}
	return utf8.RuneCountInString(s)
}

// skip is skipChars for text, and n bytes for binary.
func skip(s string, n int, binary bool) int {
	if binary {
		return max(0, min(n, len(s)))
	}
	return skipChars(s, n)
}
