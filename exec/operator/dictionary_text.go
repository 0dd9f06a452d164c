package operator

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// textDict is the dictionary of a string or binary column.
type textDict struct {
	nullCode
	dt    arrow.DataType
	table *textTable
}

func newTextDict(dt arrow.DataType) *textDict {
	return &textDict{nullCode{-1}, dt, newTextTable()}
}

func (d *textDict) encode(a arrow.Array, rows kernel.Rows, out []uint32) error {
	if err := checkType(a, d.dt); err != nil {
		return err
	}
	offsets, data := batch.Texts(a)
	d.table.lookup(offsets, data, validOf(a), rows, out, d.null)
	return nil
}

// null returns the code of null: an empty string without a slot.
func (d *textDict) null() uint32 {
	if d.at < 0 {
		d.at = int64(d.table.add(nil))
	}
	return uint32(d.at)
}

func (d *textDict) gather(codes []uint32) (arrow.Array, error) {
	return gatherTexts(d.dt, len(codes), d.valid(codes), func(j int) []byte { return d.table.at(codes[j]) })
}

func (d *textDict) len() int     { return d.table.len() }
func (d *textDict) bytes() int64 { return d.table.bytes() }

func (d *textDict) truncate(n int) {
	d.nullCode.truncate(n)
	d.table.truncate(n)
}

// wideDict is the dictionary of a column of 16-byte values: decimals and
// intervals. They are strings of 16 bytes, which lie in the slots.
type wideDict struct{ textDict }

type wide [16]byte

func (d *wideDict) encode(a arrow.Array, rows kernel.Rows, out []uint32) error {
	if err := checkType(a, d.dt); err != nil {
		return err
	}
	vals, valid := batch.Values[wide](a), validOf(a)
	for j := range out {
		i := row(rows, j)
		if valid.at(i) {
			out[j] = d.table.code(vals[i][:])
		} else {
			out[j] = d.null()
		}
	}
	return nil
}

func (d *wideDict) gather(codes []uint32) (arrow.Array, error) {
	vals := make([]wide, len(codes), len(codes)+1)
	for j, c := range codes {
		copy(vals[j][:], d.table.at(c))
	}
	return newFixed(d.dt, aligned(vals), d.valid(codes)), nil
}

// aligned returns the values in memory that holds words: [16]byte alone may lie anywhere.
func aligned(vals []wide) []wide {
	words := make([][2]uint64, len(vals)+1)
	out := unsafe.Slice((*wide)(unsafe.Pointer(&words[0])), len(vals))
	copy(out, vals)
	return out
}
