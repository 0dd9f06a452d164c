package stream

import (
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec/source"
)

// progress describes a batch that has been committed.
func (q *Query) progress(b *running, took time.Duration) engine.Progress {
	b.took["triggerExecution"] = took
	p := engine.Progress{ID: q.ID(), RunID: q.RunID(), Name: q.Name(), BatchID: b.plan.Batch, BatchDuration: took.Milliseconds(),
		Timestamp: b.start.UTC().Format("2006-01-02T15:04:05.000Z"), DurationMs: b.milliseconds(),
		Sink:           engine.SinkProgress{Description: q.Outputs[0].Name, NumOutputRows: b.out},
		StateOperators: []engine.StateProgress{}, Sources: []engine.SourceProgress{}}
	since := b.start.Sub(q.begun)
	q.begun = b.start
	for i, s := range q.Plan.Scans {
		now := q.reports[i].counts()
		rows := now.read - b.before[i].read
		sp := engine.SourceProgress{Description: s.Description(), StartOffset: b.from[i], EndOffset: b.to[i],
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

// milliseconds are the times of the steps, as progress has them.
func (b *running) milliseconds() map[string]int64 {
	out := make(map[string]int64, len(b.took))
	for step, took := range b.took {
		out[step] = took.Milliseconds()
	}
	return out
}

func rate(rows int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(rows) / d.Seconds()
}
