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
}

// Schema is that of the result.
func (w *Write) Schema() *types.Schema { return w.Input.Schema() }
