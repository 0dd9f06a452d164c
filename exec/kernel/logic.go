package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
)

// logicKernels hold NOT alone; AND and OR look at their right side only where
// the left one does not decide.
func logicKernels() map[string]Maker {
	return map[string]Maker{"not": always(not)}
}

func not(_ *Env, args []Value, rows Rows) (Value, error) {
	in := byteAligned(args[0], rows)
	out := make([]byte, len(in))
	for i := range in {
		out[i] = ^in[i]
	}
	return Value{Array: newBools(out, rows.N, nullsOf(args, rows))}, nil
}

// byteAligned returns a boolean value as a bitmap that begins at bit 0, not to
// be changed.
func byteAligned(v Value, rows Rows) []byte {
	n := (rows.N + 7) / 8
	if v.Const {
		out := make([]byte, n)
		if !isNull(v.Array, 0) && boolsOf(v.Array).at(0) {
			fillOnes(out)
		}
		return out
	}
	b := boolsOf(v.Array)
	if b.off%8 == 0 {
		return b.bits[b.off/8:][:n]
	}
	out := make([]byte, n)
	copyBits(out, 0, b.bits, b.off, rows.N)
	return out
}

// logicLazy are AND and OR.
func logicLazy() map[string]lazyMaker {
	return map[string]lazyMaker{
		"and": func(_ *expr.Call, args []node) (node, error) { return &logic{args[0], args[1], false}, nil },
		"or":  func(_ *expr.Call, args []node) (node, error) { return &logic{args[0], args[1], true}, nil },
	}
}

// logic is AND (decides is false: a false side decides) or OR (a true one does).
type logic struct {
	left, right node
	decides     bool
}

func (l *logic) eval(r *run, rows Rows) (Value, error) {
	a, err := l.left.eval(r, rows)
	if err != nil {
		return Value{}, err
	}
	if a.Const && !isNull(a.Array, 0) {
		if boolsOf(a.Array).at(0) == l.decides {
			return a, nil
		}
		return l.right.eval(r, rows)
	}
	x := tristate{byteAligned(a, rows), nullsOfValue(a, rows)}
	open := x.undecided(rows, l.decides)
	if open.Count() == 0 {
		return a, nil
	}
	b, err := l.right.eval(r, open)
	if err != nil {
		return Value{}, err
	}
	y := tristate{byteAligned(b, rows), nullsOfValue(b, rows)}
	return Value{Array: merge(x, y, open, rows, l.decides)}, nil
}

// tristate is a boolean column: bits, and which of them are null.
type tristate struct {
	bits  []byte
	nulls nulls
}

// undecided returns the rows that are not the deciding value: all, without a
// copy, where none is.
func (t tristate) undecided(rows Rows, decides bool) Rows {
	flip := byte(0xff)
	if decides {
		flip = 0
	}
	if rows.Sel == nil && t.never(flip, rows.N) {
		return rows
	}
	out := make([]int32, 0, rows.Count())
	_ = each(rows, noNulls(rows.N), func(i int) error {
		if (t.bits[i>>3]^flip)&t.nulls.word8(i>>3)>>(i&7)&1 == 0 {
			out = append(out, int32(i))
		}
		return nil
	})
	if len(out) == rows.Count() {
		return rows
	}
	return Rows{rows.N, out}
}

func (t tristate) never(flip byte, n int) bool {
	for i := range n / 8 {
		if (t.bits[i]^flip)&t.nulls.word8(i) != 0 {
			return false
		}
	}
	if n%8 == 0 {
		return true
	}
	return (t.bits[n/8]^flip)&t.nulls.word8(n/8)&(1<<(n%8)-1) == 0
}

// merge puts AND or OR together: b counts on the open rows alone; on the others
// a decides.
func merge(a, b tristate, open, rows Rows, decides bool) arrow.Array {
	n := (rows.N + 7) / 8
	mask := make([]byte, n)
	if open.Sel == nil {
		fillOnes(mask)
	}
	for _, i := range open.Sel {
		mask[i>>3] |= 1 << (i & 7)
	}
	out, valid := make([]byte, n), make([]byte, n)
	for i := range out {
		x, xv, y, yv := a.bits[i], a.nulls.word8(i), b.bits[i], b.nulls.word8(i)
		var t, f byte // true, false; neither: null
		if decides {
			t, f = x&xv|y&yv, ^x&xv&^y&yv
		} else {
			t, f = x&xv&y&yv, ^x&xv|^y&yv
		}
		t, f = t&mask[i]|x&xv&^mask[i], f&mask[i]|^x&xv&^mask[i]
		out[i], valid[i] = t, t|f
	}
	if a.nulls.none() && b.nulls.none() {
		return newBools(out, rows.N, noNulls(rows.N))
	}
	return newBools(out, rows.N, nulls{valid, rows.N, true})
}
