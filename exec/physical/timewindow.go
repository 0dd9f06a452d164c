package physical

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
)

// TimeWindow appends the windows of the rows' times, or their parts of sessions.
type TimeWindow struct {
	Input  Op
	node   *plan.TimeWindow
	schema *arrow.Schema
	after  bool // after something with state
}

func (b *Builder) timeWindow(n *plan.TimeWindow) (Op, error) {
	in, err := b.reading(n.Input, false)
	if err != nil {
		return nil, err
	}
	return &TimeWindow{in, n, n.Schema().Arrow(), afterState(in)}, nil
}

// String returns the time and the spans.
func (w *TimeWindow) String() string { return w.node.String() }

// Children returns the input.
func (w *TimeWindow) Children() []Op { return []Op{w.Input} }

// Schema is the input's, then the window.
func (w *TimeWindow) Schema() *arrow.Schema { return w.schema }

// Open makes windows of each part.
func (w *TimeWindow) Open(ctx context.Context, r *Run) ([]Part, error) {
	n, env := w.node, r.envAfter(w.after)
	return mapParts(ctx, r, w.Input, func(in batch.Stream) (batch.Stream, error) {
		if n.Gap != nil {
			return operator.NewSessionPart(in, n.Time, n.Gap, n.Name, env)
		}
		return operator.NewTimeWindow(in, n.Time, kernel.Windows{Width: n.Width, Slide: n.Slide, Start: n.Start}, n.Name, env)
	})
}
