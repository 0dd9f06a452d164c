package state

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Setting is the setting that bounds the memory of state.
const Setting = "riffle.state.bytes"

// BackendSetting is the setting that says where state is kept.
const BackendSetting = "riffle.state.backend"

// ErrBudget is what the error of a budget that does not suffice is.
var ErrBudget = errors.New("the state needs more memory than is allowed")

// overBudget is such an error, which says of itself what is to be said.
type overBudget struct{ text string }

// Error returns the text.
func (e *overBudget) Error() string { return e.text }

// Is tells that it is ErrBudget.
func (e *overBudget) Is(target error) bool { return target == ErrBudget }

// Budget bounds the memory of all the state of a query. It is shared by the
// tasks and safe for concurrent use.
type Budget struct {
	limit int64
	used  *atomic.Int64
	way   string // out of an error, beside the others
}

// NewBudget returns a budget of so many bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit, used: new(atomic.Int64)} }

// OrDisk returns the same budget, for operators whose state in memory could be on
// disk: its errors say so.
func (b *Budget) OrDisk() *Budget {
	return &Budget{b.limit, b.used, "keep the state on disk (" + BackendSetting + "=disk), "}
}

// Resize tells that an operator holds to bytes where it held from. It fails
// with ErrBudget where that is more than the budget allows; the bytes count nevertheless, until
// the operator gives them back.
func (b *Budget) Resize(operator string, from, to int64) error {
	if used := b.used.Add(to - from); used > b.limit && to > from {
		return &overBudget{fmt.Sprintf("%s: the state of the query needs %d bytes, more than the %d allowed; raise %s, %sor group by columns with fewer values",
			operator, used, b.limit, Setting, b.way)}
	}
	return nil
}

// Limit is the most memory that the state may hold.
func (b *Budget) Limit() int64 { return b.limit }

// Used is the memory that the state holds.
func (b *Budget) Used() int64 { return b.used.Load() }

// Stats describe the state of one task of an operator after a batch.
type Stats struct {
	// Rows is the number of keys, where the store counts them: in memory, and of
	// Counted tables. Updated is how many of them the batch made or changed.
	Rows, Updated int64
	// Bytes is the memory held.
	Bytes int64
	// Reads is how many keys the last batch looked for in a database, and Written the
	// bytes of the keys and values that it gave to one; 0 for state in memory.
	Reads, Written int64
}

// Add returns the sum of two tasks' stats.
func (s Stats) Add(o Stats) Stats {
	return Stats{s.Rows + o.Rows, s.Updated + o.Updated, s.Bytes + o.Bytes, s.Reads + o.Reads, s.Written + o.Written}
}
