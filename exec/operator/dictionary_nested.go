package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/kernel"
)

// nestedDict is the dictionary of a column of lists or structs. A value is found
// by the bytes that order it; the values themselves are kept as they came. Maps
// have no such bytes: each is a value of its own, where that is allowed.
type nestedDict struct {
	apart  bool
	dt     arrow.DataType
	table  *textTable
	values []arrow.Array // of the codes in order, some codes in each
	size   int64         // bytes of the values
	fresh  []int32       // scratch: rows with new values
	key    []byte        // scratch
}

func newNestedDict(dt arrow.DataType, apart bool) (dictionary, error) {
	d := &nestedDict{dt: dt, table: newTextTable()}
	if _, err := newAppender(newNulls(dt, 0), false, true); err != nil {
		if d.apart = true; apart {
			return d, nil
		}
		return nil, fmt.Errorf("columns of Arrow type %s have no equality to group them by; use parts of them", dt)
	}
	return d, nil
}

func (d *nestedDict) encode(a arrow.Array, rows kernel.Rows, out []uint32) error {
	if err := checkType(a, d.dt); err != nil {
		return err
	}
	if err := d.number(a, rows, out); err != nil {
		return err
	}
	if len(d.fresh) == 0 {
		return nil
	}
	taken, err := kernel.Take(a, d.fresh)
	if err != nil {
		return err
	}
	d.values = append(d.values, taken)
	d.size += int64(taken.Data().SizeInBytes())
	return nil
}

// number sets the codes, and fresh to the rows that have new ones.
func (d *nestedDict) number(a arrow.Array, rows kernel.Rows, out []uint32) error {
	d.fresh = d.fresh[:0]
	if d.apart {
		for j := range out {
			out[j] = d.table.add(nil)
			d.fresh = append(d.fresh, int32(row(rows, j)))
		}
		return nil
	}
	f, err := newAppender(a, false, true)
	if err != nil {
		return err
	}
	for j := range out {
		i, known := row(rows, j), d.table.len()
		d.key = f(d.key[:0], i)
		if out[j] = d.table.code(d.key); d.table.len() > known {
			d.fresh = append(d.fresh, int32(i))
		}
	}
	return nil
}

func (d *nestedDict) gather(codes []uint32) (arrow.Array, error) {
	if len(d.values) == 0 {
		return newNulls(d.dt, len(codes)), nil
	}
	all, err := kernel.Concat(d.values)
	if err != nil {
		return nil, err
	}
	d.values = append(d.values[:0], all)
	rows := make([]int32, len(codes))
	for j, c := range codes {
		rows[j] = int32(c)
	}
	return kernel.Take(all, rows)
}

func (d *nestedDict) len() int     { return d.table.len() }
func (d *nestedDict) bytes() int64 { return d.table.bytes() + d.size }

func (d *nestedDict) truncate(n int) {
	d.table.truncate(n)
	for k, a := range d.values {
		if n <= 0 {
			d.values = d.values[:k]
			return
		}
		d.values[k] = sliceUpTo(a, n)
		n -= a.Len()
	}
}

func sliceUpTo(a arrow.Array, n int) arrow.Array {
	if n >= a.Len() {
		return a
	}
	return array.NewSlice(a, 0, int64(n))
}
