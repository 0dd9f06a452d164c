package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// first is the accumulator of first, last and any_value where rows only come: the
// value of the first or last row of the group, or of those where it is not null.
type first struct {
	storage
	aggregate
	last        bool
	ignoreNulls bool
	seen        cells[bool]
	values      valueStore
	mark        []uint32 // scratch: by group, the number of the update that last saw it
	update      uint32
}

func newFirst(last bool) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if len(a.args) == 0 || len(a.args) > 2 {
			return nil, a.errorf("it takes a value and whether to ignore nulls, not %d arguments", len(a.args))
		}
		f := &first{aggregate: a, last: last}
		if len(a.args) == 2 {
			ignore, ok := a.consts[1].(bool)
			if !ok || a.args[1] != types.Boolean {
				return nil, a.errorf("its second argument must be true or false")
			}
			f.ignoreNulls = ignore
		}
		if a.retract {
			a.args = a.args[:1]
			return newOccurrences(a, true, f.ignoreNulls, finishFirst(last))
		}
		var err error
		f.values, err = newValueStore(a.arrowArg(0))
		f.storage = storage{&f.seen, f.values}
		return f, err
	}
}

func (f *first) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := f.additive(rows, changes); err != nil {
		return err
	}
	v := args[0]
	valid := validArg(v)
	return f.pick(groups, v, rows, func(i int) bool { return !f.ignoreNulls || valid.row(i) })
}

// pick takes the first or last row of each group among those that count.
func (f *first) pick(groups []uint32, v kernel.Value, rows kernel.Rows, counts func(i int) bool) error {
	var won []uint32
	var at []int32
	f.begin()
	for k := range groups {
		j := k
		if f.last {
			j = len(groups) - 1 - k
		}
		g, i := groups[j], row(rows, j)
		if f.mark[g] == f.update || f.seen.v[g] && !f.last || !counts(i) {
			continue
		}
		f.mark[g], f.seen.v[g] = f.update, true
		won, at = append(won, g), append(at, int32(i))
	}
	if len(won) == 0 {
		return nil
	}
	return f.values.assign(won, v.Array, arrayRows(v, at))
}

func (f *first) begin() {
	if n := len(f.seen.v); n > len(f.mark) {
		f.mark = append(f.mark, make([]uint32, n-len(f.mark))...)
	}
	if f.update++; f.update == 0 { // after 2^32 updates
		clear(f.mark)
		f.update = 1
	}
}

func (f *first) StateTypes() []arrow.DataType {
	return []arrow.DataType{f.arrowArg(0), arrow.FixedWidthTypes.Boolean}
}

func (f *first) State(groups []uint32) ([]arrow.Array, error) {
	seen := newBitset(len(groups))
	for j, g := range groups {
		seen.put(j, f.seen.v[g])
	}
	values, err := f.values.gather(groups)
	return []arrow.Array{values, newArray(arrow.FixedWidthTypes.Boolean, len(groups), nil, seen)}, err
}

func (f *first) Merge(groups []uint32, state []arrow.Array) error {
	return f.pick(groups, kernel.Value{Array: state[0]}, kernel.Rows{N: len(groups)}, boolsOf(state[1]).at)
}

func (f *first) Result(groups []uint32) (arrow.Array, error) { return f.values.gather(groups) }

func (f *first) Bytes() int64 { return f.storage.Bytes() + int64(cap(f.mark))*4 }
