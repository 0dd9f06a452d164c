package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/stateread"
	"github.com/riffledata/riffle/exec/store/dir"
)

// What has not changed for the time to live leaves the result, by itself: the key of
// an aggregate, the row of a table, and what is counted over them. Keys of distinct
// are forgotten silently.
func TestStateTTL(t *testing.T) {
	for _, backend := range []string{"memory", "disk"} {
		t.Run(backend, func(t *testing.T) {
			b := open(t)
			must(t, b.Conf().Set("riffle.state.backend", backend))
			must(t, b.Conf().Set("riffle.state.ttl", "1s"))
			in, df := b.stream("hits", hits)
			counts := df.GroupBy(fn.Col("host")).Count()
			queries := map[string]*dataframe.StreamingQuery{}
			for name, c := range map[string]struct {
				df   *dataframe.DataFrame
				mode plan.OutputMode
			}{
				"updated":  {counts, dataframe.Update},
				"complete": {counts, dataframe.Complete},
				"counted":  {counts.GroupBy(fn.Col("count")).Agg(fn.Count().Alias("hosts")), dataframe.Update},
				"latest":   {df.AsTable("host"), dataframe.Update},
				"tabled":   {df.AsTable("host").GroupBy(fn.Col("n")).Count(), dataframe.Complete},
				"joined":   {df.Alias("l").Join(df.Alias("r"), fn.Expr("l.host = r.host AND l.n < r.n"), dataframe.Inner).Select(fn.Expr("l.host AS host"), fn.Expr("r.n AS n")), dataframe.Append},
				"distinct": {df.Select(fn.Col("host")).Distinct(), dataframe.Append},
				"deduped":  {df.DropDuplicates("host"), dataframe.Append},
				"sessions": {df.GroupBy(fn.SessionWindow(fn.Expr("timestamp_seconds(n)"), "5 seconds").Alias("w"), fn.Col("host")).Count().Select(fn.Col("host"), fn.Col("count")), dataframe.Complete},
			} {
				queries[name] = start(t, c.df.WriteStream().Format("memory").QueryName(name).OutputMode(c.mode))
			}
			feed := func() {
				in.Append(record(t, hits, []any{"a", 1}, []any{"b", 1}, []any{"a", 1}))
				for _, q := range queries {
					settle(t, q)
				}
			}
			feed()
			for name, rows := range map[string]string{"updated": "[[a,2] [b,1]]", "complete": "[[a,2] [b,1]]", "counted": "[[1,1] [2,1]]",
				"latest": "[[a,1] [b,1]]", "tabled": "[[1,2]]", "joined": "[]", "distinct": "[[a] [b]]", "deduped": "[[a,1] [b,1]]", "sessions": "[[a,2] [b,1]]"} {
				want(t, name, sorted(t, b.Table(name)), rows)
			}
			if ops := queries["latest"].LastProgress().StateOperators; ops[0].NumRowsTotal != 2 {
				t.Errorf("the table of 2 rows has %d", ops[0].NumRowsTotal)
			}
			for name, q := range queries {
				waitFor(t, name+" to forget", func() bool {
					p := q.LastProgress()
					removed := int64(0)
					for _, op := range p.StateOperators {
						removed += op.NumRowsRemoved
					}
					return removed >= 2
				})
				if name == "joined" || name == "distinct" || name == "deduped" {
					continue
				}
				want(t, name+" once forgotten", sorted(t, b.Table(name)), "[]")
			}
			feed()
			want(t, "counts begin anew", sorted(t, b.Table("updated")), "[[a,2] [b,1]]")
			want(t, "keys that come again", sorted(t, b.Table("distinct")), "[[a] [a] [b] [b]]")
			want(t, "rows that come again", sorted(t, b.Table("deduped")), "[[a,1] [a,1] [b,1] [b,1]]")
		})
	}
}

