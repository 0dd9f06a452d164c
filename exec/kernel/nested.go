package kernel

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// nestedKernels take arrays, maps and structs apart, and make them.
func nestedKernels() map[string]Maker {
	return map[string]Maker{
		"get":                elementMaker(false, true),
		"item":               elementMaker(false, false),
		"element_at":         elementMaker(true, false),
		"try_element_at":     elementMaker(true, true),
		"element_at_or_null": elementMaker(true, false),
		"size":               always(size),
		"array_contains":     always(arrayContains),
		"array":              makeArrayKernel,
		"struct":             makeStruct,
		"named_struct":       makeStruct,
		"map":                makeMap,
		"map_keys":           mapPart(func(m *array.Map) arrow.Array { return m.Keys() }),
		"map_values":         mapPart(func(m *array.Map) arrow.Array { return m.Items() }),
	}
}

// span is the range of a row's elements in those of the whole list or map.
type spans func(i int) (from, to int)

// spansOf returns where the elements of each row of a list or a map lie.
func spansOf(a arrow.Array) spans {
	l := a.(array.ListLike)
	return func(i int) (int, int) {
		from, to := l.ValueOffsets(i)
		return int(from), int(to)
	}
}

// elementMaker picks an element of each row: by number, from one (or from zero),
// or by key of a map. What is beyond the ends is null with try.
func elementMaker(fromOne, try bool) Maker {
	return func(call *expr.Call) (Func, error) {
		if _, is := call.Args[0].Type().(types.Map); is {
			return mapValue, nil
		}
		return func(env *Env, args []Value, rows Rows) (Value, error) {
			list, at := args[0].Array.(*array.List), args[0].index()
			idx, ix, m := values[int32](args[1].Array), args[1].index(), nullsOf(args, rows)
			span, pick := spansOf(list), nowhere(rows.N)
			err := each(rows, m, func(i int) error {
				from, to := span(i & at)
				k, err := place1(int(idx[i&ix]), to-from, fromOne)
				if err != nil && (errors.Is(err, errIndexZero) || !try && env.ANSI) {
					return &RowError{i, err}
				}
				if err == nil {
					pick[i] = int32(from + k)
				}
				return nil
			})
			if err != nil {
				return Value{}, err
			}
			out, err := Take(list.ListValues(), pick)
			return Value{Array: out}, err
		}, nil
	}
}

var errIndexZero = errors.New("[INVALID_INDEX_OF_ZERO] the index 0 is invalid: elements count from 1, or from the end with negative numbers")

// place1 returns the place of an element counted from 0.
func place1(k, n int, fromOne bool) (int, error) {
	if !fromOne {
		if k < 0 || k >= n {
			return 0, fmt.Errorf("[INVALID_ARRAY_INDEX] the index %d is out of bounds; the array has %d elements; use get to get null instead", k, n)
		}
		return k, nil
	}
	switch {
	case k == 0:
		return 0, errIndexZero
	case k > n || k < -n:
		return 0, fmt.Errorf("[INVALID_ARRAY_INDEX_IN_ELEMENT_AT] the index %d is out of bounds; the array has %d elements; use try_element_at to get null instead", k, n)
	case k < 0:
		return n + k, nil
	}
	return k - 1, nil
}

func nowhere(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// mapValue is the value of a key; of a key that occurs twice, the last one's.
func mapValue(_ *Env, args []Value, rows Rows) (Value, error) {
	m, at := args[0].Array.(*array.Map), args[0].index()
	same, err := NewComparator(m.Keys(), args[1].Array)
	if err != nil {
		return Value{}, err
	}
	span, ik, pick := spansOf(m), args[1].index(), nowhere(rows.N)
	_ = each(rows, nullsOf(args, rows), func(i int) error {
		from, to := span(i & at)
		for e := to - 1; e >= from; e-- {
			if same(e, i&ik) == 0 {
				pick[i] = int32(e)
				break
			}
		}
		return nil
	})
	out, err := Take(m.Items(), pick)
	return Value{Array: out}, err
}

func size(_ *Env, args []Value, rows Rows) (Value, error) {
	span, at := spansOf(args[0].Array), args[0].index()
	out := make([]int32, rows.N)
	for i := range out {
		from, to := span(i & at)
		out[i] = int32(to - from)
	}
	return Value{Array: newFixed(arrow.PrimitiveTypes.Int32, out, nullsOf(args, rows))}, nil
}

func arrayContains(_ *Env, args []Value, rows Rows) (Value, error) {
	list, at := args[0].Array.(*array.List), args[0].index()
	elems := list.ListValues()
	same, err := NewComparator(elems, args[1].Array)
	if err != nil {
		return Value{}, err
	}
	span, iv, holes := spansOf(list), args[1].index(), nullsOfArray(elems)
	out, m := newBoolBuilder(rows.N), nullsOf(args, rows)
	res := m
	_ = each(rows, m, func(i int) error {
		from, to := span(i & at)
		unsure := false
		for e := from; e < to; e++ {
			if holes.at(e) {
				unsure = true
			} else if same(e, i&iv) == 0 {
				out.set(i, true)
				return nil
			}
		}
		if unsure {
			res.set(i)
		}
		return nil
	})
	return Value{Array: out.finish(res)}, nil
}

func makeStruct(call *expr.Call) (Func, error) {
	named, dt := call.Name == "named_struct", resultType(call)
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		var fields []arrow.Array
		for i, a := range args {
			if named && i%2 == 0 {
				continue
			}
			f, err := a.Full(rows)
			if err != nil {
				return Value{}, err
			}
			fields = append(fields, f)
		}
		return Value{Array: newStruct(dt, rows.N, fields, noNulls(rows.N))}, nil
	}, nil
}

