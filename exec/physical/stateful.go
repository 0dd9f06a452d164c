package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/state"
)

// emit says how changes leave an op with state that is built now: for a sink
// where it is the topmost one, else for the next op with state.
func (b *Builder) emit() Emit {
	switch {
	case b.Mode == sink.Append:
		return EmitFinal
	case b.below:
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
	Input  Op
	agg    *operator.Aggregation
	id     string
	emit   Emit
	event  plan.EventColumn // the key that is event time; of index -1: none
	states []*operator.AggregateState
	direct bool // the input is rows
}

func newStateful(b *Builder, in Op, agg *operator.Aggregation, event plan.EventColumn, emit Emit) (Op, error) {
	s := &StateAggregate{agg: agg, id: b.stateID("aggregate"), emit: emit, event: event}
	tasks := b.shuffle()
	if agg.NumKeys() == 0 {
		tasks = 1
	}
	if s.direct = b.Tasks == 1 && tasks == 1; s.direct {
		s.Input = b.gather(in)
	} else {
		s.Input = &HashExchange{Input: &Partial{Input: in, agg: agg}, agg: agg, parts: tasks, budget: b.StateBytes}
	}
	for range tasks {
		one, err := agg.NewState(operator.StateOptions{Budget: b.budget(), Emit: emit, Time: event.Index})
		if err != nil {
			return nil, err
		}
		s.states = append(s.states, one)
	}
	return s, nil
}

// budget is the one budget of the state of the query.
func (b *Builder) budget() *state.Budget {
	if b.states == nil {
		b.states = state.NewBudget(b.StateBytes)
	}
	return b.states
}

// String returns keys and functions, how changes leave, and when groups go.
func (s *StateAggregate) String() string {
	text := fmt.Sprintf("StateAggregate%s, emit=%s", s.agg, s.emit)
	if s.event.Index >= 0 && s.emit != EmitComplete {
		text += ", until=" + s.agg.Schema().Field(s.event.Index).Name
	}
	return text
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
	if len(parts) != len(s.states) {
		closeAll(parts)
		return nil, fmt.Errorf("internal: %d parts for the state of %d tasks", len(parts), len(s.states))
	}
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

func (s *StateAggregate) open(one *operator.AggregateState, in batch.Stream, r *Run) (batch.Stream, error) {
	if s.direct {
		return one.StreamRows(in, s.event.Horizon(r.Watermark), r.envAfter(afterState(s.Input)))
	}
	return one.Stream(in, s.event.Horizon(r.Watermark)), nil
}

// StateSpec describes the groups.
func (s *StateAggregate) StateSpec() state.Spec {
	return state.Spec{Operator: s.id, Version: 1}
}

// StateTasks divides the key groups evenly; the groups are held in memory.
func (s *StateAggregate) StateTasks() ([]state.Range, state.Kind) {
	return state.Ranges(len(s.states)), state.Journal
}

// Attach has nothing to restore.
func (s *StateAggregate) Attach([]state.Table) error { return nil }

// Flush has nothing to record.
func (s *StateAggregate) Flush() error { return nil }

// Due tells whether groups go at the watermark.
func (s *StateAggregate) Due(wm, _ int64) bool {
	for _, one := range s.states {
		if one.Due(s.event.Horizon(wm)) {
			return true
		}
	}
	return false
}

// Commit keeps what the batch changed.
func (s *StateAggregate) Commit() error {
	for _, one := range s.states {
		if err := one.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// Rollback undoes what the batch changed.
func (s *StateAggregate) Rollback() {
	for _, one := range s.states {
		one.Rollback()
	}
}

// Progress sums up the tasks' state.
func (s *StateAggregate) Progress() StateProgress {
	p := StateProgress{Name: "stateAggregate", Tasks: len(s.states), Late: LateRows(s)}
	for _, one := range s.states {
		st := one.Stats()
		p.Rows, p.Updated, p.Removed, p.Bytes = p.Rows+st.Rows, p.Updated+st.Updated, p.Removed+st.Removed, p.Bytes+st.Bytes
	}
	return p
}
