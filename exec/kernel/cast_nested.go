package kernel

import (
	"errors"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// nested returns a cast of what is inside arrays, maps and structs; nil, nil
// for other types.
func (c *conversion) nested() (Func, error) {
	switch from := c.from.(type) {
	case types.Array:
		to, ok := c.to.(types.Array)
		if !ok {
			return nil, nil
		}
		elem, err := castFunc(from.Elem, to.Elem, c.try)
		return c.list(elem), err
	case types.Map:
		to, ok := c.to.(types.Map)
		if !ok {
			return nil, nil
		}
		return c.mapping(from, to)
	case types.Struct:
		to, ok := c.to.(types.Struct)
		if !ok || len(to.Fields) != len(from.Fields) {
			return nil, nil
		}
		fields := make([]Func, len(to.Fields))
		for i := range fields {
			f, err := castFunc(from.Fields[i].Type, to.Fields[i].Type, c.try)
			if err != nil {
				return nil, err
			}
			fields[i] = f
		}
		return c.structure(fields), nil
	}
	return nil, nil
}

// inner returns the elements that belong to the selected rows.
func inner(a arrow.Array, elems arrow.Array, rows Rows, at int) Rows {
	span, m := spansOf(a), nullsOfArray(a)
	sel := make([]int32, 0, elems.Len())
	_ = each(rows, noNulls(rows.N), func(i int) error {
		if m.at(i & at) {
			return nil
		}
		for e, to := span(i & at); e < to; e++ {
			sel = append(sel, int32(e))
		}
		return nil
	})
	return Rows{elems.Len(), sel}
}

// outer moves the error of an element to the row that it belongs to.
func outer(err error, a arrow.Array, rows Rows) error {
	var row *RowError
	if !errors.As(err, &row) {
		return err
	}
	span := spansOf(a)
	i := sort.Search(rows.N, func(i int) bool { _, to := span(i); return to > row.Row })
	return &RowError{i, row.Err}
}

// elements applies a cast to the elements of a list.
func elements(env *Env, f Func, a, elems arrow.Array, rows Rows, at int) (arrow.Array, error) {
	in := inner(a, elems, rows, at)
	v, err := f(env, []Value{{Array: elems}}, in)
	if err != nil {
		return nil, outer(err, a, rows)
	}
	return v.Full(in)
}

func (c *conversion) list(elem Func) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		list := args[0].Array.(*array.List)
		elems, err := elements(env, elem, list, list.ListValues(), rows, args[0].index())
		if err != nil {
			return Value{}, err
		}
		return args[0].with(withElements(list, c.dt, elems)), nil
	}
}

// withElements returns a list or map with other elements in the same places.
func withElements(a arrow.Array, dt arrow.DataType, elems arrow.Array) arrow.Array {
	d := a.Data()
	return array.MakeFromData(array.NewData(dt, d.Len(), d.Buffers(), dataOf([]arrow.Array{elems}), d.NullN(), d.Offset()))
}

func (c *conversion) mapping(from, to types.Map) (Func, error) {
	key, err := castFunc(from.Key, to.Key, c.try)
	if err != nil {
		return nil, err
	}
	value, err := castFunc(from.Value, to.Value, c.try)
	if err != nil {
		return nil, err
	}
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		m := args[0].Array.(*array.Map)
		keys, err := elements(env, key, m, m.Keys(), rows, args[0].index())
		if err != nil {
			return Value{}, err
		}
		items, err := elements(env, value, m, m.Items(), rows, args[0].index())
		if err != nil {
			return Value{}, err
		}
		entries := newStruct(c.dt.(*arrow.MapType).Elem(), keys.Len(), []arrow.Array{keys, items}, noNulls(keys.Len()))
		return args[0].with(withElements(m, c.dt, entries)), nil
	}, nil
}

func (c *conversion) structure(fields []Func) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		st, m := args[0].Array.(*array.Struct), nullsOf(args, rows)
		live := rows
		if !m.none() {
			live = Rows{rows.N, selectBits(m.bits, noNulls(rows.N), rows, true, make([]int32, rows.Count()))}
		}
		out := make([]arrow.Array, len(fields))
		for i, f := range fields {
			v, err := f(env, []Value{{st.Field(i), args[0].Const}}, live)
			if err != nil {
				return Value{}, err
			}
			if out[i], err = v.Full(rows); err != nil {
				return Value{}, err
			}
		}
		return Value{Array: newStruct(c.dt, rows.N, out, m)}, nil
	}
}
