package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// votes is the accumulator of count_if, bool_and and bool_or: how many values
// are true and how many false, so that a value can be taken back.
type votes struct {
	storage
	yes, no cells[int64]
	finish  func(yes, no int64) (value int64, null bool)
	result  arrow.DataType
}

func newVotes(a aggregate, finish func(yes, no int64) (int64, bool)) (Accumulator, error) {
	if len(a.args) != 1 || a.args[0] != types.Boolean && a.args[0] != types.Void {
		return nil, a.errorf("it takes a boolean, not %s", typeNames(a.args))
	}
	v := &votes{finish: finish, result: types.ToArrow(a.result)}
	v.storage = storage{&v.yes, &v.no}
	return v, nil
}

func newCountIf(a aggregate) (Accumulator, error) {
	return newVotes(a, func(yes, _ int64) (int64, bool) { return yes, false })
}

func newBoolAnd(a aggregate) (Accumulator, error) {
	return newVotes(a, func(yes, no int64) (int64, bool) { return int64(b2i(no == 0)), yes+no == 0 })
}

func newBoolOr(a aggregate) (Accumulator, error) {
	return newVotes(a, func(yes, no int64) (int64, bool) { return int64(b2i(yes > 0)), yes+no == 0 })
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (v *votes) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	vals := bitmap{}
	if args[0].Array.DataType().ID() == arrow.BOOL {
		vals = boolsOf(args[0].Array)
	}
	eachValue(groups, args[0], rows, changes, func(g uint32, i int, change int64) {
		if vals.at(i) {
			v.yes.v[g] += change
		} else {
			v.no.v[g] += change
		}
	})
	return nil
}

func (v *votes) StateTypes() []arrow.DataType {
	return []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int64}
}

func (v *votes) State(groups []uint32) ([]arrow.Array, error) {
	return []arrow.Array{newFixed(arrow.PrimitiveTypes.Int64, v.yes.take(groups), nil),
		newFixed(arrow.PrimitiveTypes.Int64, v.no.take(groups), nil)}, nil
}

func (v *votes) Merge(groups []uint32, state []arrow.Array) error {
	yes, no := batch.Values[int64](state[0]), batch.Values[int64](state[1])
	for j, g := range groups {
		v.yes.v[g] += yes[j]
		v.no.v[g] += no[j]
	}
	return nil
}

func (v *votes) Result(groups []uint32) (arrow.Array, error) {
	out, bits, valid := make([]int64, len(groups)), newBitset(len(groups)), newBitset(len(groups))
	for j, g := range groups {
		value, null := v.finish(v.yes.v[g], v.no.v[g])
		out[j] = value
		bits.put(j, value != 0)
		valid.put(j, !null)
	}
	if v.result.ID() == arrow.BOOL {
		return newArray(v.result, len(groups), valid, bits), nil
	}
	return newFixed(v.result, out, nil), nil
}
