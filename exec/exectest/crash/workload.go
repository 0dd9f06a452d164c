package crash

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// The queries that can be run.
const (
	// Copy gives each record as it is.
	Copy = "copy"
	// Staged does so too, by a function that was not declared deterministic: rows are
	// written beside the checkpoint, and shown after the commit.
	Staged = "staged"
	// Running gives each record with the number of its key's records so far, by a
	// processor with state: 1, 2, 3 ... for each key.
	Running = "running"
	// Counts gives, batch by batch, the running count of each key that the batch has,
	// with the greatest and the sum of the numbers that its records carry: 1, 2, 3 ...
	// for each key, so that both follow from the count.
	Counts = "counts"
	// Join gives the pairs of a left and a right record of one key, the right one up
	// to a second later, and the left records that have none.
	Join = "join"
)

// Workloads are all of them.
func Workloads() []string { return []string{Copy, Staged, Running, Counts, Join} }

// inputs are the topics that a workload reads.
func inputs(workload string) []string {
	if workload == Join {
		return []string{"left", "right"}
	}
	return []string{"in"}
}

// outputs are the topics that it writes.
func outputs(workload string) []string {
	if quarantines(workload) {
		return []string{"out", "bad"}
	}
	return []string{"out"}
}

// topic is the full name of a topic of the run.
func topic(prefix, name string) string { return prefix + "-" + name }

// query builds the query, up to its start.
func (j *job) query(s *dataframe.Session) (*dataframe.StreamWriter, error) {
	var out *dataframe.DataFrame
	mode := dataframe.Append
	switch j.Workload {
	case Copy, Staged:
		out = j.copy(s)
	case Running:
		out = j.running(s)
	case Counts:
		out, mode = j.counts(s), dataframe.Update
	case Join:
		out = j.join(s)
	default:
		return nil, fmt.Errorf("no workload %q; there are %q", j.Workload, Workloads())
	}
	w := out.WriteStream().Format("kafka").OutputMode(mode).Options(j.sink("out")).Option("value.format", "json")
	if quarantines(j.Workload) {
		w.Quarantine("kafka", "", j.sink("bad"))
	}
	return w, nil
}

// sink are the options of a topic that is written to.
func (j *job) sink(name string) map[string]string {
	out := map[string]string{"topic": topic(j.Prefix, name), "kafka.bootstrap.servers": j.Brokers,
		"kafka.transaction.timeout.ms": "10000", "kafka.linger.ms": "0"}
	if j.Control == AtLeastOnce {
		out["delivery"] = "at-least-once"
	}
	return out
}

func (j *job) read(s *dataframe.Session, name string) *dataframe.DataFrame {
	return j.records(s, name).Load()
}

func (j *job) records(s *dataframe.Session, name string) *dataframe.Reader {
	return s.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", j.Brokers).Option("subscribe", topic(j.Prefix, name)).
		Option("startingOffsets", "earliest").Option("maxOffsetsPerTrigger", j.Limit)
}

// same is not declared deterministic.
var same = fn.UDF1("riffle.crash/same@v1", func(n int64) int64 { return n })

func (j *job) copy(s *dataframe.Session) *dataframe.DataFrame {
	in := j.records(s, "in").Option("value.format", "json").Schema("n BIGINT").Load()
	if j.Workload == Staged {
		return in.Select(fn.Col("key"), same(fn.Col("n")).Alias("n"))
	}
	return in.Select(fn.Col("key"), fn.Col("n"))
}

func (j *job) counts(s *dataframe.Session) *dataframe.DataFrame {
	number := fn.Col("value").Cast("string").Cast("bigint")
	return j.read(s, "in").Select(fn.Col("key"), number.Alias("number")).GroupBy(fn.Col("key")).
		Agg(fn.Count().Alias("n"), fn.Max(fn.Col("number")).Alias("top"), fn.Sum(fn.Col("number")).Alias("sum"))
}

func (j *job) join(s *dataframe.Session) *dataframe.DataFrame {
	side := func(name string) *dataframe.DataFrame {
		return j.read(s, name).Select(fn.Col("key"), fn.Col("value").Cast("string").Alias("id"), fn.Col("timestamp").Alias("ts")).
			WithWatermark("ts", joinDelay).Alias(name)
	}
	on := fn.Expr("left.key = right.key AND right.ts >= left.ts AND right.ts <= left.ts + INTERVAL '1' SECOND")
	return side("left").Join(side("right"), on, dataframe.Left).
		Select(fn.Col("left.key").Alias("key"), fn.Col("left.id").Alias("l"), fn.Expr("coalesce(right.id, '-') AS r"))
}
