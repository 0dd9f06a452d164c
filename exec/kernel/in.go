package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// rangeKernels are IN and BETWEEN.
func rangeKernels() map[string]Maker {
	return map[string]Maker{"in": in, "between": between}
}

func between(call *expr.Call) (Func, error) {
	t := call.Args[0].Type()
	low, err := comparer(t, comparisons[">="])
	if err != nil {
		return nil, err
	}
	high, err := comparer(t, comparisons["<="])
	if err != nil {
		return nil, err
	}
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		x, err := low(args[0], args[1], rows)
		if err != nil {
			return Value{}, err
		}
		y, err := high(args[0], args[2], rows)
		if err != nil {
			return Value{}, err
		}
		a := tristate{x, nullsOf(args[:2], rows)}
		b := tristate{y, nullsOf([]Value{args[0], args[2]}, rows)}
		return Value{Array: merge(a, b, Rows{N: rows.N}, rows, false)}, nil
	}, nil
}

// manyValues is how long a list of constants must be for a set to pay.
const manyValues = 16

// in compares with one value of the list after the other, or looks the value up
// in a set of many constants.
func in(call *expr.Call) (Func, error) {
	t := call.Args[0].Type()
	equal, err := comparer(t, comparison{op: '='})
	if err != nil {
		return nil, err
	}
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		list := args[1:]
		if found := lookup(t); found != nil && len(list) >= manyValues && allConst(list) && !args[0].Const {
			out, anyNull := found(args[0].Array, list, rows)
			return Value{Array: listResult(out, nullsOf(args[:1], rows), anyNull, rows)}, nil
		}
		found := make([]byte, (rows.N+7)/8)
		unsure := noNulls(rows.N)
		for _, item := range list {
			bits, err := equal(args[0], item, rows)
			if err != nil {
				return Value{}, err
			}
			m := nullsOf([]Value{args[0], item}, rows)
			for i, w := range bits {
				found[i] |= w & m.word8(i)
			}
			unsure = unsure.and(m)
		}
		return Value{Array: newBools(found, rows.N, unsure.orBits(found))}, nil
	}, nil
}

// orBits makes the rows whose bit is set not null.
func (m nulls) orBits(bits []byte) nulls {
	if m.bits == nil {
		return m
	}
	out := make([]byte, len(bits))
	for i := range out {
		out[i] = m.bits[i] | bits[i]
	}
	return nulls{out, m.n, true}
}

// listResult is the answer where a list may hold a null: not found is then null.
func listResult(found []byte, m nulls, anyNull bool, rows Rows) arrow.Array {
	if anyNull {
		m = allNull(rows.N)
		copy(m.bits, found)
	}
	return newBools(found, rows.N, m)
}

func allConst(list []Value) bool {
	for _, v := range list {
		if !v.Const {
			return false
		}
	}
	return true
}

// lookup returns a search in a set for the types that have one: the bits of
// found rows, none of them null, and whether a null is in the list.
func lookup(t types.Type) func(a arrow.Array, list []Value, rows Rows) ([]byte, bool) {
	switch t {
	case types.String, types.Binary:
		return func(a arrow.Array, list []Value, rows Rows) ([]byte, bool) {
			x := textsOf(a)
			return search(a, list, rows, func(v arrow.Array) string { return textsOf(v).at(0) }, x.at)
		}
	case types.Int, types.Date:
		return searchIntegers[int32]
	case types.Long, types.Timestamp, types.TimestampNTZ:
		return searchIntegers[int64]
	}
	return nil
}

func searchIntegers[T integer](a arrow.Array, list []Value, rows Rows) ([]byte, bool) {
	x := values[T](a)
	return search(a, list, rows, func(v arrow.Array) T { return values[T](v)[0] }, func(i int) T { return x[i] })
}

func search[K string | int8 | int16 | int32 | int64](a arrow.Array, list []Value, rows Rows, key func(arrow.Array) K, at func(int) K) ([]byte, bool) {
	set, anyNull := make(map[K]struct{}, len(list)), false
	for _, v := range list {
		if isNull(v.Array, 0) {
			anyNull = true
		} else {
			set[key(v.Array)] = struct{}{}
		}
	}
	out := newBoolBuilder(rows.N)
	_ = each(rows, nullsOfArray(a), func(i int) error {
		_, ok := set[at(i)]
		out.set(i, ok)
		return nil
	})
	return out.bits, anyNull
}
