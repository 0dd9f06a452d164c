package kernel

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// userDefined calls a user's function with the selected rows alone, gathered. A
// panic or an error in it is found on a single row by halving the batch; the
// function must therefore bear being called again.
func userDefined(u *expr.UDF) Func {
	return func(_ *Env, args []Value, rows Rows) (Value, error) {
		n := rows.Count()
		whole := make([]arrow.Array, len(args))
		for i, a := range args {
			var err error
			if whole[i], err = a.Dense(rows); err != nil {
				return Value{}, err
			}
		}
		out, err := runUDF(u, whole, n)
		if err != nil {
			at := failingRow(u, whole, n)
			if at < 0 {
				return Value{}, err
			}
			if rows.Sel != nil {
				at = int(rows.Sel[at])
			}
			return Value{}, &RowError{at, err}
		}
		if rows.Sel != nil {
			out, err = Take(out, scatter(rows))
		}
		return Value{Array: out}, err
	}
}

// scatter returns for each row of the batch its place among the selected ones;
// the others get the place of a selected row before them.
func scatter(rows Rows) []int32 {
	idx := make([]int32, rows.N)
	k := int32(0)
	for i := range idx {
		for int(k)+1 < len(rows.Sel) && int(rows.Sel[k+1]) <= i {
			k++
		}
		idx[i] = k
	}
	return idx
}

func runUDF(u *expr.UDF, args []arrow.Array, n int) (out arrow.Array, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the user-defined function %s panicked: %v", u.Name, p)
		}
	}()
	anys := make([]any, len(args))
	for i, a := range args {
		anys[i] = a
	}
	v, err := u.Run(anys, n)
	if err != nil {
		return nil, fmt.Errorf("the user-defined function %s failed: %w", u.Name, err)
	}
	return checkedResult(u, v, n)
}

func checkedResult(u *expr.UDF, v any, n int) (arrow.Array, error) {
	a, ok := v.(arrow.Array)
	if !ok || a == nil {
		return nil, &contractError{fmt.Sprintf("the user-defined function %s returned %T; return an arrow.Array", u.Name, v)}
	}
	if a.Len() != n {
		return nil, &contractError{fmt.Sprintf("the user-defined function %s returned %d rows for %d; return one for each", u.Name, a.Len(), n)}
	}
	want := types.ToArrow(u.Result)
	if !sameLayout(a.DataType(), want) {
		return nil, &contractError{fmt.Sprintf("the user-defined function %s returned an array of %s, but was declared to return %s (%s)",
			u.Name, a.DataType(), u.Result.Name(), want)}
	}
	return a, nil
}

// contractError is a mistake in a user-defined function that is no row's fault.
type contractError struct{ msg string }

func (e *contractError) Error() string { return e.msg }

// sameLayout compares Arrow types without the nullability inside.
func sameLayout(a, b arrow.DataType) bool {
	x, err := types.FromArrow(a)
	if err != nil || a.ID() != b.ID() {
		return false
	}
	y, err := types.FromArrow(b)
	return err == nil && types.SameShape(x, y)
}

// failingRow halves the rows until one is left that fails alone; -1 where the
// fault shows in none alone, or is not a row's.
func failingRow(u *expr.UDF, args []arrow.Array, n int) int {
	from, to := 0, n
	for to-from > 1 {
		mid := (from + to) / 2
		if failsOn(u, args, from, mid) {
			to = mid
		} else {
			from = mid
		}
	}
	if from < to && failsOn(u, args, from, to) {
		return from
	}
	return -1
}

func failsOn(u *expr.UDF, args []arrow.Array, from, to int) bool {
	part := make([]arrow.Array, len(args))
	for i, a := range args {
		part[i] = array.NewSlice(a, int64(from), int64(to))
	}
	_, err := runUDF(u, part, to-from)
	var contract *contractError
	return err != nil && !errors.As(err, &contract)
}