// The time to live may change from run to run, and be turned on and off; the state
// can be read all the while.
func TestChangingTTL(t *testing.T) {
	streams, out, place := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
	in := streams.Add("hits", schemaOf(t, hits))
	for i, ttl := range []string{"0", "1h", "30m", "0", "1h", "1ms"} {
		b := again(t, streams, out, exec.Cores(1+i%2))
		must(t, b.Conf().Set("riffle.state.ttl", ttl))
		must(t, b.Conf().Set("riffle.state.backend", []string{"memory", "disk"}[i/2%2]))
		df := b.ReadStream().Format("memory").Option("name", "hits").Load()
		q := start(t, df.AsTable("host").GroupBy(fn.Col("n")).Count().WriteStream().Format("collect").Checkpoint(place).OutputMode(dataframe.Complete))
		in.Append(record(t, hits, []any{fmt.Sprint("h", i), 1}))
		settle(t, q)
		rows, err := out.Table()
		must(t, err)
		if ttl == "1ms" {
			waitFor(t, "all to be forgotten", func() bool {
				ops := q.LastProgress().StateOperators
				return ops[0].NumRowsRemoved+ops[1].NumRowsRemoved > 0
			})
		} else {
			want(t, "with a time to live of "+ttl, fmt.Sprint(rows), fmt.Sprintf("[[1,%d]]", i+1))
		}
		must(t, q.Stop())
		files, err := dir.Open(place)
		must(t, err)
		v, err := stateread.Load(t.Context(), files, q.LastProgress().BatchID)
		must(t, err)
		times, pairs := 0, 0
		must(t, v.Each(t.Context(), stateread.Choice{}, nil, func(e stateread.Entry) error {
			if e.State == "last changes" {
				times++
				if !strings.Contains(string(e.Value), `"changed":"20`) {
					t.Errorf("the change of %s is %s", e.Key, e.Value)
				}
			} else if e.State == "table" {
				pairs++
			}
			return nil
		}))
		if ttl == "0" && times != 0 || ttl != "0" && times != pairs {
			t.Errorf("with a time to live of %s the state has %d rows and %d times of changes", ttl, pairs, times)
		}
		must(t, files.Close())
		must(t, b.Close())
	}
}

// Explain tells what bounds state, and what needs no bound since what is below it
// takes back what it forgets.
func TestExplainTTL(t *testing.T) {
	b := open(t)
	must(t, b.Conf().Set("riffle.state.ttl", "1h"))
	_, df := b.stream("hits", hits)
	for _, c := range []struct {
		df   *dataframe.DataFrame
		want int
	}{
		{df.GroupBy(fn.Col("host")).Count(), 1},
		{df.GroupBy(fn.Col("host")).Count().GroupBy(fn.Col("count")).Count(), 1},
		{df.AsTable("host").GroupBy(fn.Col("n")).Count(), 1},
		{df.Select(fn.Col("host")).Distinct().GroupBy(fn.Col("host")).Count(), 2},
		{df.GroupBy().Count(), 0},
		{df.GroupBy(fn.SessionWindow(fn.Expr("timestamp_seconds(n)"), "5 seconds")).Count(), 1},
		{df.GroupBy(fn.SessionWindow(fn.Expr("timestamp_seconds(n)"), "5 seconds")).Count().GroupBy(fn.Col("count")).Count(), 1},
		{df.Alias("l").Join(df.Alias("r"), fn.Expr("l.host = r.host"), dataframe.Inner), 1},
		{df.Alias("l").Join(df.AsTable("host").Alias("r"), fn.Expr("l.host = r.host"), dataframe.Inner), 2},
	} {
		b.out.Reset()
		must(t, c.df.Explain("extended"))
		if n := strings.Count(b.out.String(), "kept 1h0m0s after"); n != c.want {
			t.Errorf("%d states have a time to live, want %d:\n%s", n, c.want, b.out)
		}
	}
	if err := b.Conf().Set("riffle.state.ttl", "10us"); err == nil || !strings.Contains(err.Error(), "less than a millisecond") {
		t.Errorf("a time to live of 10us: %v", err)
	}
}
