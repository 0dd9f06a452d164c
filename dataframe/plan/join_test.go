package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
)

// joined returns the join that a story asks for: "join TYPE [static=SIDE]" over
// the condition, or over the names with using. The left side l has (id INT, ts
// TIMESTAMP, w window, v STRING), the right one r (id BIGINT, ts TIMESTAMP, at
// TIMESTAMP, w window, v DATE), event time being ts and, where there is one, its
// window of 10 minutes.
func joined(t *testing.T, d *datadriven.TestData) (plan.Node, error) {
	b := builder{t}
	side := func(name, ddl, list string) plan.Node {
		streaming := !d.HasArg("static") || d.CmdArgs[len(d.CmdArgs)-1].Vals[0] != name
		n := b.scan(ddl, streaming)
		if streaming {
			w, err := plan.NewWatermark(n, "ts", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			n = w
		}
		n, err := plan.NewProject(n, must(sql.ParseList(list)))
		if err != nil {
			t.Fatal(err)
		}
		return &plan.Alias{Input: n, Name: name}
	}
	l := side("l", "id INT, ts TIMESTAMP, v STRING", "id, ts, window(ts, '10 minutes') AS w, v")
	r := side("r", "id BIGINT, ts TIMESTAMP, at TIMESTAMP, v DATE", "id, ts, at, window(ts, '10 minutes') AS w, v")
	how := plan.JoinType(d.CmdArgs[0].Key)
	if d.HasArg("using") {
		return plan.NewUsingJoin(l, r, strings.Fields(d.Input), how)
	}
	var cond expr.Expr
	if d.Input != "" {
		list, err := sql.ParseList(d.Input)
		if err != nil {
			t.Fatal(err)
		}
		cond = list[0]
	}
	return plan.NewJoin(l, r, cond, how)
}

// TestJoins reads the stories of testdata/join: "join" shows the plan's first
// line and the columns, or the mistake; "bounds" the time bounds and what the
// columns of the result still carry of event time; "mode" whether a query of an
// output mode may be started.
func TestJoins(t *testing.T) {
	datadriven.Walk(t, "testdata/join", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			n, err := joined(t, d)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			switch d.Cmd {
			case "bounds":
				return boundsOf(n.(*plan.Join))
			case "mode":
				out := ""
				for _, m := range []plan.OutputMode{plan.Append, plan.Update} {
					err := plan.CheckWrite(&plan.Write{Input: n, Format: "memory", Mode: m})
					out += fmt.Sprintf("%s: %v\n", m, err)
				}
				return out
			}
			return n.String() + "\n" + n.Schema().DDL() + "\n"
		})
	})
}

func boundsOf(j *plan.Join) string {
	b, ok := plan.Bounds(j)
	if !ok {
		return "none\n"
	}
	out := b.String() + "\n"
	for _, c := range plan.EventTime(j) {
		out += fmt.Sprintf("%s %s (column %d), behind by %s\n", c.Kind, j.Schema().Field(c.Index).Name, c.Index, time.Duration(c.Lag)*time.Microsecond)
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
