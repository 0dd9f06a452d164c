package plan

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// OutputMode says how changes of a streaming result leave the query.
type OutputMode string

// The output modes.
const (
	// Append gives rows that will never change.
	Append OutputMode = "append"
	// Update gives the rows that changed since the batch before.
	Update OutputMode = "update"
	// Complete gives the whole result after every batch.
	Complete OutputMode = "complete"
)

// TriggerKind says when a streaming query runs a batch.
type TriggerKind string

// The triggers.
const (
	// AsSoonAsPossible runs a batch whenever there is data.
	AsSoonAsPossible TriggerKind = "default"
	// ProcessingTime runs at most one batch in each interval.
	ProcessingTime TriggerKind = "processingTime"
	// AvailableNow reads what is there at the start and stops.
	AvailableNow TriggerKind = "availableNow"
	// Once reads what is there at the start in one batch, and stops.
	Once TriggerKind = "once"
)

// Trigger is a trigger with its interval, which ProcessingTime alone has.
type Trigger struct {
	Kind     TriggerKind
	Interval time.Duration
}

// String returns the trigger as progress shows it.
func (t Trigger) String() string {
	if t.Kind == ProcessingTime {
		return fmt.Sprintf("ProcessingTime(%s)", t.Interval)
	}
	return string(t.Kind)
}

// Write is a streaming query: a plan, and where its result goes. It is the root
// of what an engine starts, not a node.
type Write struct {
	Input Node
	// Format names the sink's provider; Options are those the user gave.
	Format  string
	Options map[string]string
	Mode    OutputMode
	Trigger Trigger
	// QueryName is the user's name for the query, or "".
	QueryName string
	// Quarantine is where records that could not be used go, in the same batch as
	// the result; nil drops them. Either way they are counted.
	Quarantine *SideSink
	// Late is where rows go that came after the watermark, in the same batch as the
	// result; nil drops them. Either way they are counted.
	Late *SideSink
	// Checkpoint is the store in which the query keeps where it is, a folder or a
	// URL; "" keeps nothing: the query cannot be started again where it ended.
	Checkpoint string
}

// SideSink is a sink beside that of the result: for bad records, or late rows.
type SideSink struct {
	// Format names the sink's provider; Options are those the user gave.
	Format  string
	Options map[string]string
	// Name is that of the table, where the sink makes one.
	Name string
}

// QuarantineSchema is that of the rows in a quarantine: where the record came
// from, as far as its source says so, why it could not be used, its bytes, and
// the micro-batch that read it.
var QuarantineSchema = types.NewSchema(
	types.Field{Name: "source", Type: types.String},
	types.Field{Name: "topic", Type: types.String, Nullable: true},
	types.Field{Name: "partition", Type: types.Int, Nullable: true},
	types.Field{Name: "offset", Type: types.Long, Nullable: true},
	types.Field{Name: "error", Type: types.String},
	types.Field{Name: "record", Type: types.Binary, Nullable: true},
	types.Field{Name: "batch", Type: types.Long},
)

// LateSchema is that of the rows that came too late: the operator that left them
// out, the row as JSON, the watermark at the time, and the micro-batch.
var LateSchema = types.NewSchema(
	types.Field{Name: "operator", Type: types.String},
	types.Field{Name: "row", Type: types.String},
	types.Field{Name: "watermark", Type: types.Timestamp},
	types.Field{Name: "batch", Type: types.Long},
)

// Schema is that of the result.
func (w *Write) Schema() *types.Schema { return w.Input.Schema() }
