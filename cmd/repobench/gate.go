package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

// gate is a promise: a value of this run that must be high, or low.
type gate struct {
	name            string
	accept, stretch float64
	lower           bool // better is lower
	// value returns the figure; ok is false where its contestants did not run.
	value func(best map[string]outcome) (value float64, ok bool)
	// ofLimit says that the value compares with the limit, and is void where the
	// limit itself is too slow.
	ofLimit bool
	// wall says that the value is of elapsed time on both cores, which is worth
	// nothing while something else uses one of them.
	wall bool
}

// quiet is the speed-up of the limit that says that both cores were free. Less
// is the machine's doing: the same program has reached more.
const quiet = 1.5

// gates lists our promises. What the limit must do comes first: unless it beats
// DuckDB so many times in the same run, it is no limit.
var gates = []gate{
	{name: "limit: DuckDB's CPU / its own, 1 core", accept: 1.8, stretch: 2.05, value: ratio("duckdb/1", "limit/file/1", cpuPerRow)},
	{name: "limit: DuckDB's time / its own, 2 cores", accept: 1.6, stretch: 2.2, wall: true, value: ratio("duckdb/2", "limit/file/2", wallPerRow)},
	{name: "limit: speed-up by a second core", accept: 1.6, stretch: 1.9, wall: true, value: ratio("limit/memory/1", "limit/memory/2", wallPerRow)},
	{name: "24 columns of JSON: arrow-go's CPU / its own", accept: 12, stretch: 18, value: ratio("json24/arrow", "json24/ours", cpuPerRow)},
	{name: "24 columns of JSON: fastjson's CPU / its own", accept: 2.5, stretch: 3.5, value: ratio("json24/fastjson", "json24/ours", cpuPerRow)},
	{name: "filter, ns", accept: 8, stretch: 4, lower: true, value: one("filter/1", cpuPerRow)},
	{name: "group by 3 texts, 100k groups, ns", accept: 120, stretch: 80, lower: true, value: one("groupby/1e5", cpuPerRow)},
	{name: "registered domain, ns", accept: 70, stretch: 45, lower: true, value: one("domain/1", cpuPerRow)},
	{name: "engine: the limit's CPU / its own, 1 core", accept: 0.7, stretch: 0.9, ofLimit: true, value: ratio("limit/file/1", "engine/file/1", cpuPerRow)},
	{name: "engine: the same, columns renamed", accept: 0.7, stretch: 0.9, ofLimit: true, value: ratio("limit/file/1", "engine/renamed/1", cpuPerRow)},
	{name: "engine: the same, keys in another order", accept: 0.7, stretch: 0.9, ofLimit: true, value: ratio("limit/file/1", "engine/reordered/1", cpuPerRow)},
	{name: "engine: the same, a fourth grouping column", accept: 0.7, stretch: 0.9, ofLimit: true, value: ratio("limit/file/1", "engine/fourth/1", cpuPerRow)},
	{name: "engine: DuckDB's CPU / its own, 1 core", accept: 1, stretch: 1.8, value: ratio("duckdb/1", "engine/file/1", cpuPerRow)},
	{name: "engine: speed-up by a second core", accept: 1.6, stretch: 1.9, wall: true, value: ratio("engine/file/1", "engine/file/2", wallPerRow)},
	{name: "engine: peak memory, MB", accept: 110, stretch: 70, lower: true, value: one("engine/file/2", func(o outcome) float64 { return float64(o.Peak) / 1e6 })},
	{name: "engine: share of the collector, %", accept: 5, stretch: 3, lower: true, value: one("engine/file/1", func(o outcome) float64 { return 100 * o.GC })},
	{name: "kafka: the job's CPU / polling alone", accept: 2.5, stretch: 2.1, lower: true, value: ratio("kafka/none/job", "kafka/none/poll", cpuPerRow)},
	{name: "kafka: the same, lz4", accept: 2, stretch: 1.6, lower: true, value: ratio("kafka/lz4/job", "kafka/lz4/poll", cpuPerRow)},
	{name: "kafka: polling's time / the job's", accept: 0.7, stretch: 0.85, wall: true, value: ratio("kafka/none/poll", "kafka/none/job", wallPerRow)},
	{name: "kafka: the same, lz4", accept: 0.7, stretch: 0.85, wall: true, value: ratio("kafka/lz4/poll", "kafka/lz4/job", wallPerRow)},
}

func cpuPerRow(o outcome) float64  { return float64(o.CPU) / float64(o.Rows) }
func wallPerRow(o outcome) float64 { return float64(o.Wall) / float64(o.Rows) }

// ratio is the figure of contestant a divided by that of b.
func ratio(a, b string, figure func(outcome) float64) func(map[string]outcome) (float64, bool) {
	return func(best map[string]outcome) (float64, bool) {
		x, okX := best[a]
		y, okY := best[b]
		if !okX || !okY {
			return 0, false
		}
		return figure(x) / figure(y), true
	}
}

func one(name string, figure func(outcome) float64) func(map[string]outcome) (float64, bool) {
	return func(best map[string]outcome) (float64, bool) {
		o, ok := best[name]
		if !ok {
			return 0, false
		}
		return figure(o), true
	}
}

// verdict judges a value: ok or BELOW; missed says that it is off by more than
// the gate forgives, a fifth.
func (g gate) verdict(value float64) (word string, missed bool) {
	reached := value / g.accept
	if g.lower {
		reached = g.accept / value
	}
	if reached >= 1 {
		return "ok", false
	}
	return "BELOW", reached < 0.8
}

// bothFree tells whether both cores were free during the run.
func bothFree(best map[string]outcome) bool {
	value, ok := ratio("limit/memory/1", "limit/memory/2", wallPerRow)(best)
	return ok && value >= quiet
}

// printGates prints a line for each gate whose contestants have run, and returns
// how many were missed.
func printGates(best map[string]outcome) (missed int) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\ngate\tvalue\taccept\tstretch")
	void := false
	free := bothFree(best)
	for i, g := range gates {
		value, ok := g.value(best)
		if !ok {
			continue
		}
		word, miss := g.verdict(value)
		void = void || i == 0 && word != "ok"
		if g.ofLimit && void {
			word += ", void: the limit itself is too slow"
		}
		switch {
		case g.wall && !free && word != "ok":
			word += ", void: the machine is busy, the limit itself gains too little by a second core"
		case miss:
			missed++
		}
		fmt.Fprintf(t, "%s\t%.2f\t%g\t%g\t%s\n", g.name, value, g.accept, g.stretch, word)
	}
	_ = t.Flush()
	return missed
}