// rowsOf interleaves columns: a row's values one after the other, for the
// selected rows; the offsets are those of rows.N lists.
func rowsOf(columns []Value, rows Rows, dt arrow.DataType) (arrow.Array, []int32, error) {
	arrays := make([]arrow.Array, len(columns))
	for k, c := range columns {
		arrays[k] = relabelNested(c.Array, dt)
	}
	at := make([]place, 0, rows.Count()*len(columns))
	offsets := make([]int32, rows.N+1)
	next := 0
	_ = each(rows, noNulls(rows.N), func(i int) error {
		for ; next <= i; next++ {
			offsets[next] = int32(len(at))
		}
		for k, c := range columns {
			at = append(at, place{int32(k), int32(i & c.index())})
		}
		return nil
	})
	for ; next <= rows.N; next++ {
		offsets[next] = int32(len(at))
	}
	elems, err := interleave(arrays, at)
	return elems, offsets, err
}

func makeArrayKernel(call *expr.Call) (Func, error) {
	dt := resultType(call)
	elem := dt.(*arrow.ListType).Elem()
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		if len(args) == 0 {
			return Value{Array: newList(dt, make([]int32, rows.N+1), nullArray(elem, 0), noNulls(rows.N))}, nil
		}
		elems, offsets, err := rowsOf(args, rows, elem)
		if err != nil {
			return Value{}, err
		}
		return Value{Array: newList(dt, offsets, elems, noNulls(rows.N))}, nil
	}, nil
}

func makeMap(call *expr.Call) (Func, error) {
	dt := resultType(call).(*arrow.MapType)
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		var keys, items []Value
		for i := 0; i < len(args); i += 2 {
			keys, items = append(keys, args[i]), append(items, args[i+1])
		}
		k, offsets, err := rowsOf(keys, rows, dt.KeyType())
		if err != nil {
			return Value{}, err
		}
		v, _, err := rowsOf(items, rows, dt.ItemType())
		if err != nil {
			return Value{}, err
		}
		if err := checkKeys(k, offsets, rows); err != nil {
			return Value{}, err
		}
		return Value{Array: newMap(dt, offsets, k, v, noNulls(rows.N))}, nil
	}, nil
}

// newMap returns a map array: row i is entries offsets[i] to offsets[i+1].
func newMap(dt *arrow.MapType, offsets []int32, keys, items arrow.Array, m nulls) arrow.Array {
	entries := newStruct(dt.Elem(), keys.Len(), []arrow.Array{keys, items}, noNulls(keys.Len()))
	return newList(dt, offsets, entries, m)
}

// checkKeys refuses null and repeated keys.
func checkKeys(keys arrow.Array, offsets []int32, rows Rows) error {
	same, err := NewComparator(keys, keys)
	if err != nil {
		return err
	}
	holes := nullsOfArray(keys)
	return each(rows, noNulls(rows.N), func(i int) error {
		for e := offsets[i]; e < offsets[i+1]; e++ {
			if holes.at(int(e)) {
				return &RowError{i, errors.New("[NULL_MAP_KEY] a key of a map is null; leave the entry out")}
			}
			for f := offsets[i]; f < e; f++ {
				if same(int(e), int(f)) == 0 {
					return &RowError{i, errors.New("[DUPLICATED_MAP_KEY] a key of a map occurs twice; leave one out")}
				}
			}
		}
		return nil
	})
}

// mapPart is the keys or the values of a map, in the same buffers.
func mapPart(part func(*array.Map) arrow.Array) Maker {
	return func(call *expr.Call) (Func, error) {
		dt := resultType(call)
		return func(_ *Env, args []Value, rows Rows) (Value, error) {
			d := args[0].Array.Data()
			elems := relabelNested(part(args[0].Array.(*array.Map)), dt.(*arrow.ListType).Elem())
			out := array.MakeFromData(array.NewData(dt, d.Len(), d.Buffers(), dataOf([]arrow.Array{elems}), d.NullN(), d.Offset()))
			return args[0].with(out), nil
		}, nil
	}
}

// with returns the value with another array, a constant still.
func (v Value) with(a arrow.Array) Value { return Value{a, v.Const} }
