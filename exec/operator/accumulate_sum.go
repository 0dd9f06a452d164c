package operator

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// newSum returns the accumulator of sum: null where a group has no value. A sum
// of integers is gathered in 128 bits and checked in the end, so that it does
// not depend on the order whether it overflows.
func newSum(a aggregate) (Accumulator, error) {
	switch kind := numberKind(a.args, a.result); kind {
	case exactNumber:
		return newTotal(a, addIntegers(a.args[0]), longState{}, finishLongSum), nil
	case floatNumber:
		if a.retract {
			return newDoubleTotal(a, false), nil
		}
		return newTotal(a, addDoubles, doubleState{}, finishDoubleSum), nil
	case decimalNumber:
		return newTotal(a, addDecimals, decimalState{}, finishDecimalSum), nil
	}
	return nil, a.errorf("it takes a number, not %s", typeNames(a.args))
}

// newAvg returns the accumulator of avg: null where a group has no value.
func newAvg(a aggregate) (Accumulator, error) {
	switch numberKind(a.args, a.args0()) {
	case exactNumber:
		return newTotal(a, addIntegers(a.args[0]), longState{}, finishLongAvg), nil
	case floatNumber:
		if a.retract {
			return newDoubleTotal(a, true), nil
		}
		return newTotal(a, addDoubles, doubleState{}, finishDoubleAvg), nil
	case decimalNumber:
		return newTotal(a, addDecimals, decimalState{}, finishDecimalAvg), nil
	}
	return nil, a.errorf("it takes a number, not %s", typeNames(a.args))
}

type kind int

const (
	notNumber kind = iota
	exactNumber
	floatNumber
	decimalNumber
)

// numberKind says how to add the values of one argument to a result.
func numberKind(args []types.Type, result types.Type) kind {
	if len(args) != 1 {
		return notNumber
	}
	if _, ok := args[0].(types.Decimal); ok {
		return decimalNumber
	}
	switch args[0] {
	case types.Byte, types.Short, types.Int, types.Long, types.Void:
		if result == types.Double {
			return floatNumber
		}
		return exactNumber
	case types.Float, types.Double:
		return floatNumber
	}
	return notNumber
}

func (a aggregate) args0() types.Type {
	if len(a.args) == 0 {
		return nil
	}
	return a.args[0]
}

func typeNames(list []types.Type) string {
	s := ""
	for i, t := range list {
		if i > 0 {
			s += ", "
		}
		s += t.Name()
	}
	return s
}

// int128 is a sum of integers.
type int128 struct {
	lo uint64
	hi int64
}

func (x int128) add(y int128) int128 {
	lo, carry := bits.Add64(x.lo, y.lo, 0)
	return int128{lo, x.hi + y.hi + int64(carry)}
}

func (x int128) plus(v int64) int128 { return x.add(int128{uint64(v), v >> 63}) }

func (x int128) num() decimal128.Num { return decimal128.New(x.hi, x.lo) }

// fits tells whether x is a bigint.
func (x int128) fits() bool { return x.hi == int64(x.lo)>>63 }

// tally is a sum and how many values are in it.
type tally[S any] struct {
	sum S
	n   int64
}

// total is the accumulator of sum and avg.
type total[S any] struct {
	storage
	aggregate
	cells[tally[S]]
	add    func(t *total[S], groups []uint32, v kernel.Value, rows kernel.Rows, changes []int8) error
	state  totalState[S]
	finish func(t *total[S], groups []uint32) (arrow.Array, error)
}

// totalState turns sums into a column and back.
type totalState[S any] interface {
	dataType() arrow.DataType
	column(list []tally[S]) arrow.Array
	merge(into *S, column arrow.Array, j int) (ok bool)
}

func newTotal[S any](a aggregate, add func(*total[S], []uint32, kernel.Value, kernel.Rows, []int8) error,
	state totalState[S], finish func(*total[S], []uint32) (arrow.Array, error)) Accumulator {
	t := &total[S]{aggregate: a, add: add, state: state, finish: finish}
	t.storage = storage{&t.cells}
	return t
}

func (t *total[S]) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if args[0].Array.DataType().ID() == arrow.NULL {
		return nil
	}
	return t.add(t, groups, args[0], rows, changes)
}

func (t *total[S]) StateTypes() []arrow.DataType {
	return []arrow.DataType{t.state.dataType(), arrow.PrimitiveTypes.Int64}
}

func (t *total[S]) State(groups []uint32) ([]arrow.Array, error) {
	list := t.take(groups)
	n := make([]int64, len(list))
	for j := range list {
		n[j] = list[j].n
	}
	return []arrow.Array{t.state.column(list), newFixed(arrow.PrimitiveTypes.Int64, n, nil)}, nil
}

