package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// LatestByKey makes of a micro-batch's changes what a sink in mode update wants: the
// last row of each key that has one after the batch, and -1 with its last row for
// a key that is gone. It stands above operators that may drop a key's new row and
// pass on that the old one is taken back, such as a filter.
type LatestByKey struct {
	Input Op
	keys  []int
}

// String returns the numbers of the key columns.
func (l *LatestByKey) String() string { return fmt.Sprintf("LatestByKey %v", l.keys) }

// Children returns the input.
func (l *LatestByKey) Children() []Op { return []Op{l.Input} }

// Schema is the input's.
func (l *LatestByKey) Schema() *arrow.Schema { return l.Input.Schema() }

// Open reads the one part.
func (l *LatestByKey) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, l.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewLatestByKey(in, l.keys)
	})
}

// filters tells whether rows of state are filtered, or put together, before they
// leave: then they are changes.
func filters(op Op) bool {
	switch op.(type) {
	case *Project, *Gather:
		return filters(op.Children()[0])
	case *Filter, *Union:
		return afterState(op)
	case *StateAggregate:
		return false
	}
	_, is := op.(Stateful)
	return is
}
