package physical

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// AsChanges makes changes of the values of a column. In a batch query, which has
// no changes, it gives what is left of the rows.
type AsChanges struct {
	Input  Op
	node   *plan.AsChanges
	net    bool
	budget int64
	after  bool // after something with state
}

func (b *Builder) asChanges(n *plan.AsChanges) (Op, error) {
	in, err := b.reading(n.Input, false)
	if err != nil {
		return nil, err
	}
	a := &AsChanges{Input: in, node: n, budget: b.StateBytes, after: afterState(in)}
	if a.net = !b.Streaming || !plan.Streaming(n); a.net {
		a.Input = b.gather(in)
	}
	return a, nil
}

// String returns the column.
func (a *AsChanges) String() string {
	if a.net {
		return a.node.String() + ", net"
	}
	return a.node.String()
}

// Children returns the input.
func (a *AsChanges) Children() []Op { return []Op{a.Input} }

// Schema has all columns of the input but one.
func (a *AsChanges) Schema() *arrow.Schema { return a.node.Schema().Arrow() }

// Open makes changes of each part, or nets the one part.
func (a *AsChanges) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := mapParts(ctx, r, a.Input, func(in batch.Stream) (batch.Stream, error) {
		changes := operator.NewAsChanges(in, a.node.Column, r.envAfter(a.after || a.net))
		if !a.net {
			return changes, nil
		}
		return operator.NewNet(changes, a.budget)
	})
	if a.net {
		return unordered(parts), err
	}
	return parts, err
}
