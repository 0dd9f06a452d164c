package operator

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// moments is the accumulator of variances and standard deviations where rows only
// come: Welford's
// count, mean and sum of squared differences, merged as Chan, Golub and LeVeque
// do, which are the formulas of Spark's CentralMomentAgg.
type moments struct {
	storage
	aggregate
	cells[moment]
	finish func(m moment) float64
}

type moment struct{ n, mean, m2 float64 }

func newMoments(finish func(m moment) float64) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if a.retract {
			return newSums(1, 2, twoPowers, func(m sumsOf) (float64, bool) {
				f := finish(moment{n: m.n, m2: m.squares(0, 0, 1).value()})
				return f, f != notDefined
			})(a)
		}
		if k := numberKind(a.args, a.result); k != floatNumber && k != exactNumber {
			return nil, a.errorf("it takes a double, not %s", typeNames(a.args))
		}
		m := &moments{aggregate: a, finish: finish}
		m.storage = storage{&m.cells}
		return m, nil
	}
}

func varPop(m moment) float64 { return m.m2 / m.n }

// varSamp is null for one value, as Spark has it since 3.1.
func varSamp(m moment) float64 {
	if m.n < 2 {
		return notDefined
	}
	return m.m2 / (m.n - 1)
}

// notDefined is a value that no variance can be.
const notDefined = -1

func stddevPop(m moment) float64 { return math.Sqrt(varPop(m)) }

func stddevSamp(m moment) float64 {
	if m.n < 2 {
		return notDefined
	}
	return math.Sqrt(varSamp(m))
}

func (m *moments) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := m.additive(rows, changes); err != nil {
		return err
	}
	vals := doublesOf(args[0].Array)
	eachValue(groups, args[0], rows, nil, func(g uint32, i int, _ int64) {
		c, x := &m.v[g], vals[i]
		c.n++
		delta := x - c.mean
		c.mean += delta / c.n
		c.m2 += delta * (x - c.mean)
	})
	return nil
}

func (m *moments) StateTypes() []arrow.DataType {
	f := arrow.PrimitiveTypes.Float64
	return []arrow.DataType{f, f, f}
}

func (m *moments) State(groups []uint32) ([]arrow.Array, error) {
	n, mean, m2 := make([]float64, len(groups)), make([]float64, len(groups)), make([]float64, len(groups))
	for j, g := range groups {
		n[j], mean[j], m2[j] = m.v[g].n, m.v[g].mean, m.v[g].m2
	}
	f := arrow.PrimitiveTypes.Float64
	return []arrow.Array{newFixed(f, n, nil), newFixed(f, mean, nil), newFixed(f, m2, nil)}, nil
}

func (m *moments) Merge(groups []uint32, state []arrow.Array) error {
	n, mean, m2 := batch.Values[float64](state[0]), batch.Values[float64](state[1]), batch.Values[float64](state[2])
	for j, g := range groups {
		a, b := &m.v[g], moment{n[j], mean[j], m2[j]}
		switch {
		case a.n == 0:
			*a = b
		case b.n > 0:
			sum, delta := a.n+b.n, b.mean-a.mean
			a.m2 += b.m2 + delta*delta*a.n*b.n/sum
			a.mean += delta * b.n / sum
			a.n = sum
		}
	}
	return nil
}

func (m *moments) Result(groups []uint32) (arrow.Array, error) {
	out, valid := make([]float64, len(groups)), newBitset(len(groups))
	for j, g := range groups {
		if c := m.v[g]; c.n > 0 {
			out[j] = m.finish(c)
			valid.put(j, out[j] != notDefined)
		}
	}
	return newFixed(arrow.PrimitiveTypes.Float64, out, valid), nil
}
