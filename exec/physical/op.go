package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/source"
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
}

func (r *Run) env() operator.Env { return operator.Env{Env: r.Env, RowError: r.RowError} }

// strict is the environment after the first stateful operator, where dropping a
// row would be wrong: the run fails.
func (r *Run) strict() operator.Env { return operator.Env{Env: r.Env} }

// Stateful is an op that remembers something from one micro-batch to the next.
type Stateful interface {
	Op
	// Commit makes what the run changed the state that the next run begins with;
	// Rollback forgets it.
	Commit() error
	Rollback()
	// Progress describes the state after Commit.
	Progress() StateProgress
}

// StateProgress describes a state.
type StateProgress struct {
	Name                 string
	Rows, Updated, Bytes int64
}

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
