package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

var (
	_ = expr.RegisterProcessor(&expr.Processor{Name: "plan/hosts@v1", Key: processorSchema("host STRING"), In: processorSchema("at TIMESTAMP"),
		Out: processorSchema("host STRING, n BIGINT")})
	_ = expr.RegisterProcessor(&expr.Processor{Name: "plan/expiring@v1", Key: processorSchema("host STRING"), In: processorSchema("n BIGINT"),
		Out: processorSchema("n BIGINT"), States: []expr.ProcessorState{{Name: "seen", Value: types.Long, TTL: time.Hour}}})
	_ = expr.RegisterProcessor(&expr.Processor{Name: "plan/timed@v1", Key: processorSchema("host STRING"), In: processorSchema("n BIGINT"),
		Out: processorSchema("host STRING, seen TIMESTAMP")})
	_ = expr.RegisterProcessor(&expr.Processor{Name: "plan/joined@v1", Key: processorSchema("host STRING"), In: types.NewSchema(),
		Out: processorSchema("host STRING, seen TIMESTAMP")})
	_ = expr.RegisterProcessor(&expr.Processor{Name: "plan/broken@v1", Key: processorSchema("host STRING"), Err: errors.New("boom")})
)

func processorSchema(ddl string) *types.Schema {
	s, err := types.ParseDDL(ddl)
	if err != nil {
		panic(err)
	}
	return s
}

func (b builder) process(in plan.Node, key string) *plan.Process {
	b.Helper()
	n, err := plan.NewProcess(in, b.exprs(key), "plan/hosts@v1", plan.NoTime, plan.Append)
	b.ok(err)
	return n
}

// A processor's input has its key, its columns, and what rows are late by.
func TestProcessColumns(t *testing.T) {
	b := builder{t}
	timed := b.watermark(b.scan("x INT, at TIMESTAMP, host STRING, n INT", true), "at", time.Minute)
	for _, c := range []struct {
		name string
		time plan.TimeMode
		want string
	}{
		{"plan/hosts@v1", plan.ByEventTime, "Project [upper(host) AS host, at]"},
		{"plan/expiring@v1", plan.ByProcessingTime, "Project [upper(host) AS host, CAST(n AS BIGINT)]"},
	} {
		n, err := plan.NewProcess(timed, b.exprs("upper(host)"), c.name, c.time, plan.Append)
		b.ok(err)
		if got := n.Input.String(); got != c.want {
			t.Errorf("%s reads %s, want %s", c.name, got, c.want)
		}
	}
	n, err := plan.NewProcess(b.watermark(b.scan("at TIMESTAMP, host STRING, n BIGINT", true), "at", 0), b.exprs("host"), "plan/hosts@v1", plan.ByEventTime, plan.Append)
	b.ok(err)
	if late := plan.LateBy(n); len(late[0]) != 1 || late[0][0].Index != 1 {
		t.Errorf("rows are late by %v", late)
	}
	n.Time = plan.ByProcessingTime
	if late := plan.LateBy(n); len(late[0]) != 0 {
		t.Errorf("rows are late by %v without event time", late)
	}
}

// What is wrong with a processor is said when the plan is made.
func TestProcessRefused(t *testing.T) {
	b := builder{t}
	rows := b.scan("host STRING, n BIGINT, at TIMESTAMP", true)
	for _, c := range []struct {
		in   plan.Node
		keys string
		name string
		time plan.TimeMode
		mode plan.OutputMode
		want string
	}{
		{rows, "host", "plan/host@v1", plan.NoTime, plan.Append, `no processor "plan/host@v1"; run it with the job's own binary`},
		{rows, "host", "plan/broken@v1", plan.NoTime, plan.Append, "cannot begin: boom"},
		{rows, "host, n", "plan/hosts@v1", plan.NoTime, plan.Append, "a key of 1 columns, and the rows are grouped by 2"},
		{rows, "array(host)", "plan/hosts@v1", plan.NoTime, plan.Append, "as string, and it is array<string>"},
		{b.stream(), "host", "plan/hosts@v1", plan.NoTime, plan.Append, "no column at in (host, n)"},
		{b.scan("host STRING, n STRING", true), "host", "plan/expiring@v1", plan.ByProcessingTime, plan.Append, `takes n as bigint, and it is string; cast it before`},
		{rows, "host", "plan/hosts@v1", plan.ByEventTime, plan.Append, "has timers by event time, and its input has no watermark"},
		{rows, "host", "plan/hosts@v1", "sometimes", plan.Append, `no time mode "sometimes"`},
		{rows, "host", "plan/hosts@v1", plan.NoTime, plan.Complete, `output mode "complete"; use append or update`},
		{rows, "host", "plan/expiring@v1", plan.NoTime, plan.Append, "the state seen of the processor plan/expiring@v1 has a time to live"},
		{rows, "host", "plan/expiring@v1", plan.ByProcessingTime, plan.Update, "gives rows without their key"},
	} {
		_, err := plan.NewProcess(c.in, b.exprs(strings.Split(c.keys, ", ")...), c.name, c.time, c.mode)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s by %s: %v, want %q", c.name, c.in, c.keys, err, c.want)
		}
	}
}

