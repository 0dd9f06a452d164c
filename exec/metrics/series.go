package metrics

import "github.com/prometheus/client_golang/prometheus"

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("riffle_query_"+name, help, append([]string{"query"}, labels...), nil)
}

// names are those of the series, without riffle_query_.
const (
	active        = "active"
	failures      = "failures_total"
	inputRows     = "input_rows_total"
	processedRows = "processed_rows_total"
	sinkRows      = "sink_rows_total"
	duration      = "batch_duration_seconds"
	lastBatch     = "last_batch_id"
	watermarkLag  = "watermark_lag_seconds"
	stateRows     = "state_rows"
	stateBytes    = "state_bytes"
	stateUpdated  = "state_updated_rows_total"
	stateRemoved  = "state_removed_rows_total"
	stateSeconds  = "state_seconds_total"
	stateLevel    = "state_metric"
	stateCount    = "state_metric_total"
	deltaBytes    = "state_delta_bytes_total"
	snapshotBytes = "state_snapshot_bytes"
	dbBytes       = "state_database_bytes"
	dbBlocks      = "state_database_blocks_total"
	dbWrites      = "state_database_writes_total"
	dbWritten     = "state_database_written_bytes_total"
	lateRows      = "late_rows_total"
	badRecords    = "bad_records_total"
	badFields     = "bad_fields_total"
	sourceLag     = "source_lag_rows"
	syncs         = "checkpoint_syncs_total"
)

// series describes all there are, by name.
func series() map[string]*prometheus.Desc {
	return map[string]*prometheus.Desc{
		active:        desc(active, "1 while the query runs, 0 once it has ended"),
		failures:      desc(failures, "times the query has ended with an error"),
		inputRows:     desc(inputRows, "rows read from the sources"),
		processedRows: desc(processedRows, "rows read that could be used: not dropped, nor quarantined"),
		sinkRows:      desc(sinkRows, "rows written to the sink"),
		duration:      desc(duration, "time from asking for the end of a batch's data to its commit"),
		lastBatch:     desc(lastBatch, "number of the last batch that was committed"),
		watermarkLag:  desc(watermarkLag, "how far the watermark is behind the clock"),
		stateRows:     desc(stateRows, "rows in the state of an operator", "operator"),
		stateBytes:    desc(stateBytes, "bytes of the state of an operator", "operator"),
		stateUpdated:  desc(stateUpdated, "rows in the state of an operator that were made or changed", "operator"),
		stateRemoved:  desc(stateRemoved, "rows in the state of an operator that were let go", "operator"),
		stateSeconds:  desc(stateSeconds, "time spent on the state of an operator, over all tasks: on updates, removals and commits", "operator", "work"),
		stateLevel:    desc(stateLevel, "custom metrics of an operator with state, of which the last value counts", "operator", "metric"),
		stateCount:    desc(stateCount, "custom metrics of an operator with state, which are counts", "operator", "metric"),
		deltaBytes:    desc(deltaBytes, "changes of the state that were written to the checkpoint"),
		snapshotBytes: desc(snapshotBytes, "size of the last snapshot of the state"),
		dbBytes:       desc(dbBytes, "size of the database of state on disk: its files, and its caches in memory", "in"),
		dbBlocks:      desc(dbBlocks, "blocks that the database of state on disk has looked for, by whether they were in its cache", "cache"),
		dbWrites:      desc(dbWrites, "flushes and compactions of the database of state on disk", "kind"),
		dbWritten:     desc(dbWritten, "bytes that flushes and compactions of the database of state on disk have written", "kind"),
		lateRows:      desc(lateRows, "rows left out because they came after the watermark"),
		badRecords:    desc(badRecords, "records that could not be used, by what became of them", "outcome"),
		badFields:     desc(badFields, "fields that became null because they could not be parsed", "field", "reason"),
		sourceLag:     desc(sourceLag, "rows that were in a source when a batch ended and that no batch has read", "source"),
		syncs:         desc(syncs, "fsyncs of a checkpoint in a folder"),
	}
}

// buckets are the bounds of the durations of batches, in seconds.
var buckets = [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
