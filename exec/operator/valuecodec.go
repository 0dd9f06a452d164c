package operator

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// valueCodec turns the entries of a call into bytes and back.
//
// A position in a key is the text of the number: of two texts in a key the shorter
// comes first, so that keys are in the order of their positions.
type valueCodec struct {
	keptValues
	groups int             // columns of the group's key
	whole  *state.KeyCodec // of the group's key and the entry's
	own    *state.KeyCodec // of the entry's alone
	rows   *state.RowCodec
}

func newValueCodec(a *Aggregation, k keptValues) (*valueCodec, error) {
	c := &valueCodec{keptValues: k, groups: len(a.keyTypes)}
	var err error
	if c.own, err = state.NewKeyCodec(typesOf(k.key)); err != nil {
		return nil, err
	}
	if c.whole, err = state.NewKeyCodec(append(a.keyTypes[:c.groups:c.groups], typesOf(k.key)...)); err != nil {
		return nil, err
	}
	c.rows, err = state.NewRowCodec(typesOf(k.value))
	return c, err
}

// keyColumns returns what entries are known by: columns, and what stands behind them.
func (c *valueCodec) keyColumns(m multiset, list valueEntries) (cols []arrow.Array, behind []state.Appender, err error) {
	if !c.form.list {
		cols, err = m.columns(list.tuples)
		if err != nil || c.form.rank.first == 0 {
			return cols, nil, err
		}
		f, err := newAppender(cols[0], c.form.rank.largest, true)
		return nil, []state.Appender{state.Ordered(state.Appender(f))}, err
	}
	var text []byte
	a, err := gatherTexts(arrow.BinaryTypes.String, list.len(), nil, func(i int) []byte {
		text = strconv.AppendInt(text[:0], list.at[i], 10)
		return text
	})
	return []arrow.Array{a}, nil, err
}

// valueColumns returns what is in the values of entries.
func (c *valueCodec) valueColumns(m multiset, list valueEntries) (cols []arrow.Array, err error) {
	if c.form.alone() {
		if cols, err = m.columns(list.tuples); err != nil {
			return nil, err
		}
	}
	if c.form.counted {
		cols = append(cols, newFixed(arrow.PrimitiveTypes.Int64, list.times, nil))
	}
	if c.form.ordered && !c.form.list {
		cols = append(cols, newFixed(arrow.PrimitiveTypes.Int64, list.at, nil))
	}
	return cols, nil
}

// loaded are entries that were read from a table.
type loaded struct {
	tuples    []arrow.Array
	times, at []int64
}

// decode reads entries, given the columns of their keys behind the group's.
func (c *valueCodec) decode(keys []arrow.Array, values pairs) (e loaded, err error) {
	cols, err := c.rows.Decode(values.list(0))
	if err != nil {
		return e, err
	}
	if e.tuples = keys; c.form.alone() {
		e.tuples = cols[:len(c.form.types)]
	}
	e.times, e.at = c.counts(cols, values.len())
	if c.form.list {
		e.at, err = positions(keys[0].(*array.String))
	}
	return e, err
}

// counts are how often tuples are there, and at which positions, as far as the
// columns of values say so.
func (c *valueCodec) counts(cols []arrow.Array, n int) (times, at []int64) {
	if c.form.alone() {
		cols = cols[len(c.form.types):]
	}
	if c.form.counted {
		times, cols = batch.Values[int64](cols[0]), cols[1:]
	} else {
		times = slices.Repeat([]int64{1}, n)
	}
	if c.form.ordered && !c.form.list {
		return times, batch.Values[int64](cols[0])
	}
	return times, make([]int64, n)
}

// numbers reads how often tuples are there that are known by themselves, and at
// which positions.
func (c *valueCodec) numbers(values pairs) (times, at []int64, err error) {
	cols, err := c.rows.Decode(values.list(0))
	if err != nil {
		return nil, nil, err
	}
	times, at = c.counts(cols, values.len())
	return times, at, nil
}

func positions(a *array.String) ([]int64, error) {
	out := make([]int64, a.Len())
	for i := range out {
		v, err := strconv.ParseInt(a.Value(i), 10, 64)
		if err != nil || v < 1 {
			return nil, fmt.Errorf("the position %q of a value in the state cannot be read; restore the state from its checkpoint", a.Value(i))
		}
		out[i] = v
	}
	return out, nil
}

// countOf reads how often a tuple is there that is counted: the last eight bytes.
func (c *valueCodec) countOf(value []byte) (int64, error) {
	if len(value) < 8 {
		return 0, fmt.Errorf("a value in the state of %d bytes has no number; restore the state from its checkpoint", len(value))
	}
	return int64(binary.LittleEndian.Uint64(value[len(value)-8:])), nil
}
