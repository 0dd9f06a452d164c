package exec_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

const hits = "host STRING, n BIGINT"

// The three output modes of the memory sink, batch by batch.
func TestOutputModes(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	counts := df.GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Sum(fn.Col("n")).Alias("s"))
	complete := start(t, counts.WriteStream().Format("memory").QueryName("complete").OutputMode(dataframe.Complete))
	update := start(t, counts.WriteStream().Format("memory").QueryName("updated").OutputMode(dataframe.Update))
	appended := start(t, df.Filter("n > 1").WriteStream().Format("memory").QueryName("appended"))
	settled := func() {
		settle(t, complete)
		settle(t, update)
		settle(t, appended)
	}
	settled()
	want(t, "nothing yet", sorted(t, b.Table("complete")), "[]")

	in.Append(record(t, hits, []any{"a", 1}, []any{"b", 2}, []any{nil, 3}))
	settled()
	first := "[[a,1,1] [b,1,2] [null,1,3]]"
	want(t, "complete", sorted(t, b.Table("complete")), first)
	want(t, "update", sorted(t, b.Table("updated")), first)
	want(t, "append", sorted(t, b.Table("appended")), "[[b,2] [null,3]]")

	in.Append(record(t, hits, []any{"a", 5}, []any{"c", 0}))
	settled()
	second := "[[a,2,6] [b,1,2] [c,1,0] [null,1,3]]"
	want(t, "complete", sorted(t, b.Table("complete")), second)
	want(t, "update", sorted(t, b.Table("updated")), second)
	want(t, "append", sorted(t, b.Table("appended")), "[[a,5] [b,2] [null,3]]")
	want(t, "SQL over it", rowsOf(t, b.SQL("SELECT host, c FROM updated WHERE c > 1 ORDER BY host")), "[[a,2]]")
	if n := update.LastProgress().Sink.NumOutputRows; n != 2 {
		t.Errorf("the second batch gave %d rows in mode update, want the 2 that changed", n)
	}
}

// Distinct keeps what it has seen from batch to batch.
func TestDistinctStream(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	q := start(t, df.Select(fn.Col("host")).Distinct().WriteStream().Format("memory").QueryName("hosts"))
	counted := start(t, df.Distinct().GroupBy(fn.Col("host")).Count().WriteStream().Format("memory").QueryName("counted").OutputMode(dataframe.Complete))
	for range 3 {
		in.Append(record(t, hits, []any{"a", 1}, []any{"b", 2}, []any{"a", 1}))
		settle(t, q)
		settle(t, counted)
	}
	want(t, "hosts", sorted(t, b.Table("hosts")), "[[a] [b]]")
	want(t, "counted", sorted(t, b.Table("counted")), "[[a,1] [b,1]]")
}

// A sort and a limit over an aggregate are those of the whole result.
func TestTopOfAggregate(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	top := df.GroupBy(fn.Col("host")).Count().OrderBy(fn.Col("count").Desc(), fn.Col("host")).Limit(2)
	q := start(t, top.WriteStream().Format("memory").QueryName("top").OutputMode(dataframe.Complete))
	in.Append(record(t, hits, []any{"a", 1}, []any{"b", 1}, []any{"b", 1}, []any{"c", 1}))
	settle(t, q)
	want(t, "first", rowsOf(t, b.Table("top")), "[[b,2] [a,1]]")
	in.Append(record(t, hits, []any{"c", 1}, []any{"c", 1}))
	settle(t, q)
	want(t, "second", rowsOf(t, b.Table("top")), "[[c,3] [b,2]]")
}

func TestTriggers(t *testing.T) {
	b := open(t)
	in, _ := b.stream("hits", hits)
	for i := range 5 {
		in.Append(record(t, hits, []any{"a", i}))
	}
	df := b.ReadStream().Format("memory").Option("name", "hits").Option("maxBatchesPerTrigger", 2).Load()

	now := start(t, df.WriteStream().Format("memory").QueryName("now").Trigger(dataframe.AvailableNow()))
	if err := now.AwaitTermination(t.Context()); err != nil {
		t.Fatal(err)
	}
	in.Append(record(t, hits, []any{"late", 9}))
	want(t, "available-now reads", len(rowsOf(t, b.Table("now"))), 5)
	want(t, "in batches", now.Totals().Batches, 3)
	if now.IsActive() {
		t.Error("a query that has read all is active")
	}
	if err := now.ProcessAllAvailable(t.Context()); err != nil {
		t.Errorf("waiting for one that has read all: %v", err)
	}

	begin := time.Now()
	slow := start(t, df.WriteStream().Format("memory").QueryName("slow").Trigger(dataframe.ProcessingTime(40*time.Millisecond)))
	settle(t, slow)
	if took := time.Since(begin); took < 60*time.Millisecond {
		t.Errorf("three batches took %v; one begins in each interval of 40 ms", took)
	}
	want(t, "processing time reads", len(rowsOf(t, b.Table("slow"))), 6)
}

