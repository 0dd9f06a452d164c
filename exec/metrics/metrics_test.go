package metrics

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/dataframe/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scrape returns the lines about queries.
func scrape(t *testing.T, m *Metrics) map[string]string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != 200 {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	out := map[string]string{}
	for line := range strings.Lines(answer.Body.String()) {
		if at := strings.LastIndexByte(line, ' '); strings.HasPrefix(line, "riffle_query_") {
			out[strings.TrimPrefix(line[:at], "riffle_query_")] = strings.TrimSpace(line[at+1:])
		}
	}
	return out
}

func progress(id int64) *engine.Progress {
	return &engine.Progress{BatchID: id, NumInputRows: 100, Sink: engine.SinkProgress{NumOutputRows: 7},
		EventTime: map[string]string{"watermark": "2026-03-01T10:00:00.000Z"},
		StateOperators: []engine.StateProgress{{OperatorName: "aggregate", NumRowsTotal: 5, MemoryUsedBytes: 500, NumRowsUpdated: 3, NumRowsRemoved: 2,
			Updates: time.Millisecond, Removals: 2 * time.Microsecond, Commit: time.Second, CustomMetrics: map[string]int64{engine.GroupSlots: 9, engine.DeltaRows: 4}},
			{OperatorName: "aggregate", NumRowsTotal: 6, MemoryUsedBytes: 600}},
		Sources: []engine.SourceProgress{{Description: "Kafka[dns]",
			EndOffset: json.RawMessage(`{"dns":{"0":10,"1":20}}`), LatestOffset: json.RawMessage(`{"dns":{"0":13,"1":20,"2":4}}`)},
			{Description: "rate", EndOffset: json.RawMessage(`5`), LatestOffset: json.RawMessage(`6`)}},
		StateStore: &engine.StoreProgress{Backend: "disk", DeltaBytes: 70, SnapshotBytes: 90,
			Database: &engine.DatabaseProgress{DiskBytes: 11, MemoryBytes: 12, CacheHits: 13, CacheMisses: 14, Flushes: 15, FlushedBytes: 16, Compactions: 17, CompactedBytes: 18}},
		Bad:  engine.BadProgress{Dropped: 1, Quarantined: 2, Fields: map[string]int64{"ts: no number: \"x\"": 3}},
		Late: engine.LateProgress{Rows: 4}}
}

