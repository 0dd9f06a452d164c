package kernel

import (
	"math"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// mixer is a hash function: each method adds a value to the hash so far.
type mixer struct {
	i32   func(v uint32, seed uint64) uint64
	i64   func(v, seed uint64) uint64
	bytes func(b []byte, seed uint64) uint64
}

// hashKernels hash values of any types, as Spark does: a null leaves the hash
// as it is, a list or a struct is hashed part by part.
func hashKernels() map[string]Maker {
	return map[string]Maker{
		"hash":     always(hashFunc(murmur3, arrowInt)),
		"xxhash64": always(hashFunc(xxh64, arrowLong)),
	}
}

const hashSeed = 42

func hashFunc(m mixer, dt arrow.DataType) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		hashers := make([]rowHasher, len(args))
		for k, v := range args {
			hashers[k] = newRowHasher(v.Array, m)
		}
		out := make([]int64, rows.N)
		_ = each(rows, noNulls(rows.N), func(i int) error {
			h := uint64(hashSeed)
			for k, v := range args {
				h = hashers[k](v.At(i), h)
			}
			out[i] = int64(h)
			return nil
		})
		if dt == arrowLong {
			return Value{Array: newFixed(dt, out, noNulls(rows.N))}, nil
		}
		short := make([]int32, rows.N)
		for i, h := range out {
			short[i] = int32(h)
		}
		return Value{Array: newFixed(dt, short, noNulls(rows.N))}, nil
	}
}

// rowHasher adds row i to the hash so far.
type rowHasher func(i int, seed uint64) uint64

func newRowHasher(a arrow.Array, m mixer) rowHasher {
	missing, hash := nullsOfArray(a), valueHasher(a, m)
	return func(i int, seed uint64) uint64 {
		if missing.at(i) {
			return seed
		}
		return hash(i, seed)
	}
}

func valueHasher(a arrow.Array, m mixer) rowHasher {
	switch a := a.(type) {
	case *array.Boolean:
		in := boolsOf(a)
		return func(i int, seed uint64) uint64 { return m.i32(uint32(b2u(in.at(i))), seed) }
	case *array.Int8:
		return intHasher(values[int8](a), m)
	case *array.Int16:
		return intHasher(values[int16](a), m)
	case *array.Int32, *array.Date32:
		return intHasher(values[int32](a), m)
	case *array.Int64, *array.Timestamp:
		in := values[int64](a)
		return func(i int, seed uint64) uint64 { return m.i64(uint64(in[i]), seed) }
	case *array.Float32:
		in := values[float32](a)
		return func(i int, seed uint64) uint64 { return m.i32(floatBits(in[i]), seed) }
	case *array.Float64:
		in := values[float64](a)
		return func(i int, seed uint64) uint64 { return m.i64(doubleBits(in[i]), seed) }
	case *array.Decimal128:
		return decimalHasher(a, m)
	case *array.String, *array.Binary:
		in := textsOf(a)
		return func(i int, seed uint64) uint64 { return m.bytes(in.bytes(i), seed) }
	case *array.MonthDayNanoInterval:
		in := values[arrow.MonthDayNanoInterval](a)
		return func(i int, seed uint64) uint64 {
			v := in[i]
			return m.i32(uint32(v.Months), m.i32(uint32(v.Days), m.i64(uint64(v.Nanoseconds/1000), seed)))
		}
	}
	return nestedHasher(a, m)
}

func nestedHasher(a arrow.Array, m mixer) rowHasher {
	switch a := a.(type) {
	case *array.List:
		elems, offsets := newRowHasher(a.ListValues(), m), a.Offsets()[a.Data().Offset():]
		return func(i int, seed uint64) uint64 {
			for e := offsets[i]; e < offsets[i+1]; e++ {
				seed = elems(int(e), seed)
			}
			return seed
		}
	case *array.Struct:
		fields := make([]rowHasher, a.NumField())
		for k := range fields {
			fields[k] = newRowHasher(a.Field(k), m)
		}
		return func(i int, seed uint64) uint64 {
			for _, f := range fields {
				seed = f(i, seed)
			}
			return seed
		}
	}
	return func(_ int, seed uint64) uint64 { return seed } // void
}

func intHasher[T int8 | int16 | int32](in []T, m mixer) rowHasher {
	return func(i int, seed uint64) uint64 { return m.i32(uint32(int32(in[i])), seed) }
}

// floatBits are the bits of a float, the same for both zeros and for all NaNs.
func floatBits(f float32) uint32 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return 0x7fc00000
	}
	return math.Float32bits(f)
}

func doubleBits(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return 0x7ff8000000000000
	}
	return math.Float64bits(f)
}

// decimalHasher hashes up to 18 digits as a long, more as the bytes of the
// number in two's complement, the highest first.
func decimalHasher(a *array.Decimal128, m mixer) rowHasher {
	in := values[decimal128.Num](a)
	if a.DataType().(*arrow.Decimal128Type).Precision <= 18 {
		return func(i int, seed uint64) uint64 { return m.i64(in[i].LowBits(), seed) }
	}
	return func(i int, seed uint64) uint64 { return m.bytes(twosComplement(in[i].BigInt()), seed) }
}

func twosComplement(n *big.Int) []byte {
	size := n.BitLen()/8 + 1
	if n.Sign() >= 0 {
		return n.FillBytes(make([]byte, size))
	}
	if below := new(big.Int).Not(n); below.BitLen()/8+1 < size {
		size--
	}
	all := new(big.Int).Lsh(big.NewInt(1), uint(8*size))
	return all.Add(all, n).FillBytes(make([]byte, size))
}
