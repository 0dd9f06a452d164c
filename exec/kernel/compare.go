package kernel

import (
	"bytes"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// comparison is one of the operators = < >, or its opposite: != >= <=.
type comparison struct {
	op  byte // '=', '<' or '>'
	not bool
}

var comparisons = map[string]comparison{
	"=": {'=', false}, "!=": {'=', true}, "<": {'<', false}, ">=": {'<', true}, ">": {'>', false}, "<=": {'>', true},
}

// flip returns the comparison with its sides exchanged.
func (c comparison) flip() comparison {
	switch c.op {
	case '<':
		c.op = '>'
	case '>':
		c.op = '<'
	}
	return c
}

// holds tells whether the comparison is true of two values that compare as n.
func (c comparison) holds(n int) bool {
	switch c.op {
	case '<':
		return n < 0 != c.not
	case '>':
		return n > 0 != c.not
	}
	return n == 0 != c.not
}

// comparisonKernels are = != < <= > >= <=>.
func comparisonKernels() map[string]Maker {
	all := map[string]Maker{"<=>": nullSafeEqual}
	for name, op := range comparisons {
		all[name] = func(call *expr.Call) (Func, error) {
			bits, err := comparer(call.Args[0].Type(), op)
			if err != nil {
				return nil, err
			}
			return func(_ *Env, args []Value, rows Rows) (Value, error) {
				out, err := bits(args[0], args[1], rows)
				return Value{Array: newBools(out, rows.N, nullsOf(args, rows))}, err
			}, nil
		}
	}
	return all
}

// nullSafeEqual is equality in which null equals null.
func nullSafeEqual(call *expr.Call) (Func, error) {
	bits, err := comparer(call.Args[0].Type(), comparison{op: '='})
	if err != nil {
		return nil, err
	}
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		out, err := bits(args[0], args[1], rows)
		if err != nil {
			return Value{}, err
		}
		a, b := nullsOf(args[:1], rows), nullsOf(args[1:], rows)
		for i := range out {
			x, y := a.word8(i), b.word8(i)
			out[i] = out[i]&x&y | ^x&^y
		}
		return Value{Array: newBools(out, rows.N, noNulls(rows.N))}, nil
	}, nil
}

// word8 returns byte i of the bitmap: ones where nothing is null.
func (m nulls) word8(i int) byte {
	if m.bits == nil {
		return 0xff
	}
	return m.bits[i]
}

// bitsOf computes a comparison as a bitmap of rows.N bits; those of rows that
// are null or not selected are undefined.
type bitsOf func(a, b Value, rows Rows) ([]byte, error)

func comparer(t types.Type, op comparison) (bitsOf, error) {
	switch t {
	case types.Void:
		return func(_, _ Value, rows Rows) ([]byte, error) { return make([]byte, (rows.N+7)/8), nil }, nil
	case types.Byte:
		return compareOrdered(op, ints[int8]), nil
	case types.Short:
		return compareOrdered(op, ints[int16]), nil
	case types.Int, types.Date:
		return compareOrdered(op, ints[int32]), nil
	case types.Long, types.Timestamp, types.TimestampNTZ:
		return compareOrdered(op, ints[int64]), nil
	case types.Float:
		return compareFloats[float32](op), nil
	case types.Double:
		return compareFloats[float64](op), nil
	case types.String, types.Binary:
		return compareTexts(op), nil
	}
	if m, ok := t.(types.Map); ok {
		return nil, fmt.Errorf("values of type %s cannot be compared; compare map_keys, map_values or single entries", m.Name())
	}
	return compareAny(op), nil
}

type integer interface {
	int8 | int16 | int32 | int64
}

func ints[T integer](a arrow.Array) []T { return values[T](a) }

func floatKeys[T float32 | float64](a arrow.Array) []int64 {
	in := values[T](a)
	out := make([]int64, len(in))
	for i, f := range in {
		out[i] = floatKey(float64(f))
	}
	return out
}

