package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// conditionalLazy are the functions that compute an argument only for the rows
// that need it.
func conditionalLazy() map[string]lazyMaker {
	return map[string]lazyMaker{
		"when":     newCase,
		"if":       newCase,
		"coalesce": newCoalesce,
		"nvl":      newCoalesce,
		"nvl2":     newNvl2,
		"nullif":   newNullIf,
	}
}

// choice is CASE: the value of the first branch whose condition is true.
type choice struct {
	conds, vals []node // one value more than conditions: ELSE
	t           types.Type
}

// newCase takes c1, v1, c2, v2, ... [, else], as IF does.
func newCase(call *expr.Call, args []node) (node, error) {
	c := &choice{t: call.Type()}
	for i := 0; i+1 < len(args); i += 2 {
		c.conds, c.vals = append(c.conds, args[i]), append(c.vals, args[i+1])
	}
	if len(args)%2 == 1 {
		c.vals = append(c.vals, args[len(args)-1])
	} else {
		c.vals = append(c.vals, &constant{nullValue(call.Type())})
	}
	return c, nil
}

// newNvl2 is IF a IS NOT NULL.
func newNvl2(call *expr.Call, args []node) (node, error) {
	test := &apply{fn: nullTest(false), args: args[:1], values: make([]Value, 1)}
	return &choice{[]node{test}, args[1:], call.Type()}, nil
}

func (c *choice) eval(r *run, rows Rows) (Value, error) {
	m := merger{rows: rows}
	rest := rows
	for i, cond := range c.conds {
		v, err := cond.eval(r, rest)
		if err != nil {
			return Value{}, err
		}
		yes, no := split(v, rest)
		if err := m.add(r, c.vals[i], yes); err != nil {
			return Value{}, err
		}
		if rest = no; rest.Count() == 0 {
			break
		}
	}
	if err := m.add(r, c.vals[len(c.conds)], rest); err != nil {
		return Value{}, err
	}
	return m.finish(c.t)
}

// split divides rows by a condition: where it is true, and the others. One of
// the two is rows itself where the other is empty.
func split(cond Value, rows Rows) (yes, no Rows) {
	none := Rows{rows.N, []int32{}}
	if cond.Const {
		if isNull(cond.Array, 0) || !boolsOf(cond.Array).at(0) {
			return none, rows
		}
		return rows, none
	}
	b, m := boolsOf(cond.Array), nullsOfArray(cond.Array)
	y, n := make([]int32, 0, rows.Count()), make([]int32, 0, rows.Count())
	_ = each(rows, noNulls(rows.N), func(i int) error {
		if b.at(i) && !m.at(i) {
			y = append(y, int32(i))
		} else {
			n = append(n, int32(i))
		}
		return nil
	})
	switch {
	case len(n) == 0:
		return rows, none
	case len(y) == 0:
		return none, rows
	}
	return Rows{rows.N, y}, Rows{rows.N, n}
}

// merger puts a column together from values that hold for different rows.
type merger struct {
	rows  Rows
	parts []Value
	where []Rows
}

// add computes a value for some of the rows.
func (m *merger) add(r *run, n node, rows Rows) error {
	if rows.Count() == 0 {
		return nil
	}
	v, err := n.eval(r, rows)
	if err != nil {
		return err
	}
	m.parts, m.where = append(m.parts, v), append(m.where, rows)
	return nil
}

// finish returns the column.
func (m *merger) finish(t types.Type) (Value, error) {
	switch len(m.parts) {
	case 0:
		return nullValue(t), nil
	case 1:
		return m.parts[0], nil
	}
	arrays := make([]arrow.Array, len(m.parts))
	for i, p := range m.parts {
		a, err := Plain(p.Array)
		if err != nil {
			return Value{}, err
		}
		if dt := types.ToArrow(t); !arrow.TypeEqual(a.DataType(), dt) {
			a = relabelNested(a, dt)
		}
		arrays[i] = a
	}
	out, err := interleave(arrays, m.places())
	return Value{Array: out}, err
}

func (m *merger) places() []place {
	out := make([]place, m.rows.N)
	for i := range out {
		out[i].part = -1
	}
	for k, p := range m.parts {
		at := p.index()
		_ = each(m.where[k], noNulls(m.rows.N), func(i int) error {
			out[i] = place{int32(k), int32(i & at)}
			return nil
		})
	}
	return out
}

// relabelNested gives an array the nested type of the result, which may allow
// more nulls inside.
func relabelNested(a arrow.Array, dt arrow.DataType) arrow.Array {
	return array.MakeFromData(relabelData(a.Data(), dt))
}

func relabelData(d arrow.ArrayData, dt arrow.DataType) arrow.ArrayData {
	children := append([]arrow.ArrayData(nil), d.Children()...)
	switch t := dt.(type) {
	case *arrow.ListType:
		children[0] = relabelData(children[0], t.Elem())
	case *arrow.MapType:
		children[0] = relabelData(children[0], t.Elem())
	case *arrow.StructType:
		for i := range children {
			children[i] = relabelData(children[i], t.Field(i).Type)
		}
	}
	return array.NewData(dt, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
}

// firstValue is COALESCE: the first argument that is not null.
type firstValue struct {
	args []node
	t    types.Type
}

func newCoalesce(call *expr.Call, args []node) (node, error) {
	return &firstValue{args, call.Type()}, nil
}

func (c *firstValue) eval(r *run, rows Rows) (Value, error) {
	m := merger{rows: rows}
	rest := rows
	for _, arg := range c.args {
		v, err := arg.eval(r, rest)
		if err != nil {
			return Value{}, err
		}
		test, _ := nullTest(false)(r.env, []Value{v}, rows)
		yes, no := split(test, rest)
		if yes.Count() > 0 {
			m.parts, m.where = append(m.parts, v), append(m.where, yes)
		}
		if rest = no; rest.Count() == 0 {
			break
		}
	}
	if rest.Count() > 0 {
		m.parts, m.where = append(m.parts, nullValue(c.t)), append(m.where, rest)
	}
	return m.finish(c.t)
}

// nullIf is NULLIF: the first argument, or null where it equals the second.
type nullIf struct {
	args  []node
	equal bitsOf
	t     types.Type
}

func newNullIf(call *expr.Call, args []node) (node, error) {
	equal, err := comparer(call.Args[0].Type(), comparison{op: '='})
	return &nullIf{args, equal, call.Type()}, err
}

func (n *nullIf) eval(r *run, rows Rows) (Value, error) {
	a, err := n.args[0].eval(r, rows)
	if err != nil {
		return Value{}, err
	}
	b, err := n.args[1].eval(r, rows)
	if err != nil {
		return Value{}, err
	}
	bits, err := n.equal(a, b, rows)
	if err != nil {
		return Value{}, err
	}
	same := Value{Array: newBools(bits, rows.N, nullsOf([]Value{a, b}, rows))}
	yes, no := split(same, rows)
	m := merger{rows: rows}
	if yes.Count() > 0 {
		m.parts, m.where = append(m.parts, nullValue(n.t)), append(m.where, yes)
	}
	if no.Count() > 0 {
		m.parts, m.where = append(m.parts, a), append(m.where, no)
	}
	return m.finish(n.t)
}
