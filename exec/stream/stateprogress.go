package stream

import (
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/state"
)

// stateWork is how long the states of a batch took to be made durable: each op for
// itself, and all of them together.
type stateWork struct {
	own      []time.Duration // by op
	together time.Duration
}

func newStateWork(ops int) stateWork { return stateWork{own: make([]time.Duration, ops)} }

// of runs a step of an op.
func (w *stateWork) of(op int, f func() error) error {
	defer func(begin time.Time) { w.own[op] += time.Since(begin) }(time.Now())
	return f()
}

// shared runs a step of all ops.
func (w *stateWork) shared(f func() error) error {
	defer func(begin time.Time) { w.together += time.Since(begin) }(time.Now())
	return f()
}

// commitTime is the time that counts for an op which has changed so many of all
// changed pairs: its own, and as large a share of the time that nobody can tell apart.
func (w *stateWork) commitTime(op int, changed, all int64) time.Duration {
	share := 1 / float64(len(w.own))
	if all > 0 {
		share = float64(changed) / float64(all)
	}
	return w.own[op] + time.Duration(share*float64(w.together))
}

// describeState tells of the ops with state, and of where that is kept.
func (q *Query) describeState(p *engine.Progress, b *running) {
	held, all := make([]state.Stats, len(q.Plan.State)), int64(0)
	for i, s := range q.Plan.State {
		held[i] = q.held(s)
		all += held[i].Updated
	}
	for i, s := range q.Plan.State {
		st, id := withHeld(s.Progress(), held[i]), s.StateSpec().Operator
		commit := b.states.commitTime(i, held[i].Updated, all)
		p.StateOperators = append(p.StateOperators, engine.StateProgress{OperatorName: st.Name,
			NumRowsTotal: st.Rows, NumRowsUpdated: st.Updated, AllUpdatesTimeMs: st.Work.Updates.Milliseconds(),
			NumRowsRemoved: st.Removed, AllRemovalsTimeMs: st.Work.Removals.Milliseconds(),
			CommitTimeMs: commit.Milliseconds(), MemoryUsedBytes: st.Bytes, NumRowsDroppedByWatermark: st.Late,
			NumShufflePartitions: st.Tasks, NumStateStoreInstances: st.Tasks, CustomMetrics: q.customMetrics(id, st, held[i]),
			Updates: st.Work.Updates, Removals: st.Work.Removals, Commit: commit})
		if st.Late > 0 {
			if p.Late.ByOperator == nil {
				p.Late.ByOperator = map[string]int64{}
			}
			p.Late.ByOperator[id] += st.Late
		}
	}
	p.Late.Rows = q.late.count()
	if len(q.Plan.State) > 0 {
		p.StateStore = q.describeStore()
	}
}

// metricNames are what progress calls the metrics of ops.
var metricNames = [physical.NumMetrics]string{
	physical.GroupSlots: engine.GroupSlots, physical.DroppedDuplicates: engine.DroppedDuplicates,
	physical.RowsLeft: engine.RowsLeft, physical.RowsRight: engine.RowsRight,
	physical.RegisteredTimers: engine.RegisteredTimers, physical.DeletedTimers: engine.DeletedTimers,
	physical.ExpiredTimers: engine.ExpiredTimers, physical.TimerTime: engine.TimerTime,
	physical.ExpiredValues: engine.ExpiredValues, physical.InitialTime: engine.InitialTime,
}

// customMetrics are an op's own, with those of its part of the store.
func (q *Query) customMetrics(id string, st physical.StateProgress, held state.Stats) map[string]int64 {
	out := map[string]int64{}
	for m, n := range st.Custom {
		out[metricNames[m]] = n
	}
	if q.OnDisk {
		out[engine.DatabaseReads], out[engine.DatabaseBytesWritten] = held.Reads, held.Written
	}
	if q.Files != nil {
		changed := partOf(q.files.changed, id)
		out[engine.DeltaRows], out[engine.DeltaBytes] = changed.Rows, changed.Bytes
		out[engine.SnapshotBytes] = partOf(q.files.whole, id).Bytes
	}
	return out
}

// partOf is the part of a file that belongs to an op.
func partOf(file state.Info, id string) state.OperatorSize {
	for _, o := range file.Operators {
		if o.Operator == id {
			return o
		}
	}
	return state.OperatorSize{}
}

// describeStore tells where the state is kept.
func (q *Query) describeStore() *engine.StoreProgress {
	s := &engine.StoreProgress{Backend: "memory"}
	if q.Files != nil {
		s.DeltaBytes, s.SnapshotBytes = q.files.changed.Bytes, q.files.whole.Bytes
	}
	m, ok := q.State.(state.Metered)
	if !ok {
		return s
	}
	now := m.Database()
	d := now.Since(q.base)
	s.Backend, q.base = "disk", now
	s.Database = &engine.DatabaseProgress{DiskBytes: d.DiskBytes, MemoryBytes: d.MemoryBytes, CacheHits: d.CacheHits, CacheMisses: d.CacheMisses,
		Flushes: d.Flushes, FlushedBytes: d.FlushedBytes, Compactions: d.Compactions, CompactedBytes: d.CompactedBytes}
	return s
}

// stateProgress describes the state of an op, of which its tables hold a part.
func (q *Query) stateProgress(s physical.Stateful) physical.StateProgress {
	return withHeld(s.Progress(), q.held(s))
}

// held describes the tables of an op.
func (q *Query) held(s physical.Stateful) state.Stats {
	if q.State == nil {
		return state.Stats{}
	}
	return q.State.Stats(s.StateSpec().Operator)
}

// withHeld adds what the tables of an op hold.
func withHeld(p physical.StateProgress, held state.Stats) physical.StateProgress {
	if p.Bytes += held.Bytes; p.Rows == physical.CountedRows {
		if p.Rows = held.Rows; p.RowsIn != nil {
			p.Rows = p.RowsIn(held.Rows)
		}
	}
	return p
}
