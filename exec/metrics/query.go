package metrics

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/riffledata/riffle/dataframe/engine"
)

// query is what is known of one query.
type query struct {
	active    bool
	failures  int
	input     int64
	output    int64
	late      int64
	dropped   int64
	jailed    int64
	syncs     int64
	fields    map[[2]string]int64 // by field and reason
	batches   uint64
	seconds   float64
	counts    [len(buckets)]uint64 // of batches that took at most as long
	last      int64
	watermark time.Time
	state     []engine.StateProgress // of the last batch
	lags      map[string]int64       // by source
	ops       map[string]*opCounts   // by operator
	store     *engine.StoreProgress  // of the last batch
	delta     int64                  // bytes, of all batches; what the database has done as well
	database  engine.DatabaseProgress
}

func newQuery() *query {
	return &query{fields: map[[2]string]int64{}, lags: map[string]int64{}, ops: map[string]*opCounts{}}
}

// batch adds one that was committed.
func (q *query) batch(e engine.Event) {
	p := e.Progress
	q.active = true
	q.input += p.NumInputRows
	q.output += p.Sink.NumOutputRows
	q.late += p.Late.Rows
	q.dropped += p.Bad.Dropped
	q.jailed += p.Bad.Quarantined
	q.syncs += e.Syncs
	for name, n := range p.Bad.Fields {
		field, reason, _ := strings.Cut(name, ": ")
		q.fields[[2]string{field, reason}] += n
	}
	q.batches++
	q.seconds += e.Took.Seconds()
	for i, most := range buckets {
		if e.Took.Seconds() <= most {
			q.counts[i]++
		}
	}
	q.last, q.state = p.BatchID, p.StateOperators
	q.addState(p)
	if at, err := time.Parse(time.RFC3339, p.EventTime["watermark"]); err == nil && at.Unix() > 0 {
		q.watermark = at
	}
	for i, s := range p.Sources {
		if behind, ok := lag(s); ok {
			q.lags[numbered(s.Description, i, func(j int) string { return p.Sources[j].Description })] = behind
		}
	}
}

// end notes that the query has ended. What it has counted stays.
func (q *query) end(e engine.Event) {
	q.active = false
	if e.Err != nil {
		q.failures++
	}
	q.watermark, q.state, q.store = time.Time{}, nil, nil
	clear(q.lags)
}

// lag is the number of offsets between the end of a batch and that of its source,
// where they are numbers by partition.
func lag(s engine.SourceProgress) (rows int64, ok bool) {
	var end, latest map[string]map[string]int64
	if json.Unmarshal(s.EndOffset, &end) != nil || json.Unmarshal(s.LatestOffset, &latest) != nil || latest == nil {
		return 0, false
	}
	for topic, parts := range latest {
		for part, at := range parts {
			rows += max(at-end[topic][part], 0)
		}
	}
	return rows, true
}

// numbered makes a name differ from those of its kind before it.
func numbered(name string, i int, of func(int) string) string {
	before := 0
	for j := range i {
		if of(j) == name {
			before++
		}
	}
	if before == 0 {
		return name
	}
	return fmt.Sprintf("%s (%d)", name, before+1)
}

// collect gives the present values.
func (q *query) collect(name string, now time.Time, to chan<- prometheus.Metric) {
	all := series()
	value := func(metric string, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(all[metric], kind, v, append([]string{name}, labels...)...)
	}
	count := func(metric string, n int64, labels ...string) {
		value(metric, prometheus.CounterValue, float64(n), labels...)
	}
	running := 0.0
	if q.active {
		running = 1
	}
	value(active, prometheus.GaugeValue, running)
	count(failures, int64(q.failures))
	count(inputRows, q.input)
	count(processedRows, q.input-q.dropped-q.jailed)
	count(sinkRows, q.output)
	count(lateRows, q.late)
	count(badRecords, q.dropped, "dropped")
	count(badRecords, q.jailed, "quarantined")
	count(syncs, q.syncs)
	for field, n := range q.fields {
		count(badFields, n, field[0], field[1])
	}
	if q.batches > 0 {
		value(lastBatch, prometheus.GaugeValue, float64(q.last))
	}
	if !q.watermark.IsZero() {
		value(watermarkLag, prometheus.GaugeValue, now.Sub(q.watermark).Seconds())
	}
	q.collectState(value)
	for source, n := range q.lags {
		value(sourceLag, prometheus.GaugeValue, float64(n), source)
	}
	to <- q.histogram(all[duration], name)
}

func (q *query) histogram(d *prometheus.Desc, name string) prometheus.Metric {
	counts := make(map[float64]uint64, len(buckets))
	for i, most := range buckets {
		counts[most] = q.counts[i]
	}
	return prometheus.MustNewConstHistogram(d, q.batches, q.seconds, counts, name)
}
