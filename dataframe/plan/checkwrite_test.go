package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// Which plans a stream can give in which output mode: "" is accepted, anything
// else a part of the refusal.
func TestCheckWriteModes(t *testing.T) {
	b := builder{t}
	counted := b.count(b.stream(), "host")
	timed := b.scan("at TIMESTAMP, host STRING", true)
	marked := b.watermark(timed, "at", time.Minute)
	const (
		noAgg    = "output mode complete needs an aggregate"
		changes  = "without a watermark its rows can always change"
		endless  = "a stream has no last row"
		below    = "below an aggregate of a stream"
		replaced = "rows that it has counted may be replaced"
		mixed    = "a union of a stream with a dataframe that is none"
		static   = "reads no stream"
	)
	for _, c := range []struct {
		what                     string
		in                       plan.Node
		append, update, complete string
	}{
		{"the source", b.stream(), "", "", noAgg},
		{"filter and project", b.project(b.filter(b.stream(), "n > 1"), "upper(host) AS h"), "", "", noAgg},
		{"under a name", &plan.Alias{Input: b.stream(), Name: "t"}, "", "", noAgg},
		{"distinct", b.distinct(b.stream()), "", "", ""},
		{"duplicates", b.dedup(b.stream(), "host"), "", "", ""},
		{"union of streams", b.union(b.stream(), b.stream()), "", "", noAgg},
		{"count", counted, changes, "", ""},
		{"count of all", b.project(b.stream(), "count(1)"), changes, "", ""},
		{"count of distinct rows", b.count(b.distinct(b.stream()), "host"), changes, "", ""},
		{"count of a union", b.count(b.union(b.stream(), b.stream()), "host"), changes, "", ""},
		{"computed of a count", b.project(counted, "n * 2 AS double"), changes, "", ""},
		{"having", b.filter(counted, "n > 1"), changes, "", ""},
		{"sorted", b.sort(b.stream(), "n"), endless, endless, noAgg},
		{"limited", b.limit(b.stream(), 3, 0), "", replaced, noAgg},
		{"offset", b.limit(b.stream(), plan.All, 3), "", replaced, noAgg},
		{"limited windows", b.limit(b.count(marked, "window(at, '5 minutes')"), 3, 0), "", replaced, ""},
		{"limited distinct rows", b.limit(b.distinct(b.stream()), 3, 0), "", replaced, ""},
		{"limited counts", b.limit(counted, 3, 0), changes, replaced, ""},
		{"union of limited", b.union(b.limit(b.stream(), 3, 0), b.limit(b.stream(), 2, 1)), "", replaced, noAgg},
		{"a watermark on limited", b.count(b.watermark(b.limit(timed, 3, 0), "at", time.Minute), "at"), "", replaced, ""},
		{"count of limited counts", b.count(b.limit(counted, 3, 0), "n"), changes, replaced, "taken back by Aggregate [host]"},
		{"count of top counts", b.count(b.limit(b.sort(counted, "n"), 3, 0), "n"), changes, endless, below},
		{"sorted deep below", b.filter(b.project(b.sort(b.stream(), "n"), "n"), "n > 1"), endless, endless, noAgg},
		{"sorted count", b.sort(counted, "n"), changes, endless, ""},
		{"top counts", b.limit(b.sort(counted, "n"), 10, 0), changes, endless, ""},
		{"count of sorted", b.count(b.sort(b.stream(), "n"), "host"), endless, endless, below},
		{"count of limited", b.count(b.filter(b.limit(b.stream(), 3, 0), "n > 1"), "host"), changes, replaced, ""},
		{"count by window", b.count(marked, "window(at, '5 minutes')"), "", "", ""},
		{"count by window and name", b.keyed(marked, "host", "window(at, '5 minutes')"), "", "", ""},
		{"count by event time", b.count(marked, "at"), "", "", ""},
		{"count by the end of a window", b.count(b.project(marked, "window(at, '5 minutes').end AS e"), "e"), "", "", ""},
		{"count by the start of a window", b.count(b.project(marked, "window(at, '5 minutes').start AS s"), "s"), "", "", ""},
		{"count by the hour of event time", b.count(marked, "date_trunc('hour', at)"), "none of its keys is event time", "", ""},
		{"count by session", b.count(marked, "session_window(at, '5 minutes')"), "", "", ""},
		{"count by session without watermark", b.count(timed, "session_window(at, '5 minutes')"), changes, "", ""},
		{"sessions alone", b.keyed(timed, "session_window(at, '5 minutes')"), changes, "", ""},
		{"names alone", b.keyed(b.stream(), "host"), "", "", ""},
		{"windows of windows", b.count(b.count(marked, "window(at, '5 minutes')"), "window(window, '1 hour')"), "", "", ""},
		{"windows of the times of windows", b.count(b.count(marked, "window(at, '5 minutes')"), "window(window_time(window), '1 hour')"), "", "", ""},
		{"count of windows by another", b.count(b.count(marked, "window(at, '5 minutes')"), "n"), "none of its keys is event time", "", ""},
		{"duplicates in time", b.dedup(marked, "host", "at"), "", "", ""},
		{"union of windows", b.count(b.union(marked, marked), "window(at, '5 minutes')"), "", "", ""},
		{"union of which one side is late", b.count(b.union(marked, timed), "window(at, '5 minutes')"), changes, "", ""},
		{"count of a count", b.count(counted, "n"), changes, "", ""},
		{"count far above a count", b.count(b.filter(b.project(counted, "n"), "n > 1"), "n"), changes, "", ""},
		{"distinct counts", b.distinct(counted), changes, "", ""},
		{"union of counts", b.union(counted, counted), changes, "", ""},
		{"union with a count", b.union(b.stream(), counted), changes, "", noAgg},
		{"union with a table", b.union(b.stream(), b.table()), mixed, mixed, mixed},
		{"count of a union with a table", b.count(b.union(b.table(), b.stream()), "host"), mixed, mixed, mixed},
		{"union with a count of counts of a table", b.union(b.stream(), b.count(b.count(b.table(), "host"), "host")), mixed, mixed, mixed},
		{"a table", b.table(), static, static, static},
		{"a count of a table", b.count(b.table(), "host"), static, static, static},
		{"a union of tables", b.union(b.table(), b.table()), static, static, static},
	} {
		for mode, want := range map[plan.OutputMode]string{plan.Append: c.append, plan.Update: c.update, plan.Complete: c.complete} {
			refused(t, c.what+" in mode "+string(mode), plan.CheckWrite(&plan.Write{Input: c.in, Format: "memory", Mode: mode}), want)
		}
	}
}

