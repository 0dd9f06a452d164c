package exec_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/exectest/recovery"
)

// The streams of the queries that are crashed: clicks, clicks and views of hosts.
const visitSchema = "id BIGINT, host STRING, n BIGINT, ts TIMESTAMP"

func visitsOf(seed uint64, rows int) recovery.Input {
	in := recovery.Input{Schema: visitSchema}
	r, at := seeded(seed), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		at = at.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		var host any = fmt.Sprint("h", r.IntN(5))
		if r.IntN(20) == 0 {
			host = nil
		}
		early := time.Duration(r.IntN(8000)) * time.Millisecond // some too late
		in.Rows = append(in.Rows, []any{int64(i), host, int64(r.IntN(6)), at.Add(-early)})
	}
	return in
}

type frame = *dataframe.DataFrame

// staged is a function that is not declared to be deterministic: rows that it has
// made are staged.
var staged = fn.UDF1("test_staged", func(n int64) int64 { return n })

// watched has the streams' event time, and names that tell them apart.
func watched(in []frame) (l, r frame) {
	return in[0].WithWatermark("ts", "5 seconds").Alias("l"), in[1].WithWatermark("ts", "4 seconds").Alias("r")
}

// crashed are queries of every kind of operator with state, and some without.
var crashed = map[string]struct {
	mode  plan.OutputMode
	build func(in ...frame) frame
}{
	"rows": {dataframe.Append, func(in ...frame) frame {
		return in[0].Filter("n > 1").Select(fn.Expr("upper(host) AS h"), fn.Col("id"))
	}},
	"staged": {dataframe.Append, func(in ...frame) frame {
		return in[0].Filter("n > 1").Select(fn.Col("host"), staged(fn.Col("id")).Alias("id"))
	}},
	"staged counts": {dataframe.Update, func(in ...frame) frame {
		return in[0].GroupBy(fn.Col("host")).Agg(fn.Max(staged(fn.Col("n"))).Alias("m"), fn.Count().Alias("c"))
	}},
	"union": {dataframe.Append, func(in ...frame) frame { return in[0].Union(in[1]).Filter("n > 3") }},
	"aggregates": {dataframe.Update, func(in ...frame) frame {
		n := fn.Col("n")
		return in[0].GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Sum(n).Alias("s"), fn.Max(n).Alias("m"), fn.Avg(n).Alias("a"), fn.CountDistinct(n).Alias("d"))
	}},
	"complete": {dataframe.Complete, func(in ...frame) frame {
		return in[0].GroupBy(fn.Col("n")).Count().OrderBy(fn.Col("count").Desc(), fn.Col("n")).Limit(3)
	}},
	"retraction": {dataframe.Update, func(in ...frame) frame {
		return in[0].GroupBy(fn.Col("host"), fn.Col("n")).Count().GroupBy(fn.Col("count")).Agg(fn.Count().Alias("groups"), fn.Max(fn.Col("n")).Alias("m"), fn.Min(fn.Col("n")).Alias("l"))
	}},
	"values": {dataframe.Update, func(in ...frame) frame {
		return in[0].GroupBy(fn.Col("host")).Agg(fn.Expr("count(DISTINCT id % 7) AS d"), fn.Expr("percentile(n, 0.5) AS p"), fn.Expr("topk(id, 2) AS t"), fn.Expr("sum(DISTINCT n) AS s"))
	}},
	"values of counts": {dataframe.Update, func(in ...frame) frame {
		return in[0].GroupBy(fn.Col("host"), fn.Col("n")).Count().GroupBy(fn.Col("n")).Agg(fn.Expr("count(DISTINCT count) AS d"), fn.Expr("max(count) AS m"), fn.Expr("topk(count, 2) AS t"))
	}},
	"values of sessions": {dataframe.Append, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").GroupBy(fn.SessionWindow(fn.Col("ts"), "4 seconds"), fn.Col("host")).Agg(fn.Expr("count(DISTINCT n) AS d"))
	}},
	"limit": {dataframe.Append, func(in ...frame) frame {
		return in[0].Filter("n > 1").Offset(9).Limit(50).Select(fn.Col("id"), fn.Col("host"))
	}},
	"limit of windows": {dataframe.Append, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").GroupBy(fn.Window(fn.Col("ts"), "10 seconds")).Count().Limit(7)
	}},
	"counts and windows of limits": {dataframe.Append, func(in ...frame) frame {
		l, r := watched(in)
		return l.Limit(20).Union(r.Distinct().Limit(70)).GroupBy(fn.Window(fn.Col("ts"), "10 seconds")).Count()
	}},
	"count of a limit": {dataframe.Complete, func(in ...frame) frame { return in[0].Limit(70).GroupBy(fn.Col("host")).Count() }},
	"distinct":         {dataframe.Append, func(in ...frame) frame { return in[0].Select(fn.Col("host"), fn.Col("n")).Distinct() }},
	"dedup": {dataframe.Append, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").DropDuplicatesWithinWatermark("host", "n")
	}},
	"windows": {dataframe.Append, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").GroupBy(fn.Window(fn.Col("ts"), "10 seconds"), fn.Col("host")).Count()
	}},
	"sliding": {dataframe.Update, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").GroupBy(fn.SlidingWindow(fn.Col("ts"), "10 seconds", "5 seconds")).Agg(fn.Sum(fn.Col("n")).Alias("s"))
	}},
	"sessions": {dataframe.Append, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").GroupBy(fn.SessionWindow(fn.Col("ts"), "4 seconds"), fn.Col("host")).Count()
	}},
	"processor": {dataframe.Append, func(in ...frame) frame {
		return dataframe.Transform(in[0].GroupBy(fn.Col("host")), tallies, dataframe.NoTimers, dataframe.Append)
	}},
	"join": {dataframe.Append, func(in ...frame) frame {
		l, r := watched(in)
		return l.Join(r, fn.Expr("l.host = r.host AND r.ts >= l.ts AND r.ts <= l.ts + INTERVAL '6' SECOND"), dataframe.Inner).Select(fn.Expr("l.id AS a"), fn.Expr("r.id AS b"))
	}},
	"outer join": {dataframe.Append, func(in ...frame) frame {
		l, r := watched(in)
		return l.Join(r, fn.Expr("l.host = r.host AND l.n = r.n AND r.ts >= l.ts AND r.ts <= l.ts + INTERVAL '6' SECOND"), dataframe.Full).
			Select(fn.Expr("l.id AS a"), fn.Expr("r.id AS b"))
	}},
	"outer join for ever": {dataframe.Update, func(in ...frame) frame {
		return in[0].Alias("l").Join(in[1].Alias("r"), fn.Expr("l.host = r.host AND l.n = r.n + 1"), dataframe.Left).Select(fn.Expr("l.id AS a"), fn.Expr("r.id AS b"))
	}},
	"join of counts": {dataframe.Update, func(in ...frame) frame {
		l, r := in[0].GroupBy(fn.Col("host")).Count().Alias("l"), in[1].GroupBy(fn.Col("host")).Agg(fn.Max(fn.Col("n")).Alias("m")).Alias("r")
		return l.Join(r, fn.Expr("l.host = r.host"), dataframe.Left).Select(fn.Expr("l.host AS h"), fn.Expr("l.count AS c"), fn.Expr("r.m AS m"))
	}},
	"table": {dataframe.Update, func(in ...frame) frame {
		return in[0].AsTable("host").DeletedWhen("n = 0").GroupBy(fn.Col("n")).Count()
	}},
	"stream and table": {dataframe.Append, func(in ...frame) frame {
		return in[0].Alias("l").Join(in[1].AsTable("host").Alias("r"), fn.Expr("l.host = r.host"), dataframe.Left).Select(fn.Expr("l.id AS a"), fn.Expr("r.id AS b"))
	}},
}

// A time to live that nothing outlives changes no answer: its clock starts and goes on
// across crashes.
func TestCrashedWithTTL(t *testing.T) {
	for _, name := range []string{"retraction", "distinct", "outer join for ever", "table"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recovery.Check(t, recovery.Query{Inputs: []recovery.Input{visitsOf(1, 60), visitsOf(2, 60)}, Mode: crashed[name].mode, Build: crashed[name].build,
				Conf: map[string]string{"riffle.state.ttl": "1h"}}, recovery.Settings{})
		})
	}
}

// Wherever a query is crashed, however often, and with whatever parallelism it goes
// on, it gives the same, batch by batch.
func TestCrashed(t *testing.T) {
	for name, c := range crashed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recovery.Check(t, recovery.Query{Inputs: []recovery.Input{visitsOf(1, 120), visitsOf(2, 120)}, Mode: c.mode, Build: c.build}, recovery.Settings{})
		})
	}
}
