package exec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
)

// again opens a session that shares streams and sink with others, as programs
// that are started one after the other share Kafka.
func again(t testing.TB, streams *memory.Streams, out *exectest.Collect, opts ...exec.Option) *bench {
	t.Helper()
	b := &bench{t: t, streams: streams, out: &strings.Builder{}}
	b.Session = dataframe.Open(t.Context(), exec.Local(append([]exec.Option{exec.Streams(streams), exec.WithSink(out)}, opts...)...))
	return b
}

// resumed are queries over the stream hits that are stopped and started again.
var resumed = map[string]struct {
	mode  plan.OutputMode
	query func(hits *dataframe.DataFrame) *dataframe.DataFrame
}{
	"rows": {dataframe.Append, func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.Filter("n > 0") }},
	"counts": {dataframe.Update, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Sum(fn.Col("n")).Alias("s"), fn.Max(fn.Col("n")).Alias("m"))
	}},
	"having": {dataframe.Update, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.GroupBy(fn.Col("host")).Count().Filter("count % 2 = 1")
	}},
	"complete": {dataframe.Complete, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.GroupBy(fn.Col("n")).Count()
	}},
	"count of counts": {dataframe.Update, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.GroupBy(fn.Col("host")).Count().GroupBy(fn.Col("count")).Agg(fn.Count().Alias("hosts"), fn.Max(fn.Col("host")).Alias("last"))
	}},
	"values": {dataframe.Update, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.GroupBy(fn.Col("host")).Agg(fn.CountDistinct(fn.Col("n")).Alias("d"), fn.Median(fn.Col("n")).Alias("l"), fn.Expr("mode(n)").Alias("m"))
	}},
	"values of counts": {dataframe.Update, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.GroupBy(fn.Col("host")).Count().GroupBy(fn.Col("count")).
			Agg(fn.CountDistinct(fn.Col("host")).Alias("d"), fn.Min(fn.Col("host")).Alias("first"), fn.Expr("size(collect_list(host))").Alias("hosts"), fn.Max(fn.Col("host")).Alias("last"))
	}},
	"distinct": {dataframe.Append, func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.Select(fn.Col("host")).Distinct() }},
	"limit":    {dataframe.Append, func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.Filter("n > 0").Offset(3).Limit(9) }},
	"processor": {dataframe.Append, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return dataframe.Transform(df.GroupBy(fn.Col("host")), tallies, dataframe.NoTimers, dataframe.Append)
	}},
	"join": {dataframe.Append, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.Alias("l").Join(df.Alias("r"), fn.Expr("l.n = r.n"), dataframe.Inner).Select(fn.Expr("l.host AS a"), fn.Expr("r.host AS b"))
	}},
	"outer join": {dataframe.Update, func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return df.Alias("l").Join(df.Filter("n > 1").Alias("r"), fn.Expr("l.n = r.n + 1"), dataframe.Full).Select(fn.Expr("l.host AS a"), fn.Expr("r.host AS b"))
	}},
}

// A query goes on where it ended, with its state, at any parallelism and with
// state in memory or on disk; what it has given in all is the batch answer.
func TestResume(t *testing.T) {
	for name, c := range resumed {
		for _, backend := range []string{"memory", "disk"} {
			t.Run(name+"/"+backend, func(t *testing.T) {
				streams, out, dir := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
				in := streams.Add("hits", schemaOf(t, hits))
				for round := range 4 {
					b := again(t, streams, out, exec.Cores(1+round%3))
					must(t, b.Conf().Set("riffle.state.backend", backend))
					run, err := c.query(b.ReadStream().Format("memory").Option("name", "hits").Load()).
						WriteStream().Format("collect").Checkpoint(dir).OutputMode(c.mode).Start(t.Context())
					must(t, err)
					for i := range 3 {
						in.Append(record(t, hits, []any{fmt.Sprint("h", round), int64(i)}, []any{"a", int64(round)}))
						settle(t, run)
					}
					must(t, run.Stop())
					must(t, b.Close())
				}
				b := again(t, streams, out)
				defer func() { must(t, b.Close()) }()
				rows, err := c.query(b.Read().Format("memory").Option("name", "hits").Load()).Collect(t.Context())
				must(t, err)
				var whole []string
				for _, r := range rows {
					whole = append(whole, fmt.Sprint(r))
				}
				slices.Sort(whole)
				got, err := out.Table()
				must(t, err)
				if fmt.Sprint(got) != fmt.Sprint(whole) {
					t.Errorf("batch by batch: %v\nin one batch:   %v\nbatches: %v", got, whole, out.Batches())
				}
				if n := len(out.Batches()); n != 12 {
					t.Errorf("%d batches, want 12", n)
				}
			})
		}
	}
}
