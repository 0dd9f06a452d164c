package physical

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// process hands the rows of each key to a user's processor. The exchange goes by
// the first columns, which are the key; its input has one part, so that rows of a
// key come in their order.
func (b *Builder) process(n *plan.Process) (Op, error) {
	in, err := b.inside(func() (Op, error) { return b.reading(n.Input, false) })
	if err != nil {
		return nil, err
	}
	streaming := b.Streaming && plan.Streaming(n)
	if streaming {
		in = b.late(in, plan.LateBy(n)[0])
	}
	initial, err := b.initial(n)
	if err != nil {
		return nil, err
	}
	p := &processing{Input: b.gather(in), Initial: initial, node: n, budget: b.StateBytes, tasks: b.shuffle(),
		time: map[plan.TimeMode]operator.ProcessTime{plan.NoTime: operator.ProcessNoTimers,
			plan.ByProcessingTime: operator.ProcessByClock, plan.ByEventTime: operator.ProcessByEvents}[n.Time]}
	if !streaming {
		return &Process{p}, nil
	}
	s := &StateProcess{processing: p, id: b.stateID("process")}
	if initial != nil {
		s.scans = scansOf(initial)
	}
	s.states, err = p.make()
	return s, err
}

// initial builds the rows that the state begins with, in one part; nil where there
// are none.
func (b *Builder) initial(n *plan.Process) (Op, error) {
	if n.Initial == nil {
		return nil, nil
	}
	return b.held(n.Initial)
}

// processing is what processors of streams and of batch queries have in common.
type processing struct {
	Input   Op
	Initial Op // the rows that the state begins with; nil: none
	node    *plan.Process
	budget  int64
	tasks   int
	time    operator.ProcessTime
}

// Children returns the input, and the rows that the state begins with if there are
// any.
func (p *processing) Children() []Op {
	if p.Initial != nil {
		return []Op{p.Input, p.Initial}
	}
	return []Op{p.Input}
}

// Schema is that of the rows that the processor emits.
func (p *processing) Schema() *arrow.Schema { return p.node.Schema().Arrow() }

