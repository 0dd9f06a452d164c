package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/state"
)

// session aggregates rows by sessions: partially by what each row brings of one,
// then by the other keys.
func (b *Builder) session(n *plan.Aggregate, agg *operator.Aggregation) (Op, error) {
	in, err := b.inside(func() (Op, error) { return b.reading(n.Input, true) })
	if err != nil {
		return nil, err
	}
	streaming := b.Streaming && plan.Streaming(n)
	if streaming {
		if in = b.late(in, plan.LateBy(n)[0]); plan.Changing(n.Input, b.outputMode()) {
			if agg, err = agg.WithRetract(); err != nil {
				return nil, err
			}
		}
	}
	sessions, err := agg.Sessions(*n.Session)
	if err != nil {
		return nil, err
	}
	tasks := b.shuffle()
	if agg.NumKeys() == 1 {
		tasks = 1
	}
	parts := b.exchange(&Partial{Input: in, agg: sessions.Parts()}, agg.NumKeys()-1, tasks)
	if !streaming {
		return &SessionAggregate{parts, sessions, b.StateBytes}, nil
	}
	s := &StateSession{groupTasks: b.newTasks("session", sessions.Parts()), Input: parts, sessions: sessions, emit: b.emit(), time: operator.GroupTime{Column: -1}}
	for _, c := range plan.EventTime(n) {
		if c.Index == *n.Session {
			s.time = operator.GroupTime{Column: c.Index, Lag: c.Lag}
		}
	}
	if s.time.Column < 0 || s.emit == EmitComplete {
		s.life = b.life(in)
	}
	return s, s.divide(b, tasks, func(o operator.StateOptions) (groupState, error) {
		o.Emit, o.Time, o.Life = s.emit, s.time, s.life
		return sessions.NewState(o)
	})
}

// StateSession keeps the sessions of a stream.
type StateSession struct {
	groupTasks
	Input    Op
	sessions *operator.Sessions
	emit     Emit
	time     operator.GroupTime
}

// String returns keys and functions, how changes leave, and when sessions go.
func (s *StateSession) String() string {
	text := fmt.Sprintf("StateSession%s, emit=%s", s.sessions, s.emit)
	if s.time.Column >= 0 && s.emit != EmitComplete {
		text += ", until=" + s.Schema().Field(s.time.Column).Name
	}
	return text + lifeText(s.life)
}

// Children returns the input.
func (s *StateSession) Children() []Op { return []Op{s.Input} }

// Schema has the keys, then the aggregates.
func (s *StateSession) Schema() *arrow.Schema { return s.sessions.Schema() }

// Open begins a batch in each part's state.
func (s *StateSession) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := s.Input.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.check(parts); err != nil {
		return nil, err
	}
	s.setTime(r)
	for i, p := range parts {
		parts[i] = Part{Stream: s.states[i].Stream(p.Stream, r.Watermark)}
	}
	return parts, nil
}

// Progress sums up the tasks' state.
func (s *StateSession) Progress() StateProgress { return s.progress(LateRows(s)) }

// SessionAggregate merges partial aggregates to those of sessions.
type SessionAggregate struct {
	Input    Op
	sessions *operator.Sessions
	budget   int64
}

// String returns keys and functions.
func (s *SessionAggregate) String() string { return "SessionAggregate" + s.sessions.String() }

// Children returns the input.
func (s *SessionAggregate) Children() []Op { return []Op{s.Input} }

// Schema has the keys, then the aggregates.
func (s *SessionAggregate) Schema() *arrow.Schema { return s.sessions.Schema() }

// Open aggregates each part.
func (s *SessionAggregate) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, s.Input, func(in batch.Stream) (batch.Stream, error) {
		one, err := s.sessions.NewState(operator.StateOptions{Budget: state.NewBudget(s.budget), Emit: EmitComplete, Time: operator.GroupTime{Column: -1}})
		if err != nil {
			return nil, err
		}
		return one.Stream(in, NoWatermark), nil
	})
}