// compareOrdered compares all rows, selected or not: that is as fast as looking.
func compareOrdered[T integer](op comparison, load func(arrow.Array) []T) bitsOf {
	return func(a, b Value, rows Rows) ([]byte, error) {
		out := make([]byte, (rows.N+7)/8)
		op := op
		if a.Const && !b.Const {
			a, b, op = b, a, op.flip()
		}
		x, y := load(a.Array), load(b.Array)
		if b.Const {
			compareConst(out, x, y[0], op)
		} else {
			compareColumns(out, x, y, op)
		}
		if op.not {
			for i := range out {
				out[i] = ^out[i]
			}
		}
		return out, nil
	}
}

// compareFloats compares with a constant directly, and columns by keys that have
// the order of floats.
func compareFloats[T float32 | float64](op comparison) bitsOf {
	keys := compareOrdered(op, floatKeys[T])
	return func(a, b Value, rows Rows) ([]byte, error) {
		op := op
		if a.Const && !b.Const {
			a, b, op = b, a, op.flip()
		}
		if a.Const || !b.Const || b.Array.IsNull(0) || math.IsNaN(float64(values[T](b.Array)[0])) {
			return keys(a, b, rows)
		}
		out := make([]byte, (rows.N+7)/8)
		compareFloatConst(out, values[T](a.Array), values[T](b.Array)[0], op)
		if op.not {
			for i := range out {
				out[i] = ^out[i]
			}
		}
		return out, nil
	}
}

// compareFloatConst ignores op.not; y is not NaN, which is larger than it.
func compareFloatConst[T float32 | float64](out []byte, x []T, y T, op comparison) {
	switch op.op {
	case '=':
		for i, v := range x {
			out[i>>3] |= b2u(v == y) << (i & 7)
		}
	case '<':
		for i, v := range x {
			out[i>>3] |= b2u(v < y) << (i & 7)
		}
	default:
		for i, v := range x {
			out[i>>3] |= b2u(!(v <= y)) << (i & 7)
		}
	}
}

// compareConst ignores op.not.
func compareConst[T integer](out []byte, x []T, y T, op comparison) {
	switch op.op {
	case '=':
		for i, v := range x {
			out[i>>3] |= b2u(v == y) << (i & 7)
		}
	case '<':
		for i, v := range x {
			out[i>>3] |= b2u(v < y) << (i & 7)
		}
	default:
		for i, v := range x {
			out[i>>3] |= b2u(v > y) << (i & 7)
		}
	}
}

// compareColumns ignores op.not.
func compareColumns[T integer](out []byte, x, y []T, op comparison) {
	if op.op == '>' {
		x, y = y, x
	}
	y = y[:len(x)]
	if op.op == '=' {
		for i, v := range x {
			out[i>>3] |= b2u(v == y[i]) << (i & 7)
		}
		return
	}
	for i, v := range x {
		out[i>>3] |= b2u(v < y[i]) << (i & 7)
	}
}

func compareTexts(op comparison) bitsOf {
	return func(a, b Value, rows Rows) ([]byte, error) {
		x, ix, y, iy := textsOf(a.Array), a.index(), textsOf(b.Array), b.index()
		out := newBoolBuilder(rows.N)
		test := func(i int) bool { return op.holds(bytes.Compare(x.bytes(i&ix), y.bytes(i&iy))) }
		if op.op == '=' {
			test = func(i int) bool { return x.at(i&ix) == y.at(i&iy) != op.not }
		}
		_ = each(rows, noNulls(rows.N), func(i int) error { out.set(i, test(i)); return nil })
		return out.bits, nil
	}
}

func compareAny(op comparison) bitsOf {
	return func(a, b Value, rows Rows) ([]byte, error) {
		compare, err := NewComparator(a.Array, b.Array)
		if err != nil {
			return nil, err
		}
		out, ix, iy := newBoolBuilder(rows.N), a.index(), b.index()
		_ = each(rows, noNulls(rows.N), func(i int) error {
			out.set(i, op.holds(compare(i&ix, i&iy)))
			return nil
		})
		return out.bits, nil
	}
}
