package kernel

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// column is a column of the batch. One of views is made plain once a batch,
// unless raw is set.
type column struct {
	index int
	raw   bool
}

func (c *column) eval(r *run, _ Rows) (Value, error) {
	a := r.rec.Column(c.index)
	if c.raw {
		return Value{Array: a}, nil
	}
	if p, ok := r.plain[c.index]; ok {
		return Value{Array: p}, nil
	}
	p, err := Plain(a)
	if err != nil {
		return Value{}, fmt.Errorf("column %s: %w", types.QuoteIfNeeded(r.rec.ColumnName(c.index)), err)
	}
	if p != a {
		if r.plain == nil {
			r.plain = map[int]arrow.Array{}
		}
		r.plain[c.index] = p
	}
	return Value{Array: p}, nil
}

// constant is a literal, made once.
type constant struct{ value Value }

func newConstant(l *expr.Literal) (node, error) {
	v, err := Constant(l.Value, l.T)
	return &constant{v}, err
}

func (c *constant) eval(*run, Rows) (Value, error) { return c.value, nil }

// apply is a call whose arguments are all computed for the same rows.
type apply struct {
	fn       Func
	args     []node
	values   []Value
	null     Value // NULL of the result's type
	strict   bool  // null where an argument is
	volatile bool
}

// call compiles a call: a lazy one, or one of a kernel.
func (c *compiler) call(e *expr.Call) (node, error) {
	if e.Function() == nil {
		return nil, fmt.Errorf("%s is not bound", e)
	}
	if e.Function().Kind == expr.Aggregate {
		return nil, fmt.Errorf("%s is an aggregate: it cannot be computed for a row", e)
	}
	args, err := c.arguments(e)
	if err != nil {
		return nil, err
	}
	if maker, ok := lazyMakers()[e.Name]; ok {
		return maker(e, args)
	}
	fn, err := Make(e)
	if err != nil {
		return nil, err
	}
	return &apply{fn: fn, args: args, values: make([]Value, len(args)), null: nullValue(e.Type()),
		strict: e.Function().Nulls == expr.NullIfAny, volatile: e.Volatile()}, nil
}

// arguments compiles the arguments of a call. from_json alone sees its column
// as it lies in the batch, as strings or string views: a cast from binary does
// nothing there.
func (c *compiler) arguments(e *expr.Call) ([]node, error) {
	args, err := c.compileAll(e.Args)
	if err != nil || e.Name != "from_json" {
		return args, err
	}
	arg := expr.Unalias(e.Args[0])
	if cast, ok := arg.(*expr.Cast); ok && cast.To == types.String && cast.Child.Type() == types.Binary {
		arg = expr.Unalias(cast.Child)
	}
	if ref, ok := arg.(*expr.Ref); ok && (ref.T == types.String || ref.T == types.Binary) {
		args[0] = &rawText{column{index: ref.Index, raw: true}}
	}
	return args, nil
}

func (a *apply) eval(r *run, rows Rows) (Value, error) {
	constant := !a.volatile
	for i, arg := range a.args {
		v, err := arg.eval(r, rows)
		if err != nil {
			return Value{}, err
		}
		if a.strict && v.Const && isNull(v.Array, 0) {
			return a.null, nil
		}
		a.values[i] = v
		constant = constant && v.Const
	}
	if rows.Count() == 0 {
		return a.null, nil
	}
	if !constant {
		return a.fn(r.env, a.values, rows)
	}
	v, err := a.fn(r.env, a.values, Rows{N: 1})
	return Value{v.Array, true}, onFirstRow(err, rows)
}

// onFirstRow moves the error of a constant to the first row that needs it.
func onFirstRow(err error, rows Rows) error {
	var row *RowError
	if !errors.As(err, &row) {
		return err
	}
	first := 0
	if rows.Sel != nil {
		first = int(rows.Sel[0])
	}
	return &RowError{first, row.Err}
}

// rawText is a text column as it is in the batch, bytes labelled as text.
type rawText struct{ column }

func (t *rawText) eval(r *run, rows Rows) (Value, error) {
	v, err := t.column.eval(r, rows)
	switch v.Array.(type) {
	case *array.Binary:
		v.Array = relabel(v.Array, arrow.BinaryTypes.String)
	case *array.BinaryView:
		v.Array = relabel(v.Array, arrow.BinaryTypes.StringView)
	}
	return v, err
}

// field is a field of a struct. It costs nothing where the field is null
// wherever the struct is.
type field struct {
	child node
	index int
}

func (f *field) eval(r *run, rows Rows) (Value, error) {
	v, err := f.child.eval(r, rows)
	if err != nil {
		return v, err
	}
	st, ok := v.Array.(*array.Struct)
	if !ok {
		return v, fmt.Errorf("a struct is expected, not an Arrow array of type %s", v.Array.DataType())
	}
	a, err := Plain(fieldOf(st, f.index))
	return Value{a, v.Const}, err
}

// fieldOf returns a field's column: null where the field or the struct is.
func fieldOf(st *array.Struct, i int) arrow.Array {
	child := st.Field(i)
	if st.NullN() == 0 || child.DataType().ID() == arrow.NULL {
		return child
	}
	outer, inner := nullsOfArray(st), nullsOfArray(child)
	if implied(outer, inner) {
		return child
	}
	return withNulls(child, inner.and(outer))
}

// implied tells whether all rows that are null in outer are null in inner.
func implied(outer, inner nulls) bool {
	if inner.bits == nil {
		return false
	}
	last := len(outer.bits) - 1
	for i := range last {
		if inner.bits[i]&^outer.bits[i] != 0 {
			return false
		}
	}
	mask := byte(0xff) >> ((8 - outer.n&7) & 7)
	return inner.bits[last]&^outer.bits[last]&mask == 0
}

func copyBits(dst []byte, dstOff int, src []byte, srcOff, n int) {
	bitutil.CopyBitmap(src, srcOff, n, dst, dstOff)
}
