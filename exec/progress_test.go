package exec_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
)

// progressQueries are queries of each kind of operator with state, over the events
// left and right, and what the state operators of their batches say in all. Of sessions it is their
// parts: two that one row brings together count, and what becomes of them.
var progressQueries = map[string]struct {
	query  func(left, right *dataframe.DataFrame) *dataframe.DataFrame
	states string
}{
	"aggregate": {func(left, _ *dataframe.DataFrame) *dataframe.DataFrame {
		return left.WithWatermark("at", "1 minute").GroupBy(fn.Window(fn.Col("at"), "5 minutes"), fn.Col("host")).Count()
	}, "stateStoreSave rows=1 updated=3 removed=2 late=1"},
	"join": {func(left, right *dataframe.DataFrame) *dataframe.DataFrame {
		return left.WithWatermark("at", "1 minute").Alias("l").Join(right.WithWatermark("at", "1 minute").Alias("r"),
			fn.Expr("l.host = r.host AND r.at BETWEEN l.at AND l.at + INTERVAL 5 MINUTES"), "inner")
	}, "symmetricHashJoin rows=2 updated=8 removed=6 late=1 numRowsLeft=1 numRowsRight=1"},
	"duplicates": {func(left, _ *dataframe.DataFrame) *dataframe.DataFrame {
		return left.WithWatermark("at", "1 minute").DropDuplicatesWithinWatermark("host")
	}, "dedupeWithinWatermark rows=1 updated=3 removed=2 late=1 numDroppedDuplicateRows=1"},
	"session": {func(left, _ *dataframe.DataFrame) *dataframe.DataFrame {
		return left.WithWatermark("at", "1 minute").GroupBy(fn.SessionWindow(fn.Col("at"), "3 minutes"), fn.Col("host")).Count()
	}, "sessionWindowStateStoreSaveExec rows=1 updated=5 removed=2 late=1"},
}

// What progress says of the state is the same wherever that is, and its times are
// parts of the batch's.
func TestStateProgress(t *testing.T) {
	const events = "at TIMESTAMP, host STRING"
	at := func(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC) }
	for name, c := range progressQueries {
		for _, backend := range []string{"memory", "disk"} {
			t.Run(name+"/"+backend, func(t *testing.T) {
				b := open(t, exec.Cores(1))
				must(t, b.Conf().Set("riffle.state.backend", backend))
				in, left := b.stream("left", events)
				other, right := b.stream("right", events)
				q := start(t, c.query(left, right).WriteStream().Format("memory").QueryName("q").Checkpoint(t.TempDir()))
				for _, rows := range [][][]any{{{at(1), "a"}, {at(2), "b"}, {at(2), "a"}}, {{at(20), "c"}}, {{at(3), "late"}}} {
					in.Append(record(t, events, rows...))
					if name == "join" && rows[0][1] != "late" {
						other.Append(record(t, events, rows...))
					}
					settle(t, q)
				}
				want(t, "states", statesOf(q.RecentProgress()), c.states)
				for _, p := range q.RecentProgress() {
					checkTimes(t, p)
					checkStore(t, p, backend)
				}
			})
		}
	}
}

// statesOf sums up what the batches say of their one operator with state.
func statesOf(batches []dataframe.Progress) string {
	var sum engine.StateProgress
	custom := map[string]int64{}
	for _, p := range batches {
		s := p.StateOperators[0]
		sum.OperatorName, sum.NumRowsTotal = s.OperatorName, s.NumRowsTotal
		sum.NumRowsUpdated += s.NumRowsUpdated
		sum.NumRowsRemoved += s.NumRowsRemoved
		sum.NumRowsDroppedByWatermark += s.NumRowsDroppedByWatermark
		for _, m := range []string{engine.DroppedDuplicates, engine.RowsLeft, engine.RowsRight} {
			if n, ok := s.CustomMetrics[m]; ok && engine.IsLevel(m) {
				custom[m] = n
			} else if ok {
				custom[m] += n
			}
		}
	}
	text := fmt.Sprintf("%s rows=%d updated=%d removed=%d late=%d", sum.OperatorName, sum.NumRowsTotal, sum.NumRowsUpdated, sum.NumRowsRemoved, sum.NumRowsDroppedByWatermark)
	for _, m := range slices.Sorted(maps.Keys(custom)) {
		text += fmt.Sprintf(" %s=%d", m, custom[m])
	}
	return text
}

