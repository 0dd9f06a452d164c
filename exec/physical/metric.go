package physical

// Metric is a number that only some kinds of state have.
type Metric uint8

// The metrics; progress has names for them.
const (
	GroupSlots        Metric = iota // places for groups in memory, free ones included
	DroppedDuplicates               // rows that a deduplication has left out
	RowsLeft                        // rows of a join by side
	RowsRight
	RegisteredTimers // timers of a processor that were set, deleted, and have fired
	DeletedTimers
	ExpiredTimers
	TimerTime     // milliseconds that timers took which fired
	ExpiredValues // values of a processor whose time to live was over
	InitialTime   // milliseconds of taking in the initial state
	NumMetrics
)
