package dataframe

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
)

// The output modes of a streaming query.
const (
	// Append gives rows that will never change: results without aggregates.
	Append = plan.Append
	// Update gives the rows that changed since the batch before.
	Update = plan.Update
	// Complete gives the whole result after every batch: results of aggregates.
	Complete = plan.Complete
)

// Trigger says when a streaming query runs a batch.
type Trigger = plan.Trigger

// DefaultTrigger runs a batch as soon as there is data.
func DefaultTrigger() Trigger { return Trigger{Kind: plan.AsSoonAsPossible} }

// ProcessingTime runs at most one batch in each interval.
func ProcessingTime(every time.Duration) Trigger {
	return Trigger{Kind: plan.ProcessingTime, Interval: every}
}

// AvailableNow reads what is there when the query starts, in as many batches as
// the source's limits ask for, and ends the query.
func AvailableNow() Trigger { return Trigger{Kind: plan.AvailableNow} }

// Once reads what is there when the query starts in one batch, whatever limits
// the source has, and ends the query.
func Once() Trigger { return Trigger{Kind: plan.Once} }

// StreamWriter describes where a streaming result goes, step by step, until
// Start.
type StreamWriter struct {
	df       *DataFrame
	w        plan.Write
	function engine.BatchFunc // of Foreach and ForeachBatch, or nil
	fault    error
}

// WriteStream begins to describe a streaming query.
func (d *DataFrame) WriteStream() *StreamWriter {
	return &StreamWriter{df: d, w: plan.Write{Options: map[string]string{}, Mode: Append, Trigger: DefaultTrigger()}}
}

// Format names the kind of sink: "memory", "console".
func (w *StreamWriter) Format(name string) *StreamWriter { w.w.Format = name; return w }

// Option sets an option of the sink, or checkpointLocation. An unknown one is an
// error, which Start returns.
func (w *StreamWriter) Option(key string, value any) *StreamWriter {
	if strings.EqualFold(key, "checkpointLocation") {
		return w.Checkpoint(fmt.Sprint(value))
	}
	w.w.Options[key] = fmt.Sprint(value)
	return w
}

// Options sets several options.
func (w *StreamWriter) Options(options map[string]string) *StreamWriter {
	for key, value := range options {
		w.Option(key, value)
	}
	return w
}

// QueryName names the query, and the table of the memory sink.
func (w *StreamWriter) QueryName(name string) *StreamWriter { w.w.QueryName = name; return w }

// OutputMode says how changes leave the query. Default Append.
func (w *StreamWriter) OutputMode(mode plan.OutputMode) *StreamWriter { w.w.Mode = mode; return w }

// Trigger says when batches run. Default DefaultTrigger.
func (w *StreamWriter) Trigger(t Trigger) *StreamWriter { w.w.Trigger = t; return w }

// Quarantine keeps the records that could not be used, of this query, in a sink
// of their own: where each came from, why, and its bytes (plan.QuarantineSchema).
// They are written in the same batch as the result. name is that of the table
// for format "memory".
func (w *StreamWriter) Quarantine(format, name string, options map[string]string) *StreamWriter {
	w.w.Quarantine = &plan.SideSink{Format: format, Options: maps.Clone(options), Name: name}
	return w
}

// LateData keeps the rows that came after the watermark, of this query, in a sink
// of their own: the operator that left each out, the row as JSON and the watermark
// (plan.LateSchema). They are written in the same batch as the result. name is
// that of the table for format "memory".
func (w *StreamWriter) LateData(format, name string, options map[string]string) *StreamWriter {
	w.w.Late = &plan.SideSink{Format: format, Options: maps.Clone(options), Name: name}
	return w
}

// Checkpoint sets the store in which the query keeps where it is, so that it can
// be stopped or killed and started again: a folder, or the URL of another store.
// It is the same as Option("checkpointLocation", location).
func (w *StreamWriter) Checkpoint(location string) *StreamWriter {
	w.w.Checkpoint = location
	return w
}

// Start starts the query. It returns once the query is known to be runnable;
// the query then runs until it is stopped or fails, beyond the end of ctx too.
func (w *StreamWriter) Start(ctx context.Context) (*StreamingQuery, error) {
	if w.df.err != nil {
		return nil, w.df.err
	}
	write := w.w
	write.Options = maps.Clone(w.w.Options)
	write.Input = w.df.node
	drop, err := w.held(&write)
	if err != nil {
		return nil, at("Start", err)
	}
	if err := plan.CheckWrite(&write); err != nil {
		drop()
		return nil, at("Start", err)
	}
	q, err := w.df.session.engine.Start(ctx, &write, w.df.session.Conf().snapshot())
	if err != nil {
		drop()
		return nil, at("Start", err)
	}
	started := &StreamingQuery{q, w.df.session.out}
	w.df.session.streams.add(started)
	return started, nil
}
