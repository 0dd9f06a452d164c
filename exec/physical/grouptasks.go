package physical

import (
	"fmt"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/state"
)

// groupTasks is the state of an op that keeps groups, divided among tasks.
type groupTasks struct {
	id, name string
	agg      *operator.Aggregation // of what the state holds
	states   []groupState
	make     func(disk bool) (groupState, error)
	dedups   bool
	life     operator.Lifetime // of groups that stay for ever else; 0: for ever
}

// groupState is the state of one task.
type groupState interface {
	Kind() state.Kind
	Attach(state.Table) error
	Flush() error
	Commit() error
	Rollback()
	Due(wm int64) bool
	Stats() operator.AggregateStats
	Work() operator.GroupWork
	Stream(in batch.Stream, wm int64) batch.Stream
	Dump(state.Table) error
	Close() error
}

// newTasks gives an op of a kind its id.
func (b *Builder) newTasks(kind string, agg *operator.Aggregation) groupTasks {
	names := map[string]string{"aggregate": "stateStoreSave", "dedup": "dedupe", "session": "sessionWindowStateStoreSaveExec"} // Spark's
	return groupTasks{id: b.stateID(kind), name: names[kind], agg: agg, dedups: kind == "dedup"}
}

// tasksOf is the number of tasks of an op that keeps groups.
func (b *Builder) tasksOf(agg *operator.Aggregation) int {
	if agg.NumKeys() == 0 {
		return 1
	}
	return b.shuffle()
}

// budget is the one budget of the state of the query.
func (b *Builder) budget() *state.Budget {
	if b.states == nil {
		b.states = state.NewBudget(b.StateBytes)
	}
	return b.states
}

// divide makes the state of each task, with groups on disk or in memory as the
// options say that make is given, and their budget.
func (s *groupTasks) divide(b *Builder, tasks int, make func(operator.StateOptions) (groupState, error)) error {
	budget := b.budget()
	s.make = func(disk bool) (groupState, error) {
		o := operator.StateOptions{Budget: budget, Disk: disk}
		if !disk {
			o.Budget = budget.OrDisk()
		}
		return make(o)
	}
	var err error
	s.states, err = s.made(tasks, b.StateDisk)
	return err
}

// made makes empty state for some tasks.
func (s *groupTasks) made(tasks int, disk bool) ([]groupState, error) {
	out := make([]groupState, tasks)
	for i := range out {
		var err error
		if out[i], err = s.make(disk); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Dump writes the groups of each task into a table.
func (s *groupTasks) Dump(tables []state.Table) error {
	for i, one := range s.states {
		if err := one.Dump(tables[i]); err != nil {
			return err
		}
	}
	return nil
}

// Spill drops the groups in memory.
func (s *groupTasks) Spill() error {
	states, err := s.made(len(s.states), true)
	if err != nil {
		return err
	}
	for _, one := range s.states {
		if err := one.Close(); err != nil {
			return err
		}
	}
	s.states = states
	return nil
}

// check closes the parts of an input, and fails, where they are not one for each
// task.
func (s *groupTasks) check(parts []Part) error {
	if len(parts) == len(s.states) {
		return nil
	}
	closeAll(parts)
	return fmt.Errorf("internal: %d parts for the state of %d tasks", len(parts), len(s.states))
}

// StateSpec describes the groups.
func (s *groupTasks) StateSpec() state.Spec {
	spec := s.agg.StateSpec(s.id)
	spec.Spaces = append(spec.Spaces, s.life.Spaces(spec.Spaces[0].Key)...)
	return spec
}

// StateTasks divides the key groups evenly.
func (s *groupTasks) StateTasks() ([]state.Range, state.Kind) {
	return state.Ranges(len(s.states)), s.states[0].Kind()
}

// Attach gives each task its table and restores what it holds.
func (s *groupTasks) Attach(tables []state.Table) error {
	for i, one := range s.states {
		if err := one.Attach(tables[i]); err != nil {
			return err
		}
	}
	return nil
}

// Flush records the groups that the batch changed.
func (s *groupTasks) Flush() error {
	for _, one := range s.states {
		if err := one.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Due tells whether groups go at the watermark, or are forgotten.
func (s *groupTasks) Due(wm, now int64) bool {
	if due, ok := s.NextTime(); ok && due.UnixMicro() <= now {
		return true
	}
	for _, one := range s.states {
		if one.Due(wm) {
			return true
		}
	}
	return false
}

// Commit keeps what the batch changed.
func (s *groupTasks) Commit() error {
	for _, one := range s.states {
		if err := one.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// Rollback undoes what the batch changed.
func (s *groupTasks) Rollback() {
	for _, one := range s.states {
		one.Rollback()
	}
}

// progress sums up the tasks' state.
func (s *groupTasks) progress(late int64) StateProgress {
	p := StateProgress{Name: s.name, Tasks: len(s.states), Late: late}
	duplicates, slots := int64(0), int64(0)
	for _, one := range s.states {
		st := one.Stats()
		p.Rows, p.Updated, p.Removed, p.Bytes = p.Rows+st.Rows, p.Updated+st.Updated, p.Removed+st.Removed, p.Bytes+st.Bytes
		w := one.Work()
		p.Work, duplicates, slots = p.Work.Add(w.Work), duplicates+w.Duplicates, slots+w.Slots
	}
	p.Custom = map[Metric]int64{GroupSlots: slots}
	if s.dedups {
		p.Custom[DroppedDuplicates] = duplicates
	}
	return p
}