// make makes the processor of each task.
func (p *processing) make() ([]*operator.ProcessState, error) {
	out := make([]*operator.ProcessState, p.tasks)
	for i := range out {
		var err error
		if out[i], err = operator.NewProcessState(p.node.Processor, p.time, p.budget); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// open deals the rows out to the tasks. Those of initial, a run of the op Initial,
// are what their states begin with; nil where they have begun.
func (p *processing) open(ctx context.Context, r, initial *Run, states []*operator.ProcessState, at operator.Times) ([]Part, error) {
	in, err := p.dealt(ctx, p.Input, r, len(states))
	if err != nil {
		return nil, err
	}
	first := make([]Part, len(in))
	if initial != nil && p.Initial != nil {
		if first, err = p.dealt(ctx, p.Initial, initial, len(states)); err != nil {
			closeAll(in)
			return nil, err
		}
	}
	out := make([]Part, len(in))
	for i := range in {
		if out[i].Stream, err = states[i].Stream(in[i].Stream, first[i].Stream, at); err != nil {
			closeAll(out[:i])
			closeAll(in[i:])
			if first[i].Stream != nil {
				closeAll(first[i:])
			}
			return nil, err
		}
	}
	return out, nil
}

// dealt opens an op of one part whose first columns are the key, and deals its rows
// out by it.
func (p *processing) dealt(ctx context.Context, op Op, r *Run, tasks int) ([]Part, error) {
	parts, err := op.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		closeAll(parts)
		return nil, fmt.Errorf("internal: %d parts as the input of a processor", len(parts))
	}
	if tasks == 1 {
		return parts, nil
	}
	streams := operator.HashExchange([]batch.Stream{parts[0].Stream}, p.node.Processor.Key.Len(), tasks, p.budget)
	out := make([]Part, tasks)
	for i, s := range streams {
		out[i].Stream = s
	}
	return out, nil
}

// StateProcess is a processor of a stream. All it remembers is in its tables.
type StateProcess struct {
	*processing
	id     string
	states []*operator.ProcessState
	scans  []*Scan // of the initial state
}

// String returns the processor, its key and its modes.
func (s *StateProcess) String() string { return "State" + s.node.String() }

// Open begins a batch in each task's state.
func (s *StateProcess) Open(ctx context.Context, r *Run) ([]Part, error) {
	at := operator.Times{Now: r.Env.Time.UnixMicro(), Watermark: r.Watermark}
	for _, c := range plan.EventTime(s.node) {
		at.Event, at.Late = &c.Index, c.Horizon(r.Late)
	}
	var initial *Run
	if s.Initial != nil && r.Batch == 0 {
		var err error
		if initial, err = r.withAll(ctx, s.scans); err != nil {
			return nil, err
		}
		initial.RowError = nil // state that lacks a row would be wrong
	}
	return s.open(ctx, r, initial, s.states, at)
}

// StateSpec describes the states that the processor made, and its timers.
func (s *StateProcess) StateSpec() state.Spec {
	return operator.ProcessSpec(s.id, s.node.Processor, s.node.Keys(), s.time)
}

// StateTasks divides the key groups evenly; all state is in the tables.
func (s *StateProcess) StateTasks() ([]state.Range, state.Kind) {
	return state.Ranges(len(s.states)), state.Counted
}

// Attach hands out the tables.
func (s *StateProcess) Attach(tables []state.Table) error {
	for i, t := range tables {
		s.states[i].Attach(t)
	}
	return nil
}

// Flush has nothing to do: what changes goes into the tables as it does.
func (s *StateProcess) Flush() error { return nil }

// Commit has nothing to do: the tables' store keeps the changes.
func (s *StateProcess) Commit() error { return nil }

// Rollback forgets what is known beside the tables, whose store forgets the
// changes.
func (s *StateProcess) Rollback() {
	for _, one := range s.states {
		one.Rollback()
	}
}

// Due tells whether a timer is due.
func (s *StateProcess) Due(wm, now int64) bool {
	for _, one := range s.states {
		if one.Due(wm, now) {
			return true
		}
	}
	return false
}

// NextTime is when the first timer by processing time is due.
func (s *StateProcess) NextTime() (time.Time, bool) {
	if s.time != operator.ProcessByClock {
		return time.Time{}, false
	}
	first, set := int64(0), false
	for _, one := range s.states {
		if at, ok := one.NextTimer(); ok && (!set || at < first) {
			first, set = at, true
		}
	}
	return time.UnixMicro(first), set
}

// Progress tells what the batch changed. The store knows how much there is.
func (s *StateProcess) Progress() StateProgress {
	p := StateProgress{Name: "transformWithStateExec", Rows: CountedRows, Tasks: len(s.states), Late: LateRows(s)}
	var st operator.ProcessStats
	for _, one := range s.states {
		st = st.Add(one.Stats())
	}
	p.Updated, p.Removed, p.Work = st.Updated, st.Removed, st.Work
	p.Custom = map[Metric]int64{RegisteredTimers: st.TimersSet, DeletedTimers: st.TimersDeleted, ExpiredTimers: st.TimersFired,
		ExpiredValues: st.Expired, TimerTime: st.Timers.Milliseconds()}
	if s.Initial != nil {
		p.Custom[InitialTime] = st.Initial.Milliseconds()
	}
	return p
}

// Process is a processor of a batch query: all rows are one run, whose state is
// forgotten with it.
type Process struct{ *processing }

// String returns the processor, its key and its modes.
func (p *Process) String() string { return p.node.String() }

// Open begins in each task's empty state.
func (p *Process) Open(ctx context.Context, r *Run) ([]Part, error) {
	states, err := p.make()
	if err != nil {
		return nil, err
	}
	spec := operator.ProcessSpec("process", p.node.Processor, p.node.Keys(), p.time)
	store := memory.New(state.NewBudget(p.budget))
	for i, groups := range state.Ranges(len(states)) {
		t, err := store.Table(spec, groups, state.Keyed)
		if err != nil {
			return nil, err
		}
		states[i].Attach(t)
	}
	return p.open(ctx, r, r, states, operator.Times{Now: r.Env.Time.UnixMicro(), Watermark: NoWatermark, Ends: true})
}
