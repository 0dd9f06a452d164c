package fn

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// UDFOption says something of a user-defined function.
type UDFOption func(*expr.UDF)

// Deterministic says that a function gives equal results for equal arguments,
// and has no effect beside. The optimizer may then move its calls, and compute
// equal ones once. A function that is not said to be so counts as not.
func Deterministic(u *expr.UDF) { u.Deterministic = true }

// BatchUDF registers a function that computes whole batches: args are arrays of
// n rows, of the Arrow types that the argument types have; so is the result. It
// is known by its name to SQL too, travels by it, and must therefore be
// registered before main, in a package variable:
//
//	var lengths = fn.BatchUDF("lengths", []types.Type{types.String}, types.Int, run)
//
// It panics if the name is taken. What the function panics with, or returns as
// an error, becomes the error of the row it was computing; it may be called
// again with parts of the same rows.
func BatchUDF(name string, args []types.Type, result types.Type, run func(args []arrow.Array, n int) (arrow.Array, error), options ...UDFOption) func(args ...any) Column {
	u := &expr.UDF{Name: name, Args: args, Result: result}
	u.Run = func(in []any, n int) (any, error) {
		arrays := make([]arrow.Array, len(in))
		for i := range in {
			arrays[i] = in[i].(arrow.Array)
		}
		return run(arrays, n)
	}
	for _, o := range options {
		o(u)
	}
	expr.Register(u)
	return func(args ...any) Column { return call(name, args...) }
}

// UDF1 registers a function of one value, computed row by row, and returns it as
// a function of columns. See BatchUDF on where to do so, and on its errors.
//
// Parameters and results may be bool, all sizes of int and float, string,
// []byte, time.Time and types.Day, or pointers to these. A parameter that is a
// pointer is nil for null; where any other is null, the function is not called
// and the result is null. A result that is a nil pointer is null. A type that is
// none of these is a panic at start.
func UDF1[A, R any](name string, f func(A) R, options ...UDFOption) func(a any) Column {
	reg := BatchUDF(name, []types.Type{udfType[A](name)}, udfType[R](name), func(args []arrow.Array, n int) (arrow.Array, error) {
		a, out := readerOf[A](args[0]), newResults[R](n)
		for i := range n {
			if a.ok(i) {
				out.set(i, f(a.get(i)))
			}
		}
		return out.array(), nil
	}, options...)
	return func(a any) Column { return reg(a) }
}

// UDF2 is UDF1 for a function of two values.
func UDF2[A, B, R any](name string, f func(A, B) R, options ...UDFOption) func(a, b any) Column {
	reg := BatchUDF(name, []types.Type{udfType[A](name), udfType[B](name)}, udfType[R](name), func(args []arrow.Array, n int) (arrow.Array, error) {
		a, b, out := readerOf[A](args[0]), readerOf[B](args[1]), newResults[R](n)
		for i := range n {
			if a.ok(i) && b.ok(i) {
				out.set(i, f(a.get(i), b.get(i)))
			}
		}
		return out.array(), nil
	}, options...)
	return func(a, b any) Column { return reg(a, b) }
}

// UDF3 is UDF1 for a function of three values.
func UDF3[A, B, C, R any](name string, f func(A, B, C) R, options ...UDFOption) func(a, b, c any) Column {
	params := []types.Type{udfType[A](name), udfType[B](name), udfType[C](name)}
	reg := BatchUDF(name, params, udfType[R](name), func(args []arrow.Array, n int) (arrow.Array, error) {
		a, b, c, out := readerOf[A](args[0]), readerOf[B](args[1]), readerOf[C](args[2]), newResults[R](n)
		for i := range n {
			if a.ok(i) && b.ok(i) && c.ok(i) {
				out.set(i, f(a.get(i), b.get(i), c.get(i)))
			}
		}
		return out.array(), nil
	}, options...)
	return func(a, b, c any) Column { return reg(a, b, c) }
}

// udfType is the type of a parameter or a result. It panics where T has none:
// this happens before main.
func udfType[T any](name string) types.Type {
	var zero T
	if t := typeOf(any(zero)); t != nil {
		return t
	}
	panic(fmt.Sprintf("riffle: the user-defined function %q has a parameter or result of type %T; use bool, int, float64, string, []byte, time.Time, types.Day or the like, or a pointer to one", name, zero))
}
