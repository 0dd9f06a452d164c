package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/state"
)

// StateAggregate merges the partial aggregates of a micro-batch into state that
// lives as long as the query. Each part owns a range of key groups. Where there
// is one task, rows go into its state as they are.
type StateAggregate struct {
	Input  Op
	agg    *operator.Aggregation
	mode   sink.Mode
	budget *state.Budget
	states []*operator.AggregateState
	direct bool // the input is rows
}

func newStateful(b *Builder, in Op, agg *operator.Aggregation, budget int64) (Op, error) {
	s := &StateAggregate{agg: agg, mode: b.Mode, budget: state.NewBudget(budget)}
	tasks := b.shuffle()
	if agg.NumKeys() == 0 {
		tasks = 1
	}
	if s.direct = b.Tasks == 1 && tasks == 1; s.direct {
		s.Input = b.gather(in)
	} else {
		s.Input = &HashExchange{Input: &Partial{Input: in, agg: agg}, agg: agg, parts: tasks, budget: budget}
	}
	for range tasks {
		one, err := agg.NewState(s.budget)
		if err != nil {
			return nil, err
		}
		s.states = append(s.states, one)
	}
	return s, nil
}

// String returns keys and functions, and which groups leave.
func (s *StateAggregate) String() string {
	return fmt.Sprintf("StateAggregate%s, mode=%s", s.agg, s.mode)
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
		rows := s.states[i].Stream(p.Stream, s.mode)
		if s.direct {
			if rows, err = s.states[i].StreamRows(p.Stream, s.mode, r.env()); err != nil {
				closeAll(parts)
				return nil, err
			}
		}
		parts[i] = Part{Stream: rows}
	}
	return parts, nil
}

// StateSpec describes the groups.
func (s *StateAggregate) StateSpec() state.Spec {
	return state.Spec{Operator: "aggregate-0", Version: 1}
}

// StateTasks divides the key groups evenly; the groups are held in memory.
func (s *StateAggregate) StateTasks() ([]state.Range, state.Kind) {
	return state.Ranges(len(s.states)), state.Journal
}

// Attach has nothing to restore.
func (s *StateAggregate) Attach([]state.Table) error { return nil }

// Flush has nothing to record.
func (s *StateAggregate) Flush() error { return nil }

// Due is false: no group is ever final.
func (s *StateAggregate) Due(int64, int64) bool { return false }

// Commit keeps what the batch changed.
func (s *StateAggregate) Commit() error {
	for _, one := range s.states {
		one.Commit()
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
	var sum state.Stats
	for _, one := range s.states {
		sum = sum.Add(one.Stats())
	}
	return StateProgress{Name: "stateAggregate", Rows: sum.Rows, Updated: sum.Updated, Bytes: sum.Bytes, Tasks: len(s.states)}
}
