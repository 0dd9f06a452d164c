package kernel

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
)

// Env is what an expression may know beside its row. It is frozen for a batch.
type Env struct {
	// ANSI makes overflow, division by zero and casts that do not fit errors;
	// without it they give null, or wrap around as Spark's do.
	ANSI bool
	// Zone is the session's time zone: for text of timestamps and their fields.
	Zone *time.Location
	// Time is the time of the batch, as its plan has it: now().
	Time time.Time
	// Seed tells tasks and batches apart for rand() and its like.
	Seed uint64
	// Bad counts fields that could not be parsed; nil where nobody counts.
	Bad *BadFields
}

// Rows says which rows of a batch to compute.
type Rows struct {
	// N is the number of rows of the batch, selected or not.
	N int
	// Sel holds the numbers of the selected rows, ascending; nil means all.
	Sel []int32
}

// Count is the number of selected rows.
func (r Rows) Count() int {
	if r.Sel != nil {
		return len(r.Sel)
	}
	return r.N
}

// Value is an argument or a result: an array of N rows, of which those that are
// not selected are undefined, or a constant: an array of one row that stands
// for all.
type Value struct {
	Array arrow.Array
	Const bool
}

// At returns the row of Array that holds row i's value.
func (v Value) At(i int) int {
	if v.Const {
		return 0
	}
	return i
}

// Func computes a call for the selected rows. The arguments have the types that
// the bound call gives them; the result has the Arrow type of the call's type.
// A Func belongs to one task and may keep scratch memory between batches, but
// nothing that it returned.
type Func func(env *Env, args []Value, rows Rows) (Value, error)

// Maker prepares a call: it picks the implementation for the argument types,
// compiles constant patterns, and refuses what cannot be computed.
type Maker func(call *expr.Call) (Func, error)

// RowError says on which row of the batch an expression failed, so that a
// stream can set the row aside and go on.
type RowError struct {
	Row int
	Err error
}

// Error gives the cause alone: a row's number in a batch means nothing to a user.
func (e *RowError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RowError) Unwrap() error { return e.Err }
