package engine

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Progress describes one batch of a streaming query, with the names of Spark's
// StreamingQueryProgress. What has no meaning here is left out: observedMetrics, since
// a dataframe has no observe; metrics of the sink, since sinks have none; and in
// DurationMs queryPlanning, since a query is planned once, when it starts.
type Progress struct {
	ID            string `json:"id"`
	RunID         string `json:"runId"`
	Name          string `json:"name"`
	Timestamp     string `json:"timestamp"` // start of the batch, UTC, ISO 8601
	BatchID       int64  `json:"batchId"`
	BatchDuration int64  `json:"batchDuration"` // milliseconds
	NumInputRows  int64  `json:"numInputRows"`
	// InputRowsPerSecond is by the time since the batch before began, or since the query
	// was started; ProcessedRowsPerSecond by what the batch took.
	InputRowsPerSecond     float64 `json:"inputRowsPerSecond"`
	ProcessedRowsPerSecond float64 `json:"processedRowsPerSecond"`
	// DurationMs are the milliseconds of the batch's steps, by Spark's names where it has
	// such: latestOffset, walCommit, getBatch, addBatch, stateDelta (state into the
	// checkpoint), sinkCommit, commitOffsets, commitBatch (the rest of the commit). No step
	// is part of another but of triggerExecution, which is the whole.
	DurationMs map[string]int64 `json:"durationMs"`
	// EventTime has the least, greatest and average event time of the batch (min,
	// max, avg), and the watermark, in ISO 8601; empty without a watermark.
	EventTime      map[string]string `json:"eventTime,omitempty"`
	StateOperators []StateProgress   `json:"stateOperators"`
	Sources        []SourceProgress  `json:"sources"`
	Sink           SinkProgress      `json:"sink"`
	// StateStore tells where the state is kept; nil where there is none.
	StateStore *StoreProgress `json:"stateStore,omitempty"`
	// Bad counts what could not be parsed, and Late the rows that were left out
	// because they came after the watermark. They have no twins in Spark, as has
	// StateStore.
	Bad  BadProgress  `json:"bad"`
	Late LateProgress `json:"late"`
}

// LateProgress counts the rows of a batch that came after the watermark.
type LateProgress struct {
	// Rows were left out; where the query has a sink for late data they are there.
	Rows int64 `json:"rows"`
	// ByOperator has their number for each operator with state.
	ByOperator map[string]int64 `json:"byOperator,omitempty"`
}

// SourceProgress describes what a batch read from one source.
type SourceProgress struct {
	Description string `json:"description"`
	// The batch is from StartOffset, null at the beginning, to EndOffset. LatestOffset is
	// the end of the source as it was last heard of; null where it does not tell.
	StartOffset            json.RawMessage `json:"startOffset"`
	EndOffset              json.RawMessage `json:"endOffset"`
	LatestOffset           json.RawMessage `json:"latestOffset"`
	NumInputRows           int64           `json:"numInputRows"`
	InputRowsPerSecond     float64         `json:"inputRowsPerSecond"`
	ProcessedRowsPerSecond float64         `json:"processedRowsPerSecond"`
	// Metrics are the source's own: of Kafka the least, greatest and average number
	// of offsets by which the batch's end was behind the ends of the partitions.
	Metrics map[string]string `json:"metrics,omitempty"`
}

// SinkProgress describes what a batch wrote.
type SinkProgress struct {
	Description   string `json:"description"`
	NumOutputRows int64  `json:"numOutputRows"`
}

// BadProgress counts records and fields of a batch that could not be parsed.
// Records read are good + quarantined + dropped.
type BadProgress struct {
	// Quarantined records went to the quarantine, Dropped ones nowhere.
	Quarantined int64 `json:"quarantined"`
	Dropped     int64 `json:"dropped"`
	// Fields became null, by "column: reason".
	Fields map[string]int64 `json:"fields,omitempty"`
	// LastError is an example of why a record was bad.
	LastError string `json:"lastError,omitempty"`
}

// JSON returns the progress on one line, as Spark's json does. The name of a query
// without one is null.
func (p Progress) JSON() string { return strings.TrimSuffix(p.encode(""), "\n") }

// String returns the progress as indented JSON.
func (p Progress) String() string { return strings.TrimSuffix(p.encode("  "), "\n") }

func (p Progress) encode(indent string) string {
	text, err := marshal(p, indent)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// marshal leaves <, > and & in descriptions as they are.
func marshal(v any, indent string) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return out.Bytes(), err
}

// MarshalJSON writes the fields in Spark's order.
func (p Progress) MarshalJSON() ([]byte, error) {
	type fields Progress // whose id, runId and name those before them hide
	line := struct {
		ID    string  `json:"id"`
		RunID string  `json:"runId"`
		Name  *string `json:"name"`
		fields
	}{ID: p.ID, RunID: p.RunID, fields: fields(p)}
	if p.Name != "" {
		line.Name = &p.Name
	}
	return marshal(line, "")
}
