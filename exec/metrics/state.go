package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/riffledata/riffle/dataframe/engine"
)

// opCounts is what has been counted of an operator with state.
type opCounts struct {
	updated, removed          int64
	updates, removals, commit time.Duration
	custom                    map[string]int64
}

// addState adds what a batch has done to the state.
func (q *query) addState(p *engine.Progress) {
	for i, s := range p.StateOperators {
		op := q.op(q.operator(i))
		op.updated += s.NumRowsUpdated
		op.removed += s.NumRowsRemoved
		op.updates, op.removals, op.commit = op.updates+s.Updates, op.removals+s.Removals, op.commit+s.Commit
		for metric, n := range s.CustomMetrics {
			if !engine.IsLevel(metric) {
				op.custom[metric] += n
			}
		}
	}
	if q.store = p.StateStore; q.store == nil {
		return
	}
	q.delta += q.store.DeltaBytes
	if d := q.store.Database; d != nil {
		sum := &q.database
		sum.CacheHits, sum.CacheMisses = sum.CacheHits+d.CacheHits, sum.CacheMisses+d.CacheMisses
		sum.Flushes, sum.FlushedBytes = sum.Flushes+d.Flushes, sum.FlushedBytes+d.FlushedBytes
		sum.Compactions, sum.CompactedBytes = sum.Compactions+d.Compactions, sum.CompactedBytes+d.CompactedBytes
	}
}

func (q *query) op(name string) *opCounts {
	if q.ops[name] == nil {
		q.ops[name] = &opCounts{custom: map[string]int64{}}
	}
	return q.ops[name]
}

// operator is the name of an operator of the last batch, apart from others of its
// kind.
func (q *query) operator(i int) string {
	return numbered(q.state[i].OperatorName, i, func(j int) string { return q.state[j].OperatorName })
}

// collectState gives what is known of the state.
func (q *query) collectState(value func(metric string, kind prometheus.ValueType, v float64, labels ...string)) {
	for i, s := range q.state {
		op := q.operator(i)
		value(stateRows, prometheus.GaugeValue, float64(s.NumRowsTotal), op)
		value(stateBytes, prometheus.GaugeValue, float64(s.MemoryUsedBytes), op)
		for metric, n := range s.CustomMetrics {
			if engine.IsLevel(metric) {
				value(stateLevel, prometheus.GaugeValue, float64(n), op, metric)
			}
		}
	}
	for name, op := range q.ops {
		value(stateUpdated, prometheus.CounterValue, float64(op.updated), name)
		value(stateRemoved, prometheus.CounterValue, float64(op.removed), name)
		value(stateSeconds, prometheus.CounterValue, op.updates.Seconds(), name, "updates")
		value(stateSeconds, prometheus.CounterValue, op.removals.Seconds(), name, "removals")
		value(stateSeconds, prometheus.CounterValue, op.commit.Seconds(), name, "commit")
		for metric, n := range op.custom {
			value(stateCount, prometheus.CounterValue, float64(n), name, metric)
		}
	}
	if len(q.ops) > 0 {
		value(deltaBytes, prometheus.CounterValue, float64(q.delta))
	}
	q.collectDatabase(value)
}

// collectDatabase gives what is known of the database of state on disk: its sizes
// while the query runs, and what it has done.
func (q *query) collectDatabase(value func(metric string, kind prometheus.ValueType, v float64, labels ...string)) {
	if q.store != nil {
		value(snapshotBytes, prometheus.GaugeValue, float64(q.store.SnapshotBytes))
		if d := q.store.Database; d != nil {
			value(dbBytes, prometheus.GaugeValue, float64(d.DiskBytes), "files")
			value(dbBytes, prometheus.GaugeValue, float64(d.MemoryBytes), "memory")
		}
	}
	if q.database == (engine.DatabaseProgress{}) {
		return
	}
	for _, s := range []struct {
		metric, label string
		n             int64
	}{
		{dbBlocks, "hit", q.database.CacheHits}, {dbBlocks, "miss", q.database.CacheMisses},
		{dbWrites, "flush", q.database.Flushes}, {dbWrites, "compaction", q.database.Compactions},
		{dbWritten, "flush", q.database.FlushedBytes}, {dbWritten, "compaction", q.database.CompactedBytes},
	} {
		value(s.metric, prometheus.CounterValue, float64(s.n), s.label)
	}
}
