package engine

import "encoding/json"

// Progress describes one batch of a streaming query, with the names of Spark's
// StreamingQueryProgress.
type Progress struct {
	ID                     string           `json:"id"`
	RunID                  string           `json:"runId"`
	Name                   string           `json:"name,omitempty"`
	Timestamp              string           `json:"timestamp"` // start of the batch, UTC, ISO 8601
	BatchID                int64            `json:"batchId"`
	BatchDuration          int64            `json:"batchDuration"` // milliseconds
	NumInputRows           int64            `json:"numInputRows"`
	InputRowsPerSecond     float64          `json:"inputRowsPerSecond"`
	ProcessedRowsPerSecond float64          `json:"processedRowsPerSecond"`
	DurationMs             map[string]int64 `json:"durationMs"`
	// EventTime has the least, greatest and average event time of the batch (min,
	// max, avg), and the watermark, in ISO 8601; empty without a watermark.
	EventTime      map[string]string `json:"eventTime"`
	StateOperators []StateProgress   `json:"stateOperators"`
	Sources        []SourceProgress  `json:"sources"`
	Sink           SinkProgress      `json:"sink"`
	// Bad counts what could not be parsed, and Late the rows that were left out
	// because they came after the watermark; they have no twins in Spark.
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

// StateProgress describes the state of one stateful operator.
type StateProgress struct {
	OperatorName              string `json:"operatorName"`
	NumRowsTotal              int64  `json:"numRowsTotal"`
	NumRowsUpdated            int64  `json:"numRowsUpdated"`
	NumRowsRemoved            int64  `json:"numRowsRemoved"`
	CommitTimeMs              int64  `json:"commitTimeMs"`
	MemoryUsedBytes           int64  `json:"memoryUsedBytes"`
	NumRowsDroppedByWatermark int64  `json:"numRowsDroppedByWatermark"`
	NumShufflePartitions      int    `json:"numShufflePartitions"`
	NumStateStoreInstances    int    `json:"numStateStoreInstances"`
}

// SourceProgress describes what a batch read from one source.
type SourceProgress struct {
	Description            string          `json:"description"`
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

// String returns the progress as indented JSON.
func (p Progress) String() string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
