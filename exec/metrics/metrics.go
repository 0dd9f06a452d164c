package metrics

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/riffledata/riffle/dataframe/engine"
)

// Metrics are the counters of the queries of an engine. It is a
// prometheus.Collector, to be registered beside a program's own metrics; Handler
// is for programs that have none. It is safe for concurrent use.
type Metrics struct {
	now func() time.Time

	mu      sync.Mutex
	queries map[string]*query
}

// New returns metrics without a query.
func New() *Metrics { return &Metrics{now: time.Now, queries: map[string]*query{}} }

// Hear takes in an event of an engine. It does not block.
func (m *Metrics) Hear(e engine.Event) {
	name := e.Name
	if name == "" {
		name = e.ID
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queries[name]
	if q == nil {
		q = newQuery()
		m.queries[name] = q
	}
	switch e.Kind {
	case engine.QueryStarted:
		q.active = true
	case engine.QueryProgress:
		q.batch(e)
	case engine.QueryIdle:
	case engine.QueryTerminated:
		q.end(e)
		if e.Name == "" {
			delete(m.queries, name)
		}
	}
}

// Handler serves the metrics, with those of the process and of Go's runtime.
func (m *Metrics) Handler() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// Describe describes the series.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, s := range series() {
		to <- s
	}
}

// Collect gives the present values.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.queries)) {
		m.queries[name].collect(name, m.now(), to)
	}
}