// refused checks that an error says want and what to do; "" wants none.
func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: refused: %v", what, err)
		}
		return
	}
	var e *expr.Error
	if !errors.As(err, &e) || !strings.Contains(e.Msg, want) || e.Fix == "" {
		t.Errorf("%s: got %v, want a refusal that says %q and what to do", what, err, want)
	}
}

// What is wrong with a query whatever its plan.
func TestCheckWriteQuery(t *testing.T) {
	for _, c := range []struct {
		what string
		w    plan.Write
		want string
	}{
		{"no format", plan.Write{Mode: plan.Append}, "no format"},
		{"no mode", plan.Write{Format: "memory"}, `no output mode ""`},
		{"a mode in capitals", plan.Write{Format: "memory", Mode: "APPEND"}, `no output mode "APPEND"`},
		{"a negative interval", plan.Write{Format: "memory", Mode: plan.Append, Trigger: plan.Trigger{Kind: plan.ProcessingTime, Interval: -time.Second}}, "a trigger every -1s"},
		{"an interval of nothing", plan.Write{Format: "memory", Mode: plan.Append, Trigger: plan.Trigger{Kind: plan.ProcessingTime}}, ""},
		{"available now", plan.Write{Format: "memory", Mode: plan.Append, Trigger: plan.Trigger{Kind: plan.AvailableNow}}, ""},
	} {
		c.w.Input = builder{t}.stream()
		refused(t, c.what, plan.CheckWrite(&c.w), c.want)
	}
}

// A refusal leads to the mode or the step that helps.
func TestCheckWriteFixes(t *testing.T) {
	b := builder{t}
	timed := b.scan("at TIMESTAMP, host STRING", true)
	counted := b.count(b.stream(), "host")
	for _, c := range []struct {
		in    plan.Node
		mode  plan.OutputMode
		names string
		fix   string
		kind  error
	}{
		{b.stream(), plan.Complete, "complete", "append", expr.ErrAggregate},
		{counted, plan.Append, "Aggregate [host]", "complete or update", expr.ErrAggregate},
		{b.limit(b.stream(), 7, 0), plan.Update, "Limit 7", "output mode append", expr.ErrAggregate},
		{b.sort(counted, "n"), plan.Update, "Sort [n ASC NULLS FIRST]", "complete", expr.ErrAggregate},
		{b.count(b.watermark(timed, "at", time.Minute), "host"), plan.Append, "none of its keys is event time", "group by at or a window", expr.ErrAggregate},
		{b.watermark(b.count(timed, "at"), "at", time.Minute), plan.Update, "EventTimeWatermark at, 1 minute stands above Aggregate [at]", "below it", expr.ErrAggregate},
		{b.count(b.limit(counted, 1, 0), "n"), plan.Complete, "Limit 1 is not possible there", "put the limit below that", expr.ErrAggregate},
		{b.dedup(b.sort(b.stream(), "n"), "host"), plan.Complete, "below distinct rows of a stream", "result", expr.ErrAggregate},
		{b.table(), plan.Append, "stream", "ReadStream()", expr.ErrType},
		{b.stream(), "updte", "updte", "did you mean update?", expr.ErrSyntax},
	} {
		err := plan.CheckWrite(&plan.Write{Input: c.in, Format: "memory", Mode: c.mode})
		var e *expr.Error
		if !errors.As(err, &e) || !strings.Contains(e.Msg, c.names) || !strings.Contains(e.Fix, c.fix) || !errors.Is(err, c.kind) {
			t.Errorf("%s in mode %s: %v, want %q and the advice %q", c.in, c.mode, err, c.names, c.fix)
		}
	}
}
