package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

// views are the tables that a story's SQL reads.
type views map[string]plan.Node

func (v views) Table(name string) (plan.Node, bool) { n, ok := v[strings.ToLower(name)]; return n, ok }
func (v views) Names() []string                     { return nil }

// TestEventTime reads the stories of testdata/time over the streams marked, with a
// watermark of 10 minutes on at, and plain, without one, both of (at TIMESTAMP,
// host STRING, n BIGINT, gap STRING), and over the table static of the same
// columns. "sql" shows the plan of a query, the columns that carry event time, and
// what CheckWrite says of the output modes; "define NAME" keeps it as a view.
// "watermark COLUMN DELAY" and "dedup COLUMNS" are the API's, over a query.
func TestEventTime(t *testing.T) {
	datadriven.Walk(t, "testdata/time", func(t *testing.T, path string) {
		b := builder{t}
		const ddl = "at TIMESTAMP, host STRING, n BIGINT, gap STRING"
		cat := views{"plain": b.scan(ddl, true), "static": b.scan(ddl, false)}
		cat["marked"] = b.watermark(cat["plain"], "at", 10*time.Minute)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			n, err := story(cat, d)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			if d.Cmd == "define" {
				cat[d.CmdArgs[0].Key] = n
				return ""
			}
			if d.HasArg("schema") {
				return n.Schema().Tree()
			}
			return plan.Format(n) + described(n)
		})
	})
}

func story(cat views, d *datadriven.TestData) (plan.Node, error) {
	parsed, err := sql.Parse(d.Input)
	if err != nil {
		return nil, err
	}
	n, err := parsed.Bind(cat)
	if err != nil {
		return nil, err
	}
	switch d.Cmd {
	case "watermark":
		delay, err := types.ParseDuration(strings.Join(d.CmdArgs[1].Vals, " "))
		if err != nil {
			return nil, err
		}
		return plan.NewWatermark(n, d.CmdArgs[0].Key, delay)
	case "dedup", "dedupWithin":
		var names []string
		for _, a := range d.CmdArgs {
			names = append(names, a.Key)
		}
		return plan.NewDedup(n, names, d.Cmd == "dedupWithin")
	}
	return n, nil
}

// described tells what carries event time, and which output modes are possible.
func described(n plan.Node) string {
	if !plan.Streaming(n) {
		return ""
	}
	var b strings.Builder
	for _, c := range plan.EventTime(n) {
		fmt.Fprintf(&b, "event time: %s, %s", n.Schema().Field(c.Index).Name, c.Kind)
		if c.Lag != 0 {
			fmt.Fprintf(&b, ", behind by %s", plan.Span(c.Lag))
		}
		b.WriteByte('\n')
	}
	for _, m := range []plan.OutputMode{plan.Append, plan.Update, plan.Complete} {
		if err := plan.CheckWrite(&plan.Write{Input: n, Format: "memory", Mode: m}); err != nil {
			fmt.Fprintf(&b, "not %s: %v\n", m, err)
		} else if plan.Changing(n, m) {
			fmt.Fprintf(&b, "%s: with changes\n", m)
		} else {
			fmt.Fprintf(&b, "%s\n", m)
		}
	}
	return b.String()
}

// A watermark's horizon does not wrap around.
func TestHorizon(t *testing.T) {
	c := plan.EventColumn{Lag: 5}
	if c.Horizon(100) != 95 || c.Horizon(-1<<63) != -1<<63 || c.Horizon(-1<<63+2) != -1<<63 {
		t.Error(c.Horizon(100), c.Horizon(-1<<63), c.Horizon(-1<<63+2))
	}
}

func TestSpan(t *testing.T) {
	for n, want := range map[int64]string{0: "0 seconds", 600e6: "10 minutes", 5400e6: "1 hour 30 minutes", -60e6: "-1 minute", 86400e6 + 1: "1 day 1 microsecond"} {
		if got := plan.Span(n); got != want {
			t.Errorf("%d is %s, not %s", n, got, want)
		}
	}
}
