package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// dictionary numbers the distinct values of one column over many batches:
// codes 0, 1, ... in the order of first appearance, null being a value. Values
// are copied in.
type dictionary interface {
	// encode sets out[j] to the code of the j-th selected row of a, making codes
	// for new values.
	encode(a arrow.Array, rows kernel.Rows, out []uint32) error
	// gather returns the values of codes as an array.
	gather(codes []uint32) (arrow.Array, error)
	// len is the number of codes, and truncate forgets those from n on.
	len() int
	truncate(n int)
	// bytes is the memory held.
	bytes() int64
}

// newDictionary returns an empty dictionary for columns of type dt. NaN is one
// value and -0 is 0, unless exact is set, which keeps the bits of floats and
// allows maps, of which no two are then the same.
func newDictionary(dt arrow.DataType, exact bool) (dictionary, error) {
	switch dt.ID() {
	case arrow.NULL:
		return &voidDict{}, nil
	case arrow.STRING, arrow.BINARY:
		return newTextDict(dt), nil
	case arrow.DECIMAL128, arrow.INTERVAL_MONTH_DAY_NANO:
		return &wideDict{*newTextDict(dt)}, nil
	}
	if conv, ok := wordConversions(dt.ID(), exact); ok {
		return &wordDict{dt: dt, conv: conv, table: newWordTable(), nullCode: nullCode{-1}, rows: []int32{}}, nil
	}
	return newNestedDict(dt, exact)
}

// nullCode is the code of null, -1 as long as there was none.
type nullCode struct{ at int64 }

func (n *nullCode) truncate(size int) {
	if n.at >= int64(size) {
		n.at = -1
	}
}

// valid returns which codes are not null; nil where all are.
func (n *nullCode) valid(codes []uint32) bitset {
	if n.at < 0 {
		return nil
	}
	bits := newBitset(len(codes))
	for j, c := range codes {
		bits.put(j, int64(c) != n.at)
	}
	return bits
}

// row returns the number in the batch of the j-th selected row.
func row(rows kernel.Rows, j int) int {
	if rows.Sel != nil {
		return int(rows.Sel[j])
	}
	return j
}

// voidDict is the dictionary of a column that has no value but null.
type voidDict struct{ seen int }

func (d *voidDict) encode(_ arrow.Array, rows kernel.Rows, out []uint32) error {
	if clear(out); rows.Count() > 0 {
		d.seen = 1
	}
	return nil
}

func (d *voidDict) gather(codes []uint32) (arrow.Array, error) {
	return newNulls(arrow.Null, len(codes)), nil
}
func (d *voidDict) len() int       { return d.seen }
func (d *voidDict) truncate(n int) { d.seen = min(d.seen, n) }
func (d *voidDict) bytes() int64   { return 0 }

// checkType tells whether a column has the type that its consumer was made for.
func checkType(a arrow.Array, want arrow.DataType) error {
	if got := a.DataType(); got.ID() != want.ID() {
		return fmt.Errorf("internal: a column of Arrow type %s came where %s was planned", got, want)
	}
	return nil
}
