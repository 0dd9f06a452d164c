package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// The helpers below make kernels out of functions of one row. All give null
// where an argument is null, compute the selected rows alone, take constants in
// any place, and turn an error into a RowError. A function that returns ok =
// false gives null for that row.

// index is what a row number is masked with to find a value's row: 0 for
// constants, all ones for arrays.
func (v Value) index() int {
	if v.Const {
		return 0
	}
	return -1
}

func rowError(i int, err error) error {
	if err == nil {
		return nil
	}
	return &RowError{i, err}
}

// fixed1 maps a fixed-width column to another.
func fixed1[A, R fixed](dt arrow.DataType, f func(A) R) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		a, ia := values[A](args[0].Array), args[0].index()
		out := make([]R, rows.N)
		if rows.Sel == nil {
			for i := range out {
				out[i] = f(a[i&ia])
			}
		} else {
			for _, i := range rows.Sel {
				out[i] = f(a[int(i)&ia])
			}
		}
		return Value{Array: newFixed(dt, out, nullsOf(args, rows))}, nil
	}
}

// fixed1Err is fixed1 for a function that may fail or give null. env is the
// evaluation's.
func fixed1Err[A, R fixed](dt arrow.DataType, f func(env *Env, a A) (R, bool, error)) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		a, ia, m := values[A](args[0].Array), args[0].index(), nullsOf(args, rows)
		out, res := make([]R, rows.N), m
		err := each(rows, m, func(i int) error {
			v, ok, err := f(env, a[i&ia])
			if out[i] = v; !ok {
				res.set(i)
			}
			return rowError(i, err)
		})
		return Value{Array: newFixed(dt, out, res)}, err
	}
}

// fixed2 maps two fixed-width columns to a third.
func fixed2[A, B, R fixed](dt arrow.DataType, f func(A, B) R) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		a, ia := values[A](args[0].Array), args[0].index()
		b, ib := values[B](args[1].Array), args[1].index()
		out := make([]R, rows.N)
		if rows.Sel == nil {
			for i := range out {
				out[i] = f(a[i&ia], b[i&ib])
			}
		} else {
			for _, i := range rows.Sel {
				out[i] = f(a[int(i)&ia], b[int(i)&ib])
			}
		}
		return Value{Array: newFixed(dt, out, nullsOf(args, rows))}, nil
	}
}

// fixed2Err is fixed2 for a function that may fail or give null.
func fixed2Err[A, B, R fixed](dt arrow.DataType, f func(env *Env, a A, b B) (R, bool, error)) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		a, ia := values[A](args[0].Array), args[0].index()
		b, ib := values[B](args[1].Array), args[1].index()
		m := nullsOf(args, rows)
		out, res := make([]R, rows.N), m
		err := each(rows, m, func(i int) error {
			v, ok, err := f(env, a[i&ia], b[i&ib])
			if out[i] = v; !ok {
				res.set(i)
			}
			return rowError(i, err)
		})
		return Value{Array: newFixed(dt, out, res)}, err
	}
}

// text1 maps a text column to another: f appends row s to dst.
func text1(f func(dst []byte, s string) []byte) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		in, at, m := textsOf(args[0].Array), args[0].index(), nullsOf(args, rows)
		b := newTextBuilder(rows.N, in.size())
		_ = each(rows, m, func(i int) error {
			b.row(i)
			b.data = f(b.data, in.at(i&at))
			return nil
		})
		return b.value(m, nil)
	}
}

// textsTo makes text of any arguments: f appends row i to dst, or gives null or
// fails. open is called once a batch, with the arguments.
func textsTo(open func(env *Env, args []Value) func(dst []byte, i int) ([]byte, bool, error)) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		f, m := open(env, args), nullsOf(args, rows)
		b, res := newTextBuilder(rows.N, 16*rows.Count()), m
		err := each(rows, m, func(i int) error {
			b.row(i)
			dst, ok, err := f(b.data, i)
			if b.data = dst; !ok {
				res.set(i)
			}
			return rowError(i, err)
		})
		return b.value(res, err)
	}
}

// fixedFrom makes a fixed-width column of any arguments: f gives row i.
func fixedFrom[R fixed](dt arrow.DataType, open func(env *Env, args []Value) func(i int) (R, bool, error)) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		f, m := open(env, args), nullsOf(args, rows)
		out, res := make([]R, rows.N), m
		err := each(rows, m, func(i int) error {
			v, ok, err := f(i)
			if out[i] = v; !ok {
				res.set(i)
			}
			return rowError(i, err)
		})
		return Value{Array: newFixed(dt, out, res)}, err
	}
}

// boolFrom makes a boolean column of any arguments: f gives row i.
func boolFrom(open func(env *Env, args []Value) func(i int) (bool, bool, error)) Func {
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		f, m := open(env, args), nullsOf(args, rows)
		b, res := newBoolBuilder(rows.N), m
		err := each(rows, m, func(i int) error {
			v, ok, err := f(i)
			if b.set(i, v); !ok {
				res.set(i)
			}
			return rowError(i, err)
		})
		return Value{Array: b.finish(res)}, err
	}
}

// resultType is the Arrow type of a call's result.
func resultType(call *expr.Call) arrow.DataType { return types.ToArrow(call.Type()) }

// always makes a maker of a kernel that is the same for all calls.
func always(f Func) Maker { return func(*expr.Call) (Func, error) { return f, nil } }

// literalText returns the constant text that argument i of a call is; ok is
// false where it is not constant or null.
func literalText(call *expr.Call, i int) (text string, ok bool) {
	if i >= len(call.Args) {
		return "", false
	}
	l, is := expr.Unalias(call.Args[i]).(*expr.Literal)
	if !is {
		return "", false
	}
	text, ok = l.Value.(string)
	return text, ok
}
