package operator

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// Accumulator keeps the state of one aggregate call for all groups of a
// GroupTable. It is not safe for concurrent use.
type Accumulator interface {
	// Grow makes room for groups [0, n); new ones are empty.
	Grow(n int)
	// Update adds the selected rows, the j-th of them to groups[j], or takes out
	// those whose change is -1. changes goes by row number; nil means all +1. A row
	// may be taken out before it was added: partial states may hold less than
	// nothing, and only the total of all must be rows that are there.
	Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error
	// StateTypes are the Arrow types of the columns of State.
	StateTypes() []arrow.DataType
	// State returns what the given groups have gathered, for Merge elsewhere.
	State(groups []uint32) ([]arrow.Array, error)
	// Merge adds partial states: row j of each column to groups[j].
	Merge(groups []uint32, state []arrow.Array) error
	// Result returns the values of the call for the given groups.
	Result(groups []uint32) (arrow.Array, error)
	// Save is told of groups before they first change in a batch. Restore puts
	// them back as they were then, given again in the same order, and forgets
	// groups from n on; Commit forgets what was saved.
	Save(groups []uint32)
	Restore(groups []uint32, n int)
	Commit()
	// Bytes is the memory held.
	Bytes() int64
}

// aggregate describes a call for the constructor of its accumulator.
type aggregate struct {
	text   string // the call as the user sees it
	name   string
	args   []types.Type
	consts []any // the values of arguments that are literals
	result types.Type
	ansi   bool
	// retract is set where rows may be taken back.
	retract bool
}

func (a aggregate) arrowArg(i int) arrow.DataType { return types.ToArrow(a.args[i]) }

// errorf names the call.
func (a aggregate) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", a.text, fmt.Errorf(format, args...))
}

// errRetract is the error for a row taken from an aggregate that was made for
// rows that only come.
func (a aggregate) errRetract() error {
	return a.errorf("internal: a row is taken back, but the plan says that its input only grows")
}

// additive refuses changes of -1.
func (a aggregate) additive(rows kernel.Rows, changes []int8) error {
	if changes == nil {
		return nil
	}
	for j := range rows.Count() {
		if changes[row(rows, j)] < 0 {
			return a.errRetract()
		}
	}
	return nil
}

// NewAccumulator returns an empty accumulator for a bound call of an aggregate
// function. ansi makes overflow an error. With retract it keeps what it needs to
// take rows back, which for some functions is all values of a group; without, a
// change of -1 is an error wherever it cannot be followed. It fails where the
// function is not known or does not take such arguments.
func NewAccumulator(call *expr.Call, ansi, retract bool) (Accumulator, error) {
	a := aggregate{text: call.String(), name: strings.ToLower(call.Name), result: call.Type(), ansi: ansi, retract: retract}
	for _, arg := range call.Args {
		a.args = append(a.args, arg.Type())
		a.consts = append(a.consts, literal(arg))
	}
	return newAccumulator(a, call.Distinct)
}

// literal returns the value of a literal, which may stand under a cast, or of an
// array of such; nil of any other expression.
func literal(e expr.Expr) any {
	e = expr.Unalias(e)
	if c, ok := e.(*expr.Cast); ok {
		e = expr.Unalias(c.Child)
	}
	if c, ok := e.(*expr.Call); ok && strings.EqualFold(c.Name, "array") {
		list := make([]any, len(c.Args))
		for i, a := range c.Args {
			list[i] = literal(a)
		}
		return list
	}
	if l, ok := e.(*expr.Literal); ok {
		return l.Value
	}
	return nil
}

func newAccumulator(a aggregate, distinct bool) (Accumulator, error) {
	makers := accumulatorMakers()
	maker, ok := makers[a.name]
	if fn, found := expr.Lookup(a.name); !ok && found && fn.UDF != nil && fn.UDF.Buffers != nil {
		maker, ok = newUserAggregate(fn.UDF), true
	}
	if !ok {
		return nil, fmt.Errorf("the aggregate function %s cannot be computed%s", a.name, types.DidYouMean(a.name, sortedKeys(makers)))
	}
	acc, err := maker(a)
	if err != nil || !distinct || ignoresDuplicates[a.name] {
		return acc, err
	}
	return newDistinct(a, acc)
}

// storage is what an accumulator keeps for each group, one store a column; it
// gives the accumulator all the methods that are about memory.
type storage []store

type store interface {
	grow(n int)
	save(groups []uint32)
	restore(groups []uint32, n int)
	commit()
	bytes() int64
}

// Grow makes room for groups [0, n).
func (s storage) Grow(n int) {
	for _, c := range s {
		c.grow(n)
	}
}

// Save remembers the groups as they are.
func (s storage) Save(groups []uint32) {
	for _, c := range s {
		c.save(groups)
	}
}

// Restore puts the groups back as they were when saved.
func (s storage) Restore(groups []uint32, n int) {
	for _, c := range s {
		c.restore(groups, n)
	}
}

// Commit forgets what was saved.
func (s storage) Commit() {
	for _, c := range s {
		c.commit()
	}
}

// Bytes is the memory held.
func (s storage) Bytes() int64 {
	n := int64(0)
	for _, c := range s {
		n += c.bytes()
	}
	return n
}

// cells is a store of one fixed-width value a group, zero at first.
type cells[T any] struct{ v, saved []T }

func (c *cells[T]) grow(n int) {
	if n > len(c.v) {
		c.v = append(c.v, make([]T, n-len(c.v))...)
	}
}

func (c *cells[T]) save(groups []uint32) {
	for _, g := range groups {
		c.saved = append(c.saved, c.v[g])
	}
}

func (c *cells[T]) restore(groups []uint32, n int) {
	for i, g := range groups {
		c.v[g] = c.saved[i]
	}
	c.v, c.saved = c.v[:min(n, len(c.v))], c.saved[:0]
}

func (c *cells[T]) commit() { c.saved = c.saved[:0] }

func (c *cells[T]) bytes() int64 {
	var t T
	return int64(cap(c.v)+cap(c.saved)) * int64(unsafe.Sizeof(t))
}

// take returns the values of the given groups.
func (c *cells[T]) take(groups []uint32) []T {
	out := make([]T, len(groups))
	for j, g := range groups {
		out[j] = c.v[g]
	}
	return out
}
