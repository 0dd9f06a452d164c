package checkpoint

import "encoding/json"

// Format is the version of the records; another one is refused.
const Format = 1

// NoTime is the time of a watermark that there is not, NoBatch the batch before the
// first.
const (
	NoTime  = -1 << 63
	NoBatch = -1
)

// Meta is what a query is, written when it first starts.
type Meta struct {
	Format int `json:"format"`
	// ID is the query's UUID.
	ID string `json:"id"`
	// Hash names the encoding and hash of keys, KeyGroups their number.
	Hash      string `json:"hash"`
	KeyGroups int    `json:"keyGroups"`
	// Conf holds the settings that the result depends on, frozen.
	Conf map[string]string `json:"conf"`
	// Sources describe the inputs in their order, for messages.
	Sources []string `json:"sources"`
	// Mode and Sink are the output mode and the sink's format.
	Mode string `json:"mode"`
	Sink string `json:"sink"`
	// Operators are the specs of the state (state.Spec as JSON), in their order.
	Operators []json.RawMessage `json:"operators"`
	// Plan is the optimized plan as text, for people.
	Plan string `json:"plan"`
}

// Epoch is one run of a query.
type Epoch struct {
	Epoch int64 `json:"epoch"`
	// Nonce tells who wrote the record, where a write's answer was lost.
	Nonce string `json:"nonce"`
	RunID string `json:"runId"`
	Host  string `json:"host"`
	PID   int    `json:"pid"`
	// Command is what claimed the epoch where that was no run of the query:
	// "set-offsets".
	Command string `json:"command,omitempty"`
	// Plan is the optimized plan of this run as text, Operators its state's specs.
	Plan      string            `json:"plan"`
	Operators []json.RawMessage `json:"operators"`
	// PlanBytes is the query and its settings as they travel, by which a batch of
	// this run can be run again later.
	PlanBytes []byte `json:"planBytes,omitempty"`
	// Tasks is how many tasks ran at once, on which the order of rows without one
	// depends, and what operators keep by task.
	Tasks int `json:"tasks,omitempty"`
}

// Plan is the plan of a batch: all that its result depends on beside the state
// before it. Times are microseconds since 1970 in UTC.
type Plan struct {
	Epoch int64 `json:"epoch"`
	// Nonce tells who wrote the record, where a write's answer was lost.
	Nonce string `json:"nonce"`
	Batch int64  `json:"batch"`
	// From and To are the offsets of each source, in order.
	From []json.RawMessage `json:"from"`
	To   []json.RawMessage `json:"to"`
	// Pins say for each source what the offsets of To are positions in, null for one
	// that does not tell; there is none where no source does.
	Pins []json.RawMessage `json:"pins,omitempty"`
	// Time is the batch's time: what current_timestamp is. Seed is that of random
	// functions.
	Time int64  `json:"time"`
	Seed uint64 `json:"seed"`
	// Watermark and Late are those of the run; NoTime for none.
	Watermark int64 `json:"watermark"`
	Late      int64 `json:"late"`
	// Idle are the partitions, by event-time operator, that were left out of the
	// watermark since they had been silent for long.
	Idle map[string][]string `json:"idle,omitempty"`
	// Plan is a fingerprint of the optimized plan.
	Plan string `json:"plan"`
}

// Commit is the outcome of a batch.
type Commit struct {
	Epoch int64  `json:"epoch"`
	Nonce string `json:"nonce"`
	Batch int64  `json:"batch"`
	// Parent is a hash of the commit before, so that a fork is noticed.
	Parent string `json:"parent,omitempty"`
	// State says where the state after the batch is.
	State Manifest `json:"state"`
	// EventTimes holds the greatest event time seen so far, by event-time operator
	// and partition.
	EventTimes map[string]map[string]int64 `json:"eventTimes,omitempty"`
	// Heard tells when the partitions that had no row in the batch last had one: the
	// time of that batch, in microseconds.
	Heard map[string]map[string]int64 `json:"heard,omitempty"`
	// Staged names the files that hold the batch's rows, by role of the sink; empty
	// where the sinks were written before the commit.
	Staged map[string]string `json:"staged,omitempty"`
	// Rows read and written, and the state of each operator after the batch, for
	// people.
	Read    int64                `json:"read"`
	Written int64                `json:"written"`
	Sizes   map[string]StateSize `json:"sizes,omitempty"`
	// OnDisk is set where the run had the state on disk: the bytes of Sizes are then
	// not those that it would take in memory.
	OnDisk bool `json:"onDisk,omitempty"`
}

// StateSize is the size of an operator's state: pairs, and their bytes.
type StateSize struct {
	Rows  int64 `json:"rows"`
	Bytes int64 `json:"bytes"`
}

// Manifest says which files make up the state after a batch: a snapshot, and on
// it the changes of batches, oldest first.
type Manifest struct {
	Snapshot string   `json:"snapshot,omitempty"`
	Deltas   []string `json:"deltas,omitempty"`
	// Inline holds the last batch's changes where they are few.
	Inline []byte `json:"inline,omitempty"`
	// Version is the batch of the newest file, and Tip its hash, by which the next
	// one knows it as its parent.
	Version int64  `json:"version"`
	Tip     string `json:"tip,omitempty"`
}