// Two batches of a query, as Prometheus sees them.
func TestSeries(t *testing.T) {
	m := New()
	m.now = func() time.Time { return time.Date(2026, 3, 1, 10, 0, 30, 0, time.UTC) }
	m.Hear(engine.Event{Kind: engine.QueryStarted, Name: "q"})
	m.Hear(engine.Event{Kind: engine.QueryProgress, Name: "q", Progress: progress(0), Took: 4 * time.Millisecond, Syncs: 4})
	m.Hear(engine.Event{Kind: engine.QueryProgress, Name: "q", Progress: progress(1), Took: 2 * time.Second, Syncs: 4})
	m.Hear(engine.Event{Kind: engine.QueryIdle, Name: "q"})
	got := scrape(t, m)
	for series, want := range map[string]string{
		`active{query="q"}`:                                                     "1",
		`failures_total{query="q"}`:                                             "0",
		`input_rows_total{query="q"}`:                                           "200",
		`processed_rows_total{query="q"}`:                                       "194",
		`sink_rows_total{query="q"}`:                                            "14",
		`batch_duration_seconds_bucket{query="q",le="0.0025"}`:                  "0",
		`batch_duration_seconds_bucket{query="q",le="0.005"}`:                   "1",
		`batch_duration_seconds_bucket{query="q",le="2.5"}`:                     "2",
		`batch_duration_seconds_count{query="q"}`:                               "2",
		`batch_duration_seconds_sum{query="q"}`:                                 "2.004",
		`last_batch_id{query="q"}`:                                              "1",
		`watermark_lag_seconds{query="q"}`:                                      "30",
		`state_rows{operator="aggregate",query="q"}`:                            "5",
		`state_rows{operator="aggregate (2)",query="q"}`:                        "6",
		`state_bytes{operator="aggregate (2)",query="q"}`:                       "600",
		`late_rows_total{query="q"}`:                                            "8",
		`bad_records_total{outcome="dropped",query="q"}`:                        "2",
		`bad_records_total{outcome="quarantined",query="q"}`:                    "4",
		`bad_fields_total{field="ts",query="q",reason="no number: \"x\""}`:      "6",
		`source_lag_rows{query="q",source="Kafka[dns]"}`:                        "7",
		`checkpoint_syncs_total{query="q"}`:                                     "8",
		`state_updated_rows_total{operator="aggregate",query="q"}`:              "6",
		`state_removed_rows_total{operator="aggregate",query="q"}`:              "4",
		`state_seconds_total{operator="aggregate",query="q",work="updates"}`:    "0.002",
		`state_seconds_total{operator="aggregate",query="q",work="removals"}`:   "4e-06",
		`state_seconds_total{operator="aggregate",query="q",work="commit"}`:     "2",
		`state_metric{metric="numGroupSlots",operator="aggregate",query="q"}`:   "9",
		`state_metric_total{metric="deltaRows",operator="aggregate",query="q"}`: "8",
		`state_delta_bytes_total{query="q"}`:                                    "140",
		`state_snapshot_bytes{query="q"}`:                                       "90",
		`state_database_bytes{in="files",query="q"}`:                            "11",
		`state_database_bytes{in="memory",query="q"}`:                           "12",
		`state_database_blocks_total{cache="hit",query="q"}`:                    "26",
		`state_database_blocks_total{cache="miss",query="q"}`:                   "28",
		`state_database_writes_total{kind="flush",query="q"}`:                   "30",
		`state_database_writes_total{kind="compaction",query="q"}`:              "34",
		`state_database_written_bytes_total{kind="flush",query="q"}`:            "32",
		`state_database_written_bytes_total{kind="compaction",query="q"}`:       "36",
	} {
		if value := got[series]; value != want {
			t.Errorf("%s is %q, want %s", series, value, want)
		}
	}
	if n := got[`source_lag_rows{query="q",source="rate"}`]; n != "" {
		t.Errorf("a source without partitions has a lag of %s", n)
	}
	if _, ok := lag(engine.SourceProgress{EndOffset: json.RawMessage(`{"dns":{"0":1}}`), LatestOffset: json.RawMessage("null")}); ok {
		t.Error("a source that does not tell its end has a lag")
	}
}

// What a named query has counted outlives it, and what describes it now does not;
// one without a name is gone when it ends.
func TestEnd(t *testing.T) {
	m := New()
	for _, name := range []string{"q", ""} {
		m.Hear(engine.Event{Kind: engine.QueryStarted, Name: name, ID: "id"})
		m.Hear(engine.Event{Kind: engine.QueryProgress, Name: name, ID: "id", Progress: progress(0)})
	}
	if got := scrape(t, m); got[`input_rows_total{query="id"}`] != "100" {
		t.Errorf("the query without a name has %v", got)
	}
	for _, name := range []string{"q", ""} {
		m.Hear(engine.Event{Kind: engine.QueryTerminated, Name: name, ID: "id", Err: errors.New("boom")})
	}
	got := scrape(t, m)
	if got[`active{query="q"}`] != "0" || got[`failures_total{query="q"}`] != "1" || got[`input_rows_total{query="q"}`] != "100" {
		t.Errorf("after its end there is %v", got)
	}
	for series := range got {
		if strings.Contains(series, `query="id"`) || strings.HasPrefix(series, "state_") && !strings.Contains(series, "_total{") || strings.HasPrefix(series, "source_lag") || strings.HasPrefix(series, "watermark") {
			t.Errorf("after the end there is %s", series)
		}
	}
	m.Hear(engine.Event{Kind: engine.QueryProgress, Name: "q", Progress: progress(1)})
	if n := scrape(t, m)[`input_rows_total{query="q"}`]; n != "200" {
		t.Errorf("a second run counts from %s", n)
	}
}
