package operator

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// newMedian is percentile at one half.
func newMedian(a aggregate) (Accumulator, error) {
	if len(a.args) != 1 {
		return nil, a.errorf("it takes one argument, not %d", len(a.args))
	}
	return newPercentiles(a, []float64{0.5}, false)
}

// newPercentile interpolates between the two nearest values.
func newPercentile(a aggregate) (Accumulator, error) {
	if len(a.args) < 2 || len(a.args) > 3 {
		return nil, a.errorf("it takes a value, a share and how often the value counts, not %d arguments", len(a.args))
	}
	shares, list, err := a.shares()
	if err != nil {
		return nil, err
	}
	return newPercentiles(a, shares, list)
}

func newPercentiles(a aggregate, shares []float64, list bool) (Accumulator, error) {
	if a.args[0] != types.Double {
		return nil, a.errorf("it takes a double, not %s", a.args[0].Name())
	}
	b, err := newByRank(a, 1, func(b *byRank, groups []uint32) (arrow.Array, error) {
		return shared(b, groups, len(shares), list, func(groups []uint32, k int) (arrow.Array, error) {
			return b.interpolated(groups, shares[k])
		})
	})
	if err != nil {
		return nil, err
	}
	if len(a.args) == 3 {
		b.times = 2
	}
	return b, nil
}

// newApproxPercentile gives values that are there, exactly: the least one that
// is not below the given share of all.
func newApproxPercentile(a aggregate) (Accumulator, error) {
	if len(a.args) < 2 || len(a.args) > 3 {
		return nil, a.errorf("it takes a value, a share and an accuracy, not %d arguments", len(a.args))
	}
	shares, list, err := a.shares()
	if err != nil {
		return nil, err
	}
	return newByRank(a, 1, func(b *byRank, groups []uint32) (arrow.Array, error) {
		return shared(b, groups, len(shares), list, func(groups []uint32, k int) (arrow.Array, error) {
			return b.pick(groups, 0, func(g uint32) (uint32, bool) {
				n := b.total(g)
				if n <= 0 {
					return 0, false
				}
				return b.at(g, max(int64(math.Ceil(shares[k]*float64(n)))-1, 0)), true
			})
		})
	})
}

// shares are the constants of a percentile, and whether they are an array.
func (a aggregate) shares() (list []float64, array bool, err error) {
	all, array := a.consts[1].([]any)
	if !array {
		all = []any{a.consts[1]}
	}
	for _, c := range all {
		f, ok := asFloat(c)
		if n, is := asInt(c); is {
			f, ok = float64(n), true
		}
		if !ok || !(f >= 0 && f <= 1) {
			return nil, array, a.errorf("its second argument must be a constant between 0 and 1, or an array of them")
		}
		list = append(list, f)
	}
	return list, array, nil
}

// shared builds one column for one share, or arrays of n values: null where the
// group has none.
func shared(b *byRank, groups []uint32, n int, list bool, value func(groups []uint32, k int) (arrow.Array, error)) (arrow.Array, error) {
	if !list {
		return value(groups, 0)
	}
	var full []uint32
	valid, offsets := newBitset(len(groups)), make([]int32, len(groups)+1)
	for j, g := range groups {
		if offsets[j+1] = offsets[j]; b.total(g) > 0 {
			valid.set(j)
			offsets[j+1] += int32(n)
			full = append(full, g)
		}
	}
	dt := types.ToArrow(b.result).(*arrow.ListType)
	if len(full) == 0 || n == 0 {
		return nullableList(dt, valid, offsets, newNulls(dt.Elem(), 0)), nil
	}
	columns := make([]arrow.Array, n)
	for k := range n {
		var err error
		if columns[k], err = value(full, k); err != nil {
			return nil, err
		}
	}
	all, err := kernel.Concat(columns)
	if err != nil {
		return nil, err
	}
	rows := make([]int32, 0, n*len(full))
	for j := range full {
		for k := range n {
			rows = append(rows, int32(k*len(full)+j))
		}
	}
	elems, err := kernel.Take(all, rows)
	return nullableList(dt, valid, offsets, elems), err
}

// interpolated is the value at a share of the way from the first to the last.
func (b *byRank) interpolated(groups []uint32, share float64) (arrow.Array, error) {
	low, high := make([]uint32, 0, len(groups)), make([]uint32, 0, len(groups))
	weight, valid := make([]float64, len(groups)), newBitset(len(groups))
	for j, g := range groups {
		n := b.total(g)
		if n <= 0 {
			continue
		}
		at := share * float64(n-1)
		from := math.Floor(at)
		weight[j] = at - from
		valid.set(j)
		low, high = append(low, b.tupleOf(b.at(g, int64(from)))), append(high, b.tupleOf(b.at(g, int64(math.Ceil(at)))))
	}
	x, err := b.doubles(low)
	if err != nil {
		return nil, err
	}
	y, err := b.doubles(high)
	if err != nil {
		return nil, err
	}
	out, k := make([]float64, len(groups)), 0
	for j := range groups {
		if (bitmap{valid, 0}).at(j) {
			if out[j] = x[k]; x[k] != y[k] {
				out[j] = (1-weight[j])*x[k] + weight[j]*y[k]
			}
			k++
		}
	}
	return newFixed(arrow.PrimitiveTypes.Float64, out, valid), nil
}

func (b *byRank) doubles(tuples []uint32) ([]float64, error) {
	cols, err := b.tuples.Keys(tuples)
	if err != nil || len(tuples) == 0 {
		return nil, err
	}
	return batch.Values[float64](cols[0]), nil
}

// frequencies says by row how often it counts: null not at all.
func (b *byRank) frequencies(v kernel.Value, rows kernel.Rows) ([]int64, error) {
	b.rounds = resize(b.rounds, rows.N)
	if v.Array.DataType().ID() == arrow.NULL {
		clear(b.rounds)
		return b.rounds, nil
	}
	vals, valid := batch.Values[int64](v.Array), validArg(v)
	for j := range rows.Count() {
		i := row(rows, j)
		b.rounds[i] = 0
		if valid.row(i) {
			b.rounds[i] = vals[i&valid.index]
		}
		if b.rounds[i] < 0 {
			return nil, b.errorf("a row counts %d times; make the third argument at least 0", b.rounds[i])
		}
	}
	return b.rounds, nil
}
