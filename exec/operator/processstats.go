package operator

import "time"

// ProcessStats tell what a batch changed: values set and removed, values among those
// removed whose time to live was over, and timers that were set, deleted by the
// processor, and fired.
type ProcessStats struct {
	Updated, Removed, Expired int64
	TimersSet, TimersDeleted  int64
	TimersFired               int64
	Work                      Work
	// Timers is the part of the work on updates that was spent on timers, Initial that
	// on what the state begins with.
	Timers, Initial time.Duration
}

// Add returns the sum of two tasks' stats.
func (s ProcessStats) Add(o ProcessStats) ProcessStats {
	return ProcessStats{Updated: s.Updated + o.Updated, Removed: s.Removed + o.Removed, Expired: s.Expired + o.Expired,
		TimersSet: s.TimersSet + o.TimersSet, TimersDeleted: s.TimersDeleted + o.TimersDeleted, TimersFired: s.TimersFired + o.TimersFired,
		Work: s.Work.Add(o.Work), Timers: s.Timers + o.Timers, Initial: s.Initial + o.Initial}
}

// Stats tell what the last batch changed.
func (s *ProcessState) Stats() ProcessStats {
	st := s.changed
	st.Work = s.watch.work
	st.Work.Updates += st.Timers
	return st
}