func (t *total[S]) Merge(groups []uint32, state []arrow.Array) error {
	n := batch.Values[int64](state[1])
	for j, g := range groups {
		c := &t.v[g]
		if c.n += n[j]; !t.state.merge(&c.sum, state[0], j) {
			return t.overflow()
		}
	}
	return nil
}

func (t *total[S]) Result(groups []uint32) (arrow.Array, error) { return t.finish(t, groups) }

// overflow is the error for a sum that its type cannot hold.
func (t *total[S]) overflow() error {
	fix := "cast its argument to decimal(38,0)"
	if _, ok := t.args[0].(types.Decimal); ok {
		fix = "cast its argument to a decimal of fewer digits or to double"
	}
	return t.errorf("the sum of a group is out of the range of %s; %s", t.result.Name(), fix)
}

// eachValue calls f for the selected rows that are not null: with the group, the
// row in the array, and the change.
func eachValue(groups []uint32, v kernel.Value, rows kernel.Rows, changes []int8, f func(g uint32, i int, change int64)) {
	valid := validArg(v)
	for j, g := range groups {
		i := row(rows, j)
		if valid.row(i) {
			f(g, i&valid.index, changeOf(changes, i))
		}
	}
}

// addIntegers returns what adds a column of one of the integer types.
func addIntegers(t types.Type) func(*total[int128], []uint32, kernel.Value, kernel.Rows, []int8) error {
	switch t {
	case types.Byte:
		return addInts[int8]
	case types.Short:
		return addInts[int16]
	case types.Int:
		return addInts[int32]
	}
	return addInts[int64]
}

func addInts[T int8 | int16 | int32 | int64](t *total[int128], groups []uint32, v kernel.Value, rows kernel.Rows, changes []int8) error {
	vals := batch.Values[T](v.Array)
	if rows.Sel == nil && changes == nil && !v.Const && v.Array.NullN() == 0 {
		for j, g := range groups {
			c := &t.v[g]
			c.sum, c.n = c.sum.plus(int64(vals[j])), c.n+1
		}
		return nil
	}
	eachValue(groups, v, rows, changes, func(g uint32, i int, change int64) {
		c, x := &t.v[g], int64(vals[i])
		if c.n += change; change > 0 {
			c.sum = c.sum.plus(x)
		} else {
			c.sum = c.sum.add(int128{^uint64(x), ^(x >> 63)}).plus(1)
		}
	})
	return nil
}

// addDoubles adds in the order of the rows, which only come.
func addDoubles(t *total[float64], groups []uint32, v kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := t.additive(rows, changes); err != nil {
		return err
	}
	vals := doublesOf(v.Array)
	eachValue(groups, v, rows, nil, func(g uint32, i int, _ int64) {
		c := &t.v[g]
		c.sum, c.n = c.sum+vals[i], c.n+1
	})
	return nil
}

// doublesOf returns a numeric column as doubles.
func doublesOf(a arrow.Array) []float64 {
	switch a.DataType().ID() {
	case arrow.FLOAT64:
		return batch.Values[float64](a)
	case arrow.FLOAT32:
		return toDoubles(batch.Values[float32](a))
	case arrow.INT8:
		return toDoubles(batch.Values[int8](a))
	case arrow.INT16:
		return toDoubles(batch.Values[int16](a))
	case arrow.INT32:
		return toDoubles(batch.Values[int32](a))
	case arrow.INT64:
		return toDoubles(batch.Values[int64](a))
	}
	return make([]float64, a.Len())
}

func toDoubles[T int8 | int16 | int32 | int64 | float32](in []T) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(v)
	}
	return out
}

func addDecimals(t *total[decimal128.Num], groups []uint32, v kernel.Value, rows kernel.Rows, changes []int8) (err error) {
	vals := batch.Values[decimal128.Num](v.Array)
	eachValue(groups, v, rows, changes, func(g uint32, i int, change int64) {
		c, x := &t.v[g], vals[i]
		if change < 0 {
			x = x.Negate()
		}
		sum, ok := addChecked(c.sum, x)
		if c.sum, c.n = sum, c.n+change; !ok {
			err = t.overflow()
		}
	})
	return err
}

// addChecked tells whether the sum fits in 128 bits.
func addChecked(a, b decimal128.Num) (decimal128.Num, bool) {
	sum := a.Add(b)
	return sum, a.Sign() != b.Sign() || sum.Sign() == a.Sign() || sum.Sign() == 0 && a.Sign() == 0
}

// bigOf returns a decimal's digits.
func bigOf(n decimal128.Num) *big.Int { return n.BigInt() }
