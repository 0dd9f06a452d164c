package stream

import (
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/source"
)

// progress describes a batch that has been committed.
func (q *Query) progress(b *running, took time.Duration) engine.Progress {
	b.took["triggerExecution"] = took.Milliseconds()
	p := engine.Progress{ID: q.ID(), RunID: q.RunID(), Name: q.Name(), BatchID: b.plan.Batch, BatchDuration: took.Milliseconds(),
		Timestamp: b.start.UTC().Format("2006-01-02T15:04:05.000Z"), DurationMs: b.took,
		Sink:           engine.SinkProgress{Description: q.Outputs[0].Name, NumOutputRows: b.out},
		StateOperators: []engine.StateProgress{}, Sources: []engine.SourceProgress{}}
	since := b.start.Sub(q.lastStart())
	for i, s := range q.Plan.Scans {
		now := q.reports[i].counts()
		rows := now.read - b.before[i].read
		sp := engine.SourceProgress{Description: s.Description(), StartOffset: b.from[i], EndOffset: b.to[i], LatestOffset: b.to[i],
			NumInputRows: rows, InputRowsPerSecond: rate(rows, since), ProcessedRowsPerSecond: rate(rows, took)}
		if l, ok := s.Source.(source.Latest); ok && len(l.Latest()) > 0 {
			sp.LatestOffset = l.Latest()
		}
		if m, ok := s.Source.(source.Metered); ok {
			sp.Metrics = m.Metrics(b.to[i])
		}
		p.Sources = append(p.Sources, sp)
		p.NumInputRows += rows
		p.Bad.Dropped += now.bad - b.before[i].bad
		if p.Bad.Dropped > 0 {
			p.Bad.LastError = q.reports[i].example()
		}
	}
	p.InputRowsPerSecond, p.ProcessedRowsPerSecond = rate(p.NumInputRows, since), rate(p.NumInputRows, took)
	q.describeState(&p, b)
	p.EventTime = q.times.describe(b)
	q.describeBad(&p, b)
	if q.outputs.has(roleQuarantine) {
		p.Bad.Quarantined, p.Bad.Dropped = p.Bad.Dropped, 0
	}
	return p
}

func (q *Query) describeState(p *engine.Progress, b *running) {
	for _, s := range q.Plan.State {
		st := q.stateProgress(s)
		p.StateOperators = append(p.StateOperators, engine.StateProgress{OperatorName: st.Name, NumRowsTotal: st.Rows,
			NumRowsUpdated: st.Updated, NumRowsRemoved: st.Removed, CommitTimeMs: b.took["stateDelta"], MemoryUsedBytes: st.Bytes,
			NumRowsDroppedByWatermark: st.Late, NumShufflePartitions: st.Tasks, NumStateStoreInstances: st.Tasks})
		if st.Late > 0 {
			if p.Late.ByOperator == nil {
				p.Late.ByOperator = map[string]int64{}
			}
			p.Late.ByOperator[s.StateSpec().Operator] += st.Late
		}
	}
	p.Late.Rows = q.late.count()
}

// stateProgress describes the state of an op, of which its tables hold a part.
func (q *Query) stateProgress(s physical.Stateful) physical.StateProgress {
	p := s.Progress()
	if q.State == nil {
		return p
	}
	held := q.State.Stats(s.StateSpec().Operator)
	if p.Bytes += held.Bytes; p.Rows == physical.CountedRows {
		if p.Rows = held.Rows; p.RowsIn != nil {
			p.Rows = p.RowsIn(held.Rows)
		}
	}
	return p
}

func (q *Query) describeBad(p *engine.Progress, b *running) {
	if n := q.dropped.n.Swap(0); n > 0 {
		p.Bad.Dropped += n
		p.Bad.LastError = q.dropped.example()
	}
	for _, c := range b.bad.Counts() {
		if p.Bad.Fields == nil {
			p.Bad.Fields = map[string]int64{}
		}
		p.Bad.Fields[c.Column+": "+c.Reason] += c.N
	}
}

// lastStart is when the batch before began, or the query.
func (q *Query) lastStart() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.recent); n > 0 {
		if t, err := time.Parse(time.RFC3339, q.recent[n-1].Timestamp); err == nil {
			return t
		}
	}
	return q.started
}

func rate(rows int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(rows) / d.Seconds()
}