// checkTimes checks that no time is part of another: with one task, all fit into the
// batch.
func checkTimes(t *testing.T, p dataframe.Progress) {
	t.Helper()
	steps := int64(0)
	for step, ms := range p.DurationMs {
		if step != "triggerExecution" {
			steps += ms
		}
	}
	if whole := p.DurationMs["triggerExecution"]; steps > whole || whole != p.BatchDuration {
		t.Errorf("batch %d: steps of %d ms in %d ms of %d: %v", p.BatchID, steps, whole, p.BatchDuration, p.DurationMs)
	}
	for _, s := range p.StateOperators {
		if s.Updates < 0 || s.Removals < 0 || s.Commit <= 0 || (s.Updates+s.Removals+s.Commit).Milliseconds() > p.BatchDuration {
			t.Errorf("batch %d of %d ms: %s took %v, %v and %v", p.BatchID, p.BatchDuration, s.OperatorName, s.Updates, s.Removals, s.Commit)
		}
		if s.NumRowsUpdated > 0 && s.Updates == 0 || s.NumRowsRemoved > 0 && s.Removals == 0 {
			t.Errorf("batch %d: %d rows updated and %d removed in no time", p.BatchID, s.NumRowsUpdated, s.NumRowsRemoved)
		}
		if s.AllUpdatesTimeMs != s.Updates.Milliseconds() || s.AllRemovalsTimeMs != s.Removals.Milliseconds() || s.CommitTimeMs != s.Commit.Milliseconds() {
			t.Errorf("the times of %v are not those of its JSON", s)
		}
	}
}

// checkStore checks what is said of the store, and of the operator's part of it.
func checkStore(t *testing.T, p dataframe.Progress, backend string) {
	t.Helper()
	want(t, "backend", p.StateStore.Backend, backend)
	m := p.StateOperators[0].CustomMetrics
	if m[engine.DeltaBytes] > p.StateStore.DeltaBytes || (m[engine.DeltaRows] > 0) != (m[engine.DeltaBytes] > 0) || p.StateOperators[0].NumRowsUpdated > 0 && m[engine.DeltaRows] == 0 {
		t.Errorf("batch %d: %v of a delta of %d bytes", p.BatchID, m, p.StateStore.DeltaBytes)
	}
	written, told := m[engine.DatabaseBytesWritten]
	if told != (backend == "disk") || (p.StateStore.Database != nil) != told || told && (written > 0) != (m[engine.DeltaRows] > 0) {
		t.Errorf("batch %d: state in %s: %v and %v", p.BatchID, backend, m, p.StateStore.Database)
	}
}

// The JSON of a batch, in Spark's order, with null for what is not there.
func TestProgressJSON(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	q := start(t, df.WriteStream().Format("memory").QueryName("plain"))
	in.Append(record(t, hits, []any{"a", 1}))
	settle(t, q)
	p := q.LastProgress()
	p.ID, p.RunID, p.Name, p.Timestamp, p.DurationMs = "1", "2", "", "2026-01-02T03:04:05.678Z", map[string]int64{"triggerExecution": 4, "addBatch": 3}
	p.BatchDuration, p.InputRowsPerSecond, p.ProcessedRowsPerSecond = 4, 0.5, 250
	p.Sink.Description = "a<b>&c"
	p.Sources[0].InputRowsPerSecond, p.Sources[0].ProcessedRowsPerSecond = 0.5, 250
	want(t, "JSON", p.JSON(), `{"id":"1","runId":"2","name":null,"timestamp":"2026-01-02T03:04:05.678Z","batchId":0,"batchDuration":4,"numInputRows":1,`+
		`"inputRowsPerSecond":0.5,"processedRowsPerSecond":250,"durationMs":{"addBatch":3,"triggerExecution":4},"stateOperators":[],`+
		`"sources":[{"description":"StreamingRelation memory [host, n]","startOffset":0,"endOffset":1,"latestOffset":1,"numInputRows":1,"inputRowsPerSecond":0.5,"processedRowsPerSecond":250}],`+
		`"sink":{"description":"a<b>&c","numOutputRows":1},"bad":{"quarantined":0,"dropped":0},"late":{"rows":0}}`)
	if text := p.String(); !strings.HasPrefix(text, "{\n  \"id\": \"1\",\n  \"runId\": \"2\",\n  \"name\": null,\n") {
		t.Errorf("indented: %s", text)
	}
}
