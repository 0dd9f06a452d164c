package operator

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// bitwise is the accumulator of bit_and, bit_or and bit_xor. Where rows only come it
// keeps the result; where they are taken back, how many values have each bit.
// Lane 0 is the number of values, the next 64, or the next one, are the bits.
type bitwise struct {
	storage
	aggregate
	lanes[int64]
	op bitOp
}

type bitOp int

const (
	bitAnd bitOp = iota
	bitOr
	bitXor
)

func newBitAnd(a aggregate) (Accumulator, error) { return newBitwise(a, bitAnd) }
func newBitOr(a aggregate) (Accumulator, error)  { return newBitwise(a, bitOr) }
func newBitXor(a aggregate) (Accumulator, error) { return newBitwise(a, bitXor) }

func newBitwise(a aggregate, op bitOp) (Accumulator, error) {
	if len(a.args) != 1 || numberKind(a.args, a.result) != exactNumber {
		return nil, a.errorf("it takes an integer, not %s", typeNames(a.args))
	}
	b := &bitwise{aggregate: a, op: op}
	b.width = 2
	if b.counted() {
		b.width = 1 + 64
	}
	b.storage = storage{&b.lanes}
	return b, nil
}

// counted tells whether bits are counted: xor is its own inverse.
func (b *bitwise) counted() bool { return b.retract && b.op != bitXor }

func (b *bitwise) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if !b.retract {
		if err := b.additive(rows, changes); err != nil {
			return err
		}
	}
	if args[0].Array.DataType().ID() == arrow.NULL {
		return nil
	}
	at := orderedWords(args[0].Array)
	counted := b.counted()
	eachValue(groups, args[0], rows, changes, func(g uint32, i int, change int64) {
		to, x := b.of(g), at(i)
		if !counted {
			b.fold(to, x, change)
			return
		}
		to[0] += change
		for k := range 64 {
			to[1+k] += change * (x >> k & 1)
		}
	})
	return nil
}

// fold takes in a value, or the fold of n of them.
func (b *bitwise) fold(to []int64, x, n int64) {
	switch {
	case b.op == bitXor:
		to[1] ^= x
	case n == 0:
		return
	case b.op == bitOr:
		to[1] |= x
	case to[0] == 0:
		to[1] = x
	default:
		to[1] &= x
	}
	to[0] += n
}

func (b *bitwise) StateTypes() []arrow.DataType {
	if b.counted() {
		return []arrow.DataType{arrow.BinaryTypes.Binary}
	}
	return same(arrow.PrimitiveTypes.Int64, b.width)
}

func (b *bitwise) State(groups []uint32) ([]arrow.Array, error) {
	if b.counted() {
		a, err := gatherTexts(arrow.BinaryTypes.Binary, len(groups), nil, func(j int) []byte { return batch.Bytes(b.of(groups[j])) })
		return []arrow.Array{a}, err
	}
	return b.columns(arrow.PrimitiveTypes.Int64, groups), nil
}

func (b *bitwise) Merge(groups []uint32, state []arrow.Array) error {
	if !b.counted() {
		n, x := batch.Values[int64](state[0]), batch.Values[int64](state[1])
		for j, g := range groups {
			b.fold(b.of(g), x[j], n[j])
		}
		return nil
	}
	offsets, data := batch.Texts(state[0])
	for j, g := range groups {
		to := b.of(g)
		for k, from := 0, data[offsets[j]:offsets[j+1]]; k < b.width; k++ {
			to[k] += int64(binary.LittleEndian.Uint64(from[8*k:]))
		}
	}
	return nil
}

func (b *bitwise) Result(groups []uint32) (arrow.Array, error) {
	out, valid := make([]int64, len(groups)), newBitset(len(groups))
	for j, g := range groups {
		v := b.of(g)
		if valid.put(j, v[0] > 0); v[0] <= 0 {
			continue
		}
		if out[j] = v[1]; !b.counted() {
			continue
		}
		out[j] = 0
		for k, n := range v[1:] {
			if b.op == bitOr && n > 0 || b.op == bitAnd && n == v[0] {
				out[j] |= 1 << k
			}
		}
	}
	return narrowed(b.result, out, valid), nil
}

// narrowed builds a column of one of the integer types.
func narrowed(t types.Type, vals []int64, valid bitset) arrow.Array {
	dt := types.ToArrow(t)
	switch t {
	case types.Byte:
		return newFixed(dt, convert[int8](vals), valid)
	case types.Short:
		return newFixed(dt, convert[int16](vals), valid)
	case types.Int:
		return newFixed(dt, convert[int32](vals), valid)
	}
	return newFixed(dt, vals, valid)
}

func convert[T int8 | int16 | int32](vals []int64) []T {
	out := make([]T, len(vals))
	for i, v := range vals {
		out[i] = T(v)
	}
	return out
}
