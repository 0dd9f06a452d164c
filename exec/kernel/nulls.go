package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
)

// nulls says which rows of a result are null: bit i of bits is 0 where row i
// is. The zero value says that none is.
type nulls struct {
	bits  []byte
	n     int
	owned bool // bits may be changed
}

// noNulls returns the nulls of n rows of which none is null yet.
func noNulls(n int) nulls { return nulls{n: n} }

// none tells that no row is null.
func (m nulls) none() bool { return m.bits == nil }

// at tells whether row i is null.
func (m nulls) at(i int) bool { return m.bits != nil && m.bits[i>>3]>>(i&7)&1 == 0 }

// set makes row i null.
func (m *nulls) set(i int) {
	if !m.owned {
		old := m.bits
		m.bits, m.owned = make([]byte, (m.n+7)/8), true
		if old == nil {
			fillOnes(m.bits)
		} else {
			copy(m.bits, old)
		}
	}
	m.bits[i>>3] &^= 1 << (i & 7)
}

// and makes null the rows that are null in o as well.
func (m nulls) and(o nulls) nulls {
	if o.bits == nil {
		return m
	}
	if m.bits == nil {
		return nulls{o.bits, m.n, false}
	}
	out := make([]byte, (m.n+7)/8)
	for i := range out {
		out[i] = m.bits[i] & o.bits[i]
	}
	return nulls{out, m.n, true}
}

// count is the number of null rows.
func (m nulls) count() int {
	if m.bits == nil {
		return 0
	}
	return m.n - bitutil.CountSetBits(m.bits, 0, m.n)
}

func fillOnes(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

func allNull(n int) nulls { return nulls{make([]byte, (n+7)/8), n, true} }

// nullsOfArray returns the nulls of an array. It shares the array's bitmap
// where that begins at a whole byte.
func nullsOfArray(a arrow.Array) nulls {
	n, d := a.Len(), a.Data()
	if a.DataType().ID() == arrow.NULL {
		return allNull(n)
	}
	if n == 0 || d.NullN() == 0 || len(d.Buffers()) == 0 || d.Buffers()[0] == nil || d.Buffers()[0].Len() == 0 {
		return nulls{n: n}
	}
	b, off := d.Buffers()[0].Bytes(), d.Offset()
	if off%8 == 0 {
		return nulls{b[off/8 : (off+n+7)/8 : (off+n+7)/8], n, false}
	}
	out := make([]byte, (n+7)/8)
	bitutil.CopyBitmap(b, off, n, out, 0)
	return nulls{out, n, true}
}

// nullsOf returns the rows in which an argument is null: the nulls of a result
// that is null where an argument is.
func nullsOf(args []Value, rows Rows) nulls {
	m := noNulls(rows.N)
	for _, a := range args {
		if !a.Const {
			m = m.and(nullsOfArray(a.Array))
		} else if isNull(a.Array, 0) {
			return allNull(rows.N)
		}
	}
	return m
}

// nullsOfValue is nullsOf for one argument.
func nullsOfValue(v Value, rows Rows) nulls { return nullsOf([]Value{v}, rows) }

// isNull tells whether row i of an array is null, of a void one as well.
func isNull(a arrow.Array, i int) bool {
	return a.DataType().ID() == arrow.NULL || a.IsNull(i)
}

// each calls f for the selected rows that are not null, in ascending order, and
// stops at the first error.
func each(rows Rows, m nulls, f func(i int) error) error {
	if rows.Sel == nil {
		for i := range rows.N {
			if m.at(i) {
				continue
			}
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range rows.Sel {
		if m.at(int(i)) {
			continue
		}
		if err := f(int(i)); err != nil {
			return err
		}
	}
	return nil
}
