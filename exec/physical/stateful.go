package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/sink"
)

// emit says how changes leave an op with state that is built now: for a sink
// where it is the topmost one, else for the next op with state.
func (b *Builder) emit() Emit {
	switch {
	case b.Mode == sink.Append:
		return EmitFinal
	case b.below, b.Mode == sink.Update && len(b.Keys) == 0: // nothing says which row a new one replaces
		return EmitChanges
	case b.Mode == sink.Complete:
		return EmitComplete
	}
	return EmitUpdate
}

// stateID is the id of the next op with state of a kind: its number among those
// of that kind, inputs first.
func (b *Builder) stateID(kind string) string {
	if b.ids == nil {
		b.ids = map[string]int{}
	}
	n := b.ids[kind]
	b.ids[kind]++
	return fmt.Sprintf("%s-%d", kind, n)
}

// inside builds the input of something with state of its own: state below it
// gives changes, whatever leaves the query.
func (b *Builder) inside(build func() (Op, error)) (Op, error) {
	saved := b.below
	b.below = true
	defer func() { b.below = saved }()
	return build()
}

// StateAggregate merges the partial aggregates of a micro-batch into state that
// lives as long as the query. Each part owns a range of key groups. Where there
// is one task, rows go into its state as they are.
type StateAggregate struct {
	groupTasks
	Input  Op
	emit   Emit
	time   operator.GroupTime
	direct bool // the input is rows
}

func newStateful(b *Builder, in Op, agg *operator.Aggregation, time operator.GroupTime, emit Emit) (Op, error) {
	s := &StateAggregate{groupTasks: b.newTasks("aggregate", agg), emit: emit, time: time}
	if agg.NumKeys() > 0 && (time.Column < 0 || emit == EmitComplete) {
		s.life = b.life(in)
	}
	tasks := b.tasksOf(agg)
	if s.direct = b.Tasks == 1 && tasks == 1; s.direct {
		s.Input = b.gather(in)
	} else {
		s.Input = b.exchange(&Partial{Input: in, agg: agg}, agg.NumKeys(), tasks)
	}
	return s, s.divide(b, tasks, func(o operator.StateOptions) (groupState, error) {
		o.Emit, o.Time, o.Life = emit, time, s.life
		return agg.NewState(o)
	})
}

// String returns keys and functions, how changes leave, and when groups go.
func (s *StateAggregate) String() string {
	text := fmt.Sprintf("StateAggregate%s, emit=%s", s.agg, s.emit)
	if s.time.Column >= 0 && s.emit != EmitComplete {
		text += ", until=" + s.agg.Schema().Field(s.time.Column).Name
	}
	return text + lifeText(s.life)
}

// Children returns the input.
func (s *StateAggregate) Children() []Op { return []Op{s.Input} }

// Schema has the keys, then the aggregates.
func (s *StateAggregate) Schema() *arrow.Schema { return s.agg.Schema() }

// Open begins a batch in each part's state.
func (s *StateAggregate) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := s.Input.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.check(parts); err != nil {
		return nil, err
	}
	s.setTime(r)
	for i, p := range parts {
		rows, err := s.open(s.states[i], p.Stream, r)
		if err != nil {
			closeAll(parts)
			return nil, err
		}
		parts[i] = Part{Stream: rows}
	}
	return parts, nil
}

func (s *StateAggregate) open(one groupState, in batch.Stream, r *Run) (batch.Stream, error) {
	if rows, ok := one.(*operator.AggregateState); ok && s.direct {
		return rows.StreamRows(in, r.Watermark, r.envAfter(afterState(s.Input)))
	}
	return one.Stream(in, r.Watermark), nil
}

// Progress sums up the tasks' state.
func (s *StateAggregate) Progress() StateProgress { return s.progress(LateRows(s)) }
