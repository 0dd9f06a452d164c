package engine

import "time"

// StateProgress describes the state of one stateful operator after a batch, with the
// names of Spark's StateOperatorProgress. Times are sums over the tasks, which run at
// once, as in Spark.
type StateProgress struct {
	// OperatorName is Spark's name for the kind of operator, where it has such a one.
	OperatorName string `json:"operatorName"`
	// NumRowsTotal is how many rows the state holds, NumRowsUpdated how many the batch
	// made or changed, NumRowsRemoved how many it let go.
	NumRowsTotal   int64 `json:"numRowsTotal"`
	NumRowsUpdated int64 `json:"numRowsUpdated"`
	// AllUpdatesTimeMs is the time of taking the batch's rows into the state,
	// AllRemovalsTimeMs that of finding and letting go what is due. Waiting for rows is
	// part of neither, unlike in Spark.
	AllUpdatesTimeMs  int64 `json:"allUpdatesTimeMs"`
	NumRowsRemoved    int64 `json:"numRowsRemoved"`
	AllRemovalsTimeMs int64 `json:"allRemovalsTimeMs"`
	// CommitTimeMs is the time of making the changes durable. What all operators do
	// together is divided by how much each has changed.
	CommitTimeMs              int64 `json:"commitTimeMs"`
	MemoryUsedBytes           int64 `json:"memoryUsedBytes"`
	NumRowsDroppedByWatermark int64 `json:"numRowsDroppedByWatermark"`
	// NumShufflePartitions is the number of tasks that the state is divided among. Each
	// has one part of the store, for all that its operator keeps.
	NumShufflePartitions   int `json:"numShufflePartitions"`
	NumStateStoreInstances int `json:"numStateStoreInstances"`
	// CustomMetrics are the operator's own: see the names below.
	CustomMetrics map[string]int64 `json:"customMetrics,omitempty"`
	// Updates, Removals and Commit are the times again, more exactly.
	Updates  time.Duration `json:"-"`
	Removals time.Duration `json:"-"`
	Commit   time.Duration `json:"-"`
}

// Custom metrics of operators with state. Those that are not levels count what the
// batch has done.
const (
	// DroppedDuplicates are rows that dropDuplicates and its like have left out.
	DroppedDuplicates = "numDroppedDuplicateRows"
	// GroupSlots are the places for groups in memory, free ones included: a level.
	GroupSlots = "numGroupSlots"
	// RowsLeft and RowsRight are the rows of a join by side: levels.
	RowsLeft  = "numRowsLeft"
	RowsRight = "numRowsRight"
	// RegisteredTimers, DeletedTimers and ExpiredTimers are those that a processor has
	// set, taken back, and seen fire; TimerTime is the time that the latter took.
	RegisteredTimers = "numRegisteredTimers"
	DeletedTimers    = "numDeletedTimers"
	ExpiredTimers    = "numExpiredTimers"
	TimerTime        = "timerProcessingTimeMs"
	// ExpiredValues are values of a processor whose time to live was over, InitialTime is
	// the time of taking in its initial state.
	ExpiredValues = "numValuesRemovedDueToTTLExpiry"
	InitialTime   = "initialStateProcessingTimeMs"
	// DeltaRows and DeltaBytes are what was written to the checkpoint, compressed.
	DeltaRows  = "deltaRows"
	DeltaBytes = "deltaBytes"
	// SnapshotBytes are the operator's in the last snapshot of this run: a level.
	SnapshotBytes = "snapshotBytes"
	// DatabaseReads are keys that were looked for in the database of state on disk, and
	// DatabaseBytesWritten the bytes of keys and values that it was given.
	DatabaseReads        = "databaseReads"
	DatabaseBytesWritten = "databaseBytesWritten"
)

// IsLevel tells whether a custom metric says how much there is after the batch, and
// not how much the batch has done.
func IsLevel(metric string) bool {
	switch metric {
	case GroupSlots, RowsLeft, RowsRight, SnapshotBytes:
		return true
	}
	return false
}

// StoreProgress describes where the state of a query is kept: one store for all of
// its operators.
type StoreProgress struct {
	// Backend is memory or disk.
	Backend string `json:"backend"`
	// DeltaBytes is what the batch wrote into the checkpoint, SnapshotBytes the size of
	// the last snapshot that this run has made; 0 before the first.
	DeltaBytes    int64 `json:"deltaBytes"`
	SnapshotBytes int64 `json:"snapshotBytes"`
	// Database describes that of state on disk, else it is nil.
	Database *DatabaseProgress `json:"database,omitempty"`
}

// DatabaseProgress describes the database of state on disk: its sizes, and what it has
// done since the batch before, also in the background.
type DatabaseProgress struct {
	DiskBytes      int64 `json:"diskBytes"`
	MemoryBytes    int64 `json:"memoryBytes"`
	CacheHits      int64 `json:"cacheHits"`
	CacheMisses    int64 `json:"cacheMisses"`
	Flushes        int64 `json:"flushes"`
	FlushedBytes   int64 `json:"flushedBytes"`
	Compactions    int64 `json:"compactions"`
	CompactedBytes int64 `json:"compactedBytes"`
}
