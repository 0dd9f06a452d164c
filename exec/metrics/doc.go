// Package metrics counts what streaming queries do, for Prometheus. It listens to
// the events of an engine:
//
//	m := metrics.New()
//	engine := exec.Local(exec.Listener(m.Hear))
//	http.Handle("/metrics", m.Handler())
//
// Each series has the label query: the query's name, or its id where it has none.
// Counters of a named query go on when it is started again; those of one without a
// name end with it.
package metrics
