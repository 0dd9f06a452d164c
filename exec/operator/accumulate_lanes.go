package operator

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// lanes is a store of some numbers a group, all of which are added where states
// are merged, and so can be below zero on the way.
type lanes[T any] struct {
	width    int
	v, saved []T
}

func (l *lanes[T]) of(g uint32) []T { return l.v[int(g)*l.width : (int(g)+1)*l.width] }

func (l *lanes[T]) grow(n int) {
	if n *= l.width; n > len(l.v) {
		l.v = append(l.v, make([]T, n-len(l.v))...)
	}
}

func (l *lanes[T]) save(groups []uint32) {
	for _, g := range groups {
		l.saved = append(l.saved, l.of(g)...)
	}
}

func (l *lanes[T]) restore(groups []uint32, n int) {
	for i, g := range groups {
		copy(l.of(g), l.saved[i*l.width:])
	}
	l.v, l.saved = l.v[:min(n*l.width, len(l.v))], l.saved[:0]
}

func (l *lanes[T]) commit() { l.saved = l.saved[:0] }

func (l *lanes[T]) bytes() int64 { return int64(cap(l.v)+cap(l.saved)) * 8 }

// columns returns the lanes of some groups, a column each.
func (l *lanes[T]) columns(dt arrow.DataType, groups []uint32) []arrow.Array {
	out := make([]arrow.Array, l.width)
	for k := range out {
		col := make([]T, len(groups))
		for j, g := range groups {
			col[j] = l.of(g)[k]
		}
		out[k] = newFixed(dt, col, nil)
	}
	return out
}

// same returns a type for each of n columns.
func same(dt arrow.DataType, n int) []arrow.DataType {
	out := make([]arrow.DataType, n)
	for k := range out {
		out[k] = dt
	}
	return out
}

// mergeSums adds columns of states: plain numbers, then from lane sum on double2.
func mergeSums(l *lanes[float64], sum int, groups []uint32, state []arrow.Array) {
	cols := make([][]float64, len(state))
	for k := range cols {
		cols[k] = batch.Values[float64](state[k])
	}
	for j, g := range groups {
		to := l.of(g)
		for k := range sum {
			to[k] += cols[k][j]
		}
		for k := sum; k < l.width; k += 2 {
			addTo(to[k:], double2{cols[k][j], cols[k+1][j]})
		}
	}
}

// addTo adds to a double2 that is kept in two lanes.
func addTo(at []float64, x double2) {
	sum := double2{at[0], at[1]}.plus(x)
	at[0], at[1] = sum.hi, sum.lo
}

// sums is the accumulator of functions of sums of powers and products of one or
// two doubles: it keeps them as double2, so that rows can be taken back. Rows with
// a null are left out. The lanes of a group are the number of rows, those that
// no sum can follow (NaN, infinite, or a power that overflows) and the sums.
type sums struct {
	storage
	aggregate
	lanes[float64]
	terms  func(x, y float64, out []double2) // the terms that a row adds
	finish func(m sumsOf) (float64, bool)    // false is null
	row    []double2                         // scratch
}

// sumsOf are the sums of a group.
type sumsOf struct {
	n   float64
	sum []double2
}

const sumLanes = 2 // before the sums

// newSums returns the accumulator of a function of the given number of doubles.
func newSums(args, terms int, add func(x, y float64, out []double2), finish func(sumsOf) (float64, bool)) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if len(a.args) != args {
			return nil, a.errorf("it takes %d arguments, not %d", args, len(a.args))
		}
		for _, t := range a.args {
			if k := numberKind([]types.Type{t}, types.Double); k != floatNumber {
				return nil, a.errorf("it takes doubles, not %s", typeNames(a.args))
			}
		}
		s := &sums{aggregate: a, terms: add, finish: finish, row: make([]double2, terms)}
		s.width = sumLanes + 2*terms
		s.storage = storage{&s.lanes}
		return s, nil
	}
}

func (s *sums) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	x, mx := doublesOf(args[0].Array), validArg(args[0]).index
	y, my := x, mx
	if len(args) > 1 {
		y, my = doublesOf(args[1].Array), validArg(args[1]).index
	}
	valid := validArgs(args)
	for j, g := range groups {
		i := row(rows, j)
		if !allValid(valid, i) {
			continue
		}
		s.terms(x[i&mx], y[i&my], s.row)
		s.count(s.of(g), float64(changeOf(changes, i)))
	}
	return nil
}

// count adds the terms of one row.
func (s *sums) count(to []float64, change float64) {
	to[0] += change
	for _, t := range s.row {
		if math.IsInf(t.hi, 0) || t.hi != t.hi {
			to[1] += change
			return
		}
	}
	for k, t := range s.row {
		addTo(to[sumLanes+2*k:], double2{change * t.hi, change * t.lo})
	}
}

func (s *sums) StateTypes() []arrow.DataType { return same(arrow.PrimitiveTypes.Float64, s.width) }

func (s *sums) State(groups []uint32) ([]arrow.Array, error) {
	return s.columns(arrow.PrimitiveTypes.Float64, groups), nil
}

func (s *sums) Merge(groups []uint32, state []arrow.Array) error {
	mergeSums(&s.lanes, sumLanes, groups, state)
	return nil
}

func (s *sums) Result(groups []uint32) (arrow.Array, error) {
	out, valid := make([]float64, len(groups)), newBitset(len(groups))
	m := sumsOf{sum: make([]double2, len(s.row))}
	for j, g := range groups {
		from := s.of(g)
		if m.n = from[0]; m.n <= 0 {
			continue
		}
		for k := range m.sum {
			m.sum[k] = double2{from[sumLanes+2*k], from[sumLanes+2*k+1]}
		}
		f, ok := s.finish(m)
		if out[j] = f; from[1] > 0 {
			out[j], ok = math.NaN(), true
		}
		valid.put(j, ok)
	}
	return newFixed(arrow.PrimitiveTypes.Float64, out, valid), nil
}
