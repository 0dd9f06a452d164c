package physical

import (
	"context"
	"fmt"
	"maps"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/state"
)

// limit passes on the first rows: of a stream those it gives first, counted from
// batch to batch, but where the limit is that of a complete result.
func (b *Builder) limit(n *plan.Limit) (Op, error) {
	if s, ok := n.Input.(*plan.Sort); ok && n.Rows != plan.All {
		return b.sort(s, n.Rows, n.Offset)
	}
	in, err := b.reading(n.Input, false)
	if err != nil {
		return nil, err
	}
	if b.Streaming && plan.Streaming(n) && (b.below || b.Mode != sink.Complete) {
		return b.streamLimit(n, in)
	}
	return &Limit{Input: b.gather(in), rows: n.Rows, offset: n.Offset}, nil
}

func (b *Builder) streamLimit(n *plan.Limit, in Op) (Op, error) {
	s, err := operator.NewLimitState(n.Rows, n.Offset, keeps(in))
	l := &StreamLimit{Input: b.gather(in), text: n.String(), id: b.stateID("limit"), state: s, budget: b.SortBytes,
		stops: !keeps(in) && !watches(in) && !b.Quarantine}
	if err != nil || !keeps(in) {
		return l, err
	}
	for i, f := range n.Schema().Fields() {
		if !plan.Orderable(f.Type) {
			return nil, &expr.Error{Msg: fmt.Sprintf("%s counts rows that come out of state, in the order of their values, and column %s (%s) has no order", n, types.QuoteIfNeeded(f.Name), f.Type.Name()),
				Fix: "leave the column out, or limit when you query the result", Err: expr.ErrType}
		}
		l.order = append(l.order, &expr.Order{Child: expr.RefTo(n.Schema(), i), NullsFirst: true})
	}
	return l, nil
}

// keeps tells whether an op, or one below it, keeps what depends on the rows of
// its input. A limit keeps how many there were: what was dropped above it is none
// of its business.
func keeps(op Op) bool {
	found := false
	Walk(op, func(o Op) { found = found || kept(o) > 0 })
	return found
}

// watches tells whether an op, or one below it, sees event times.
func watches(op Op) bool {
	found := false
	Walk(op, func(o Op) { _, is := o.(EventTimer); found = found || is })
	return found
}

// StreamLimit passes on the first rows of a stream, whose rows are never taken back.
// They are counted from batch to batch, in one part: within a batch in the order of
// the input, or where they come out of state, whose order follows from the number of
// tasks and from where it is kept, in that of their values.
//
// Once the limit is reached nothing of a batch is read below it: what is there is
// opened without ranges, so that its state and timers come to rest as in a batch
// without data. That is not so where a watermark from below closes windows
// elsewhere: then all is read, and dropped here.
type StreamLimit struct {
	Input Op
	text  string
	id    string
	stops bool          // nothing is lost with the rest of a batch
	needs bool          // of the watermarks below
	order []*expr.Order // of rows out of state; nil: as they come
	state *operator.LimitState

	budget int64 // of putting rows in order
}

// String returns the numbers.
func (l *StreamLimit) String() string { return "State" + l.text }

// Children returns the input.
func (l *StreamLimit) Children() []Op { return []Op{l.Input} }

// Schema is the input's.
func (l *StreamLimit) Schema() *arrow.Schema { return l.Input.Schema() }

// needsBelow finds out which limits of a plan go on reading for the watermark: it
// moves state that is not below them.
func needsBelow(root Op) {
	total := 0
	Walk(root, func(op Op) { total += kept(op) })
	Walk(root, func(op Op) {
		if l, is := op.(*StreamLimit); is && watches(l) {
			below := 0
			Walk(l, func(op Op) { below += kept(op) })
			l.needs = below < total
		}
	})
}

// kept is 1 for an op with state that a watermark may move.
func kept(op Op) int {
	_, is := op.(Stateful)
	if _, limit := op.(*StreamLimit); is && !limit {
		return 1
	}
	return 0
}

// Open limits the one part.
func (l *StreamLimit) Open(ctx context.Context, r *Run) ([]Part, error) {
	if err := l.state.Begin(); err != nil {
		return nil, err
	}
	if l.state.Reached() && !l.needs {
		r = l.without(r)
	}
	parts, err := mapParts(ctx, r, l.Input, func(in batch.Stream) (batch.Stream, error) {
		if l.order != nil && !l.state.Reached() {
			first, err := operator.NewTopK(in, l.order, l.state.Left(), 0, r.strict(), l.budget)
			return l.state.Rows(first, false), err
		}
		return l.state.Rows(in, l.stops), nil
	})
	if err == nil && len(parts) != 1 {
		closeAll(parts)
		return nil, fmt.Errorf("internal: %d parts as the input of a limit", len(parts))
	}
	return parts, err
}

// without is the run without the ranges of the scans below.
func (l *StreamLimit) without(r *Run) *Run {
	out := *r
	out.Ranges = maps.Clone(r.Ranges)
	Walk(l.Input, func(op Op) {
		if s, ok := op.(*Scan); ok && len(out.Ranges[s]) > 0 {
			out.Ranges[s] = []source.Range{}
			l.state.Missed()
		}
	})
	return &out
}

// StateSpec describes the numbers.
func (l *StreamLimit) StateSpec() state.Spec {
	return state.Spec{Operator: l.id, Version: 1, Spaces: operator.LimitSpaces()}
}

// StateTasks has one task, whatever the parallelism.
func (l *StreamLimit) StateTasks() ([]state.Range, state.Kind) { return state.Ranges(1), state.Counted }

// Attach reads what was counted.
func (l *StreamLimit) Attach(tables []state.Table) error { return l.state.Attach(tables[0]) }

// Flush writes what was counted.
func (l *StreamLimit) Flush() error { return l.state.Flush() }

// Commit has nothing to do: the table's store keeps what was counted.
func (l *StreamLimit) Commit() error { return nil }

// Rollback has nothing to do: a batch begins with what the table has.
func (l *StreamLimit) Rollback() {}

// Due tells that nothing waits for a watermark or a time.
func (l *StreamLimit) Due(_, _ int64) bool { return false }

// Progress describes the one row of numbers.
func (l *StreamLimit) Progress() StateProgress {
	p := StateProgress{Name: "globalLimit", Rows: CountedRows, Tasks: 1}
	if l.state.Changed() {
		p.Updated = 1
	}
	return p
}
