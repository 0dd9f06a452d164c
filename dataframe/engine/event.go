package engine

import "time"

// EventKind says what has happened to a streaming query.
type EventKind int

// The kinds of events, as Spark's StreamingQueryListener has them.
const (
	// QueryStarted comes once a query is known to be runnable.
	QueryStarted EventKind = iota
	// QueryProgress comes after each batch that was committed.
	QueryProgress
	// QueryIdle comes when a query has found nothing new, once until it finds some.
	QueryIdle
	// QueryTerminated comes when a query has ended; Err says why it failed.
	QueryTerminated
)

// Event tells what has happened to a streaming query.
type Event struct {
	Kind            EventKind
	ID, RunID, Name string
	Time            time.Time
	// Progress is that of the batch, of QueryProgress alone.
	Progress *Progress
	// Took is how long the batch took, more exactly than Progress has it, and Syncs
	// the number of fsyncs of a checkpoint in a folder meanwhile; of QueryProgress alone.
	Took  time.Duration
	Syncs int64
	// Err is why the query failed, of QueryTerminated alone; nil if it did not. It stands
	// for both of Spark's, exception and errorClassOnException: errors have no classes.
	Err error
}
