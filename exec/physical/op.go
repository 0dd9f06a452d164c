package physical

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/state"
)

// Op is a step of a physical plan. It is made once and opened for each run, one
// run at a time.
type Op interface {
	// String is the op's line in explain.
	fmt.Stringer
	// Children are the inputs.
	Children() []Op
	// Schema is that of the streams.
	Schema() *arrow.Schema
	// Open returns a stream for each part of the result. The caller closes them,
	// whether or not it reads them to the end.
	Open(ctx context.Context, r *Run) ([]Part, error)
}

// Part is one part of a result.
type Part struct {
	batch.Stream
	// Order tells where in the whole input a batch came from; nil where the order
	// of the input is not kept.
	Order *Order
	// Origin tells which partition of its source a batch came from; nil where that
	// is not known, or nobody asks.
	Origin *Origin
}

// Order follows the way of one part through its input.
type Order struct {
	at    int64       // the number of the unit that was read last
	moved func(int64) // told of each new unit; set before the first is read
}

// At is the number of the input unit that the batch just returned came from.
func (o *Order) At() int64 { return o.at }

func (o *Order) move(at int64) {
	o.at = at
	if o.moved != nil {
		o.moved(at)
	}
}

// Run is what differs between runs of the same plan.
type Run struct {
	// Env is what expressions may know.
	Env *kernel.Env
	// RowError is told of rows on which an expression failed; nil fails the run.
	RowError operator.OnRowError
	// Ranges has the ranges that each scan reads.
	Ranges map[*Scan][]source.Range
	// Table returns a snapshot of a table of the engine.
	Table func(name string) ([]batch.Batch, error)
	// Batch is the number of the micro-batch; 0 in a batch query.
	Batch int64
	// Watermark is the event time, in microseconds, up to which state is final in
	// this run: windows that end at or before it close. Late is the watermark of the
	// run before: rows at or before it came too late for the first op with state,
	// and for those behind it nothing that was right when it left is late. Both are
	// NoWatermark where there is none.
	Watermark, Late int64
	// LateRow is told of rows that were left out because they came too late, with
	// the op that left them out; nil forgets them. The rows are those of b in rows.
	// It may be called by several tasks at once.
	LateRow func(op string, b batch.Batch, rows []int32) error
}

func (r *Run) env() operator.Env { return operator.Env{Env: r.Env, RowError: r.RowError} }

// strict is the environment after the first stateful operator, where dropping a
// row would be wrong: the run fails.
func (r *Run) strict() operator.Env { return operator.Env{Env: r.Env} }

// Stateful is an op that remembers something from one micro-batch to the next.
type Stateful interface {
	Op
	// StateSpec describes the state; its Operator is the op's id in the query.
	StateSpec() state.Spec
	// StateTasks says how the key groups are divided, one range for each task, and
	// how the tasks use their tables.
	StateTasks() ([]state.Range, state.Kind)
	// Attach gives each task its table before the first run, holding the state of
	// the last commit. In a query without a checkpoint, ops that hold their state
	// themselves are given nil for each task.
	Attach(tables []state.Table) error
	// Flush writes what the run changed into the tables, once the run has ended
	// well and before the changes are taken for the checkpoint.
	Flush() error
	// Commit makes what the run changed the state that the next run begins with;
	// Rollback forgets it. The tables are committed and rolled back by their store.
	Commit() error
	Rollback()
	// Due tells whether a batch without data would do something because the
	// watermark is now at wm, or the time at now: a window closes, a timer fires.
	Due(wm, now int64) bool
	// Progress describes the state after Commit, and after Flush as Commit will leave
	// it; its bytes are those that are held at the moment.
	Progress() StateProgress
}

// Spiller is an op that may hold its state itself, in memory, and can have it in
// tables instead.
type Spiller interface {
	Stateful
	// Dump writes all of the state, as the last commit left it, into empty tables:
	// one for each task, that are only set.
	Dump(tables []state.Table) error
	// Spill drops the state in memory. From then on the op has it in tables, as far
	// as it can: Attach has to follow, with tables that hold what Dump has written.
	Spill() error
}

// Clocked is an op that does something at a time of its own, without data: it
// has timers by the clock.
type Clocked interface {
	// NextTime is when the next one is due; false where there is none.
	NextTime() (time.Time, bool)
}

// CountedRows is the number of rows of an op that leaves it to its store to count
// them.
const CountedRows = -1

// StateProgress describes a state.
type StateProgress struct {
	Name                          string
	Rows, Updated, Removed, Bytes int64
	// Late is the number of rows that the last batch left out because they came
	// after the watermark.
	Late int64
	// RowsIn is, where Rows is CountedRows, how many rows there are among so many pairs
	// of the tables; nil: all are.
	RowsIn func(pairs int64) int64
	// Tasks is the number of parts the state is divided into.
	Tasks int
	// Work is how long the tasks worked in the last batch, all together.
	Work operator.Work
	// Custom are metrics of the op's own.
	Custom map[Metric]int64
}

// Emit says how the changes of a stateful op's result leave it.
type Emit = operator.Emit

// The ways to leave: see operator.
const (
	EmitChanges  = operator.EmitChanges
	EmitUpdate   = operator.EmitUpdate
	EmitComplete = operator.EmitComplete
	EmitFinal    = operator.EmitFinal
)

// NoWatermark is the watermark of a query that has none yet: before all times.
const NoWatermark = operator.NoWatermark

// Walk calls f for each op, parents first.
func Walk(op Op, f func(Op)) {
	f(op)
	for _, c := range op.Children() {
		Walk(c, f)
	}
}

// closeAll closes parts that will not be used.
func closeAll(parts []Part) {
	for _, p := range parts {
		_ = p.Close() // the error that made them useless is the one to tell
	}
}

// mapParts opens the input and puts an operator on each of its parts.
func mapParts(ctx context.Context, r *Run, in Op, make func(batch.Stream) (batch.Stream, error)) ([]Part, error) {
	parts, err := in.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	for i, p := range parts {
		s, err := make(p.Stream)
		if err != nil {
			closeAll(parts)
			return nil, err
		}
		parts[i].Stream = s
	}
	return parts, nil
}
