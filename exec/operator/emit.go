package operator

import "math"

// Emit says how the changes of a stateful operator's result leave it.
type Emit int

const (
	// EmitChanges gives -1 for rows that are no longer true and +1 for those that
	// now are: what another stateful operator needs.
	EmitChanges Emit = iota
	// EmitUpdate gives the new row of each key that changed, and -1 with the last
	// row for a key that is gone: what a sink in mode update needs.
	EmitUpdate
	// EmitComplete gives the whole result.
	EmitComplete
	// EmitFinal gives rows that will never change, once the watermark says so.
	EmitFinal
)

// String returns the word that explain shows.
func (e Emit) String() string { return [...]string{"changes", "update", "complete", "final"}[e] }

// NoWatermark is the watermark of a query that has none yet: before all times.
const NoWatermark = math.MinInt64