// Which processors a query takes, by its output mode.
func TestProcessModes(t *testing.T) {
	b := builder{t}
	rows := b.watermark(b.scan("host STRING, n BIGINT, at TIMESTAMP", true), "at", time.Minute)
	process := func(in plan.Node, mode plan.OutputMode) plan.Node {
		n, err := plan.NewProcess(in, b.exprs("host"), "plan/hosts@v1", plan.NoTime, mode)
		b.ok(err)
		return n
	}
	agg, err := plan.NewAggregate(rows, b.exprs("host"), b.exprs("host", "max(at) AS at"))
	b.ok(err)
	for _, c := range []struct {
		what             string
		in               plan.Node
		mode             plan.OutputMode
		want             string
		streamingChanges bool
	}{
		{"append in append", process(rows, plan.Append), plan.Append, "", false},
		{"append in update", process(rows, plan.Append), plan.Update, "", false},
		{"update in update", process(rows, plan.Update), plan.Update, "", false},
		{"update in append", process(rows, plan.Update), plan.Append, "is in output mode update, and the query in append", false},
		{"complete", process(rows, plan.Append), plan.Complete, "what it has emitted is not kept", false},
		{"counted", b.count(process(rows, plan.Append), "host"), plan.Update, "", true},
		{"updates counted", b.count(process(rows, plan.Update), "host"), plan.Update, "stands below something with state", true},
		{"of counts", process(agg, plan.Append), plan.Update, "takes rows that stay, and those of Aggregate", false},
		{"of distinct rows", process(b.distinct(rows), plan.Append), plan.Append, "", false},
	} {
		err := plan.CheckWrite(&plan.Write{Input: c.in, Format: "console", Mode: c.mode})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		if got := plan.Changing(c.in, c.mode); c.want == "" && got != c.streamingChanges {
			t.Errorf("%s takes rows back: %t", c.what, got)
		}
	}
}

// The result of a processor has event time where the user says so, as late as what
// it reads.
func TestProcessEventTime(t *testing.T) {
	b := builder{t}
	rows := b.watermark(b.scan("host STRING, n BIGINT, at TIMESTAMP", true), "at", time.Minute)
	hosts, err := plan.NewProcess(rows, b.exprs("host"), "plan/timed@v1", plan.ByEventTime, plan.Append)
	b.ok(err)
	if got := plan.EventTime(hosts); got != nil {
		t.Errorf("without a column event time is %v", got)
	}
	timed, err := hosts.WithEventTime("seen")
	b.ok(err)
	if got := plan.EventTime(timed); len(got) != 1 || got[0] != (plan.EventColumn{Index: 1}) {
		t.Errorf("event time is %v", got)
	}
	late := b.watermark(b.scan("host STRING, n BIGINT, at TIMESTAMP", true), "at", time.Minute)
	join, err := plan.NewJoin(&plan.Alias{Input: rows, Name: "l"}, &plan.Alias{Input: late, Name: "r"},
		b.exprs("l.host = r.host AND r.at >= l.at AND r.at <= l.at + INTERVAL 5 MINUTES")[0], plan.Inner)
	b.ok(err)
	of, err := plan.NewProcess(join, b.exprs("l.host"), "plan/joined@v1", plan.ByEventTime, plan.Append)
	b.ok(err)
	of, err = of.WithEventTime("seen")
	b.ok(err)
	if got := plan.EventTime(of); len(got) != 1 || got[0].Lag != (5*time.Minute).Microseconds() {
		t.Errorf("behind a join event time is %v", got)
	}
	agg, err := plan.NewAggregate(timed, b.exprs("window(seen, '1 hour')"), b.exprs("window(seen, '1 hour') AS w", "count(*) AS n"))
	b.ok(err)
	b.ok(plan.CheckWrite(&plan.Write{Input: agg, Format: "console", Mode: plan.Append}))
	agg, err = plan.NewAggregate(hosts, b.exprs("window(seen, '1 hour')"), b.exprs("window(seen, '1 hour') AS w", "count(*) AS n"))
	b.ok(err)
	if err := plan.CheckWrite(&plan.Write{Input: agg, Format: "console", Mode: plan.Append}); err == nil {
		t.Error("without event time windows of it never close, and nobody says so")
	}
}