func TestProgress(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	q := start(t, df.GroupBy(fn.Col("host")).Count().WriteStream().Format("memory").QueryName("p").OutputMode(dataframe.Complete))
	settle(t, q)
	if q.LastProgress() != nil {
		t.Error("progress before the first batch")
	}
	for i := range 3 {
		in.Append(record(t, hits, []any{"a", i}, []any{"b", i}))
		settle(t, q)
	}
	want(t, "batches remembered", len(q.RecentProgress()), 3)
	want(t, "total rows", q.Totals().Rows, 6)
	want(t, "status", q.Status().Message, "Waiting for data to arrive")
	p := q.LastProgress()
	if p.ID != q.ID() || p.RunID != q.RunID() || p.BatchID != 2 || p.NumInputRows != 2 || p.Sink.NumOutputRows != 2 || p.StateOperators[0].NumRowsTotal != 2 {
		t.Errorf("progress: %v", p)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", p.Timestamp); err != nil {
		t.Error(err)
	}
	want(t, "shape", shape(t, p.String()), `{bad:{dropped:0 quarantined:0} batchDuration:0 batchId:0 durationMs:{addBatch:0 commitBatch:0 commitOffsets:0 getBatch:0 latestOffset:0 sinkCommit:0 stateDelta:0 triggerExecution:0 walCommit:0} `+
		`id:"" inputRowsPerSecond:0 late:{rows:0} name:"" numInputRows:0 processedRowsPerSecond:0 runId:"" sink:{description:"" numOutputRows:0} `+
		`sources:[{description:"" endOffset:0 inputRowsPerSecond:0 latestOffset:0 numInputRows:0 processedRowsPerSecond:0 startOffset:0}] `+
		`stateOperators:[{allRemovalsTimeMs:0 allUpdatesTimeMs:0 commitTimeMs:0 customMetrics:{numGroupSlots:0} memoryUsedBytes:0 numRowsDroppedByWatermark:0 numRowsRemoved:0 numRowsTotal:0 numRowsUpdated:0 numShufflePartitions:0 numStateStoreInstances:0 operatorName:""}] `+
		`stateStore:{backend:"" deltaBytes:0 snapshotBytes:0} timestamp:""}`)
}

// shape is JSON without its values.
func shape(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(hollow(v))
}

func hollow(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = hollow(e)
		}
		text := strings.TrimPrefix(fmt.Sprint(out), "map[")
		return "{" + strings.TrimSuffix(text, "]") + "}"
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = hollow(v[i])
		}
		return out
	case float64:
		return 0
	case string:
		return `""`
	}
	return v
}

func TestStop(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	idle := start(t, df.WriteStream().Format("memory").QueryName("idle"))
	settle(t, idle)
	if err := idle.Stop(); err != nil || idle.Exception() != nil || idle.IsActive() {
		t.Errorf("stopping an idle query: %v, %v", err, idle.Exception())
	}
	if err := idle.Stop(); err != nil {
		t.Errorf("stopping it twice: %v", err)
	}
	if err := idle.ProcessAllAvailable(t.Context()); err == nil || !strings.Contains(err.Error(), "idle was stopped") {
		t.Errorf("waiting for a stopped query: %v", err)
	}

	busy := start(t, df.WriteStream().Format("memory").QueryName("busy"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			in.Append(record(t, hits, []any{"a", i}))
		}
	}()
	if err := busy.Stop(); err != nil || busy.Exception() != nil {
		t.Errorf("stopping a busy query: %v, %v", err, busy.Exception())
	}
	<-done
	waits, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	lives := start(t, df.WriteStream().Format("memory").QueryName("lives"))
	if err := lives.AwaitTermination(waits); !errors.Is(err, context.DeadlineExceeded) || !lives.IsActive() {
		t.Errorf("waiting for less than its life: %v", err)
	}
}

// A query of the same name begins anew; its table shows the new result.
func TestRestart(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	in.Append(record(t, hits, []any{"a", 1}))
	write := func() *dataframe.StreamWriter {
		return df.Select(fn.Col("host")).WriteStream().Format("memory").QueryName("again")
	}
	first := start(t, write())
	settle(t, first)
	if _, err := write().Start(t.Context()); err == nil || !strings.Contains(err.Error(), "again is running already") {
		t.Errorf("starting it twice: %v", err)
	}
	old := b.Table("again")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	want(t, "after its end", rowsOf(t, old), "[[a]]")
	in.Append(record(t, hits, []any{"b", 2}))
	second := start(t, write())
	settle(t, second)
	want(t, "started again", rowsOf(t, old), "[[a] [b]]")
	if first.RunID() == second.RunID() || len(b.Streams().Active()) != 1 {
		t.Errorf("%d active queries, run ids %s and %s", len(b.Streams().Active()), first.RunID(), second.RunID())
	}

	// With other columns, who read the old table is told.
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	third := start(t, df.Select(fn.Col("n")).WriteStream().Format("memory").QueryName("again"))
	settle(t, third)
	if _, err := old.Collect(t.Context()); err == nil || !strings.Contains(err.Error(), "again") {
		t.Errorf("reading a table whose columns have changed: %v", err)
	}
}

// Several queries of one session do not disturb each other.
func TestManyQueries(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	var all []*dataframe.StreamingQuery
	for i := range 5 {
		all = append(all, start(t, df.Filter(fn.Col("n").Mod(5).Eq(i)).WriteStream().Format("memory").QueryName(fmt.Sprint("q", i))))
	}
	want(t, "active", len(b.Streams().Active()), 5)
	for i := range 50 {
		in.Append(record(t, hits, []any{"a", i}))
	}
	for i, q := range all {
		settle(t, q)
		want(t, q.Name(), len(rowsOf(t, b.Table(fmt.Sprint("q", i)))), 10)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	for _, q := range all {
		if q.IsActive() || q.Exception() != nil {
			t.Errorf("%s after the session was closed: %v", q.Name(), q.Exception())
		}
	}
	if _, err := df.WriteStream().Format("memory").QueryName("late").Start(t.Context()); err == nil {
		t.Error("a query was started on a closed session")
	}
}
