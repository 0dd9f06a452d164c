package expr

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// Processor is a user-defined operator on the rows of each key, with state of its
// own. Like a UDF it is registered by name in a package variable, before main, and
// travels by that name.
type Processor struct {
	Name string
	// Key has the key columns, In those that the processor reads of each row, Out
	// those of the rows that it gives. A column that is not nullable takes no null. The
	// only key column may be without a name: it has then that of what rows are grouped by.
	Key, In, Out *types.Schema
	// Initial has the columns that it reads of rows that its state begins with; nil
	// where it takes none.
	Initial *types.Schema
	// States are what it keeps for each key, in the order in which Init made them.
	States []ProcessorState
	// Timers tells whether it can be called when a timer is due.
	Timers bool
	// Err is what Init failed with when it was called to find out the States; nil
	// where it did not.
	Err error
	// New makes the processor of one task.
	New func(host ProcessorHost) (ProcessorTask, error)
}

// StateKind is a kind of state of a processor.
type StateKind int

// The kinds of state.
const (
	// ValueState is one value for a key.
	ValueState StateKind = iota
	// ListState is values in the order in which they were appended.
	ListState
	// MapState is values by keys of their own.
	MapState
)

// String returns the word for it.
func (k StateKind) String() string { return [...]string{"value", "list", "map"}[k] }

// ProcessorState is a part of the state that a processor keeps for each key.
type ProcessorState struct {
	Name string
	Kind StateKind
	// Value is the type of the values; Key that of the keys of a map, else nil.
	Value, Key types.Type
	// TTL is how long a value is kept after it was set, by the time of batches; 0:
	// until it is removed.
	TTL time.Duration
}

// ProcessorTask calls a user's processor. A task is used by one goroutine. A panic
// in the user's code becomes an error that names the processor and the key.
type ProcessorTask interface {
	// Initial gives rows that the state begins with, an arrow.RecordBatch of the columns
	// of Key and Initial, in the place of those before. Begin hands one of them over.
	Initial(rows any) error
	Begin(ctx context.Context, row int) error
	// Input gives the rows of a run: arrow.RecordBatches whose first columns are those
	// of Key, and whose next are those of In. They take the place of those before.
	Input(batches []any) error
	// Process hands the rows of a key over, at least one.
	Process(ctx context.Context, rows []ProcessorRow) error
	// Timer tells a key, a row of an arrow.RecordBatch of the columns of Key, that a
	// timer of it is due.
	Timer(ctx context.Context, keys any, row int, micros int64) error
	// Bound says that rows are given with times after some microseconds, or none, in
	// a column of Out: one that is not fails the query.
	Bound(column int, after int64)
	// Rows is the number of rows given since the last Take, and Take returns them as
	// an arrow.RecordBatch of the columns of Out.
	Rows() int
	Take() any
}

// ProcessorRow is a row of the input: the numbers of a batch and of a row in it.
type ProcessorRow struct{ Batch, Row int32 }

// ProcessorHost is what a task may do to the state of the key whose rows or timer
// it is handling. States are named by their number in Processor.States. Bytes that
// it returns are valid until it is next used, those it is given are copied.
//
// A value is the bytes of a row of one column, as state keeps rows; sub tells the
// values of a list or a map apart, and is nil for a value state: the canonical
// encoding of the map's key, or of a number that grows with each element of the list.
type ProcessorHost interface {
	// Get returns a value; nil where there is none.
	Get(state int, sub []byte) ([]byte, error)
	// Set sets a value. Append adds one behind all others of a list.
	Set(state int, sub, value []byte) error
	Append(state int, value []byte) error
	// Delete removes a value, Clear all of a state.
	Delete(state int, sub []byte) error
	Clear(state int) error
	// Each calls f for the values of a list, in the order of the list, or of a map,
	// in that of the bytes of its keys, until f returns false. f may change the state,
	// which does not change what it is called for.
	Each(state int, f func(sub, value []byte) bool) error
	ProcessorClock
}

// ProcessorClock has the times and timers of the key that is being handled.
type ProcessorClock interface {
	// Now is the time of the batch, in microseconds; Watermark is that of event time,
	// false where there is none.
	Now() int64
	Watermark() (int64, bool)
	// SetTimer makes the key due at a time; DeleteTimer takes that back.
	SetTimer(micros int64) error
	DeleteTimer(micros int64) error
	// Timers returns the times at which the key is due, ascending.
	Timers() ([]int64, error)
}

// processors holds the processors of this process by name.
var processors sync.Map

// RegisterProcessor makes a processor known. It panics if the name is taken: this
// happens before main, where no one could handle an error.
func RegisterProcessor(p *Processor) *Processor {
	if _, taken := processors.LoadOrStore(p.Name, p); taken {
		panic(fmt.Sprintf("riffle: two processors are called %q", p.Name))
	}
	return p
}

// LookupProcessor finds a processor by its name. It fails where this program has
// none, or where it could not be made.
func LookupProcessor(name string) (*Processor, error) {
	p, ok := processors.Load(name)
	if !ok {
		return nil, &Error{Msg: fmt.Sprintf("this program has no processor %q", name),
			Fix: "run it with the job's own binary, which registers it" + types.DidYouMean(name, processorNames()), Err: ErrUnknownFunction}
	}
	if err := p.(*Processor).Err; err != nil {
		return nil, fmt.Errorf("the processor %s cannot begin: %w", name, err)
	}
	return p.(*Processor), nil
}

func processorNames() []string {
	var names []string
	processors.Range(func(name, _ any) bool { names = append(names, name.(string)); return true })
	sort.Strings(names)
	return names
}

// Row returns the columns that rows of a state have: the value, and where values
// expire, when it does.
func (s ProcessorState) Row() *types.Schema {
	fields := []types.Field{{Name: "value", Type: s.Value, Nullable: true}}
	if s.TTL > 0 {
		fields = append(fields, types.Field{Name: "expires", Type: types.Timestamp})
	}
	return types.NewSchema(fields...)
}
