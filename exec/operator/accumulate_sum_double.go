package operator

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// doubleTotal is the accumulator of sum and avg of doubles that may be taken
// back: what a value added and rounding would have lost is kept beside the sum,
// and values that no sum recovers from are counted. Lanes: values, NaN, infinite,
// negative infinite, and the sum of the others.
type doubleTotal struct {
	storage
	aggregate
	lanes[float64]
	mean bool
}

const (
	laneN = iota
	laneNaN
	laneInf
	laneNegInf
	laneSum
)

func newDoubleTotal(a aggregate, mean bool) Accumulator {
	t := &doubleTotal{aggregate: a, mean: mean}
	t.width = laneSum + 2
	t.storage = storage{&t.lanes}
	return t
}

func (t *doubleTotal) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if args[0].Array.DataType().ID() == arrow.NULL {
		return nil
	}
	vals := doublesOf(args[0].Array)
	eachValue(groups, args[0], rows, changes, func(g uint32, i int, change int64) {
		to, x, n := t.of(g), vals[i], float64(change)
		to[laneN] += n
		switch {
		case x != x:
			to[laneNaN] += n
		case math.IsInf(x, 1):
			to[laneInf] += n
		case math.IsInf(x, -1):
			to[laneNegInf] += n
		default:
			addTo(to[laneSum:], double2{hi: n * x})
		}
	})
	return nil
}

func (t *doubleTotal) StateTypes() []arrow.DataType {
	return same(arrow.PrimitiveTypes.Float64, t.width)
}

func (t *doubleTotal) State(groups []uint32) ([]arrow.Array, error) {
	return t.columns(arrow.PrimitiveTypes.Float64, groups), nil
}

func (t *doubleTotal) Merge(groups []uint32, state []arrow.Array) error {
	mergeSums(&t.lanes, laneSum, groups, state)
	return nil
}

func (t *doubleTotal) Result(groups []uint32) (arrow.Array, error) {
	out, valid := make([]float64, len(groups)), newBitset(len(groups))
	for j, g := range groups {
		v := t.of(g)
		if v[laneN] <= 0 {
			continue
		}
		valid.set(j)
		if out[j] = v[laneSum] + v[laneSum+1]; math.IsInf(v[laneSum], 0) {
			out[j] = v[laneSum] // it overflowed
		}
		if t.mean {
			out[j] /= v[laneN]
		}
		switch {
		case v[laneNaN] > 0 || v[laneInf] > 0 && v[laneNegInf] > 0:
			out[j] = math.NaN()
		case v[laneInf] > 0:
			out[j] = math.Inf(1)
		case v[laneNegInf] > 0:
			out[j] = math.Inf(-1)
		}
	}
	return newFixed(arrow.PrimitiveTypes.Float64, out, valid), nil
}
