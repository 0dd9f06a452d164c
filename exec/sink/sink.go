package sink

import (
	"context"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
)

// Mode says how changes of the result leave a query.
type Mode int

// The output modes, as Spark has them.
const (
	// Append adds rows that will never change.
	Append Mode = iota
	// Update gives the latest row for each key; rows that disappear have the
	// change -1.
	Update
	// Complete gives the whole result each time.
	Complete
)

// String returns the mode's name in lower case, as users write it.
func (m Mode) String() string { return [...]string{"append", "update", "complete"}[m] }

// Sink takes the results of one query, micro-batch by micro-batch.
type Sink interface {
	// Begin starts micro-batch id. The one before has been committed or aborted.
	// An id that was committed already is begun again after a restart; the sink
	// must then not show its rows twice.
	Begin(ctx context.Context, id int64) (Writer, error)
	// Close ends and waits for all that the sink has started. What was
	// committed stays.
	Close() error
}

// Writer takes the rows of one micro-batch.
type Writer interface {
	// Write takes a batch without selection. It may be called by several tasks
	// at once.
	Write(ctx context.Context, b batch.Batch) error
	// Commit makes all rows visible at once, after every task has ended well.
	Commit(ctx context.Context) error
	// Abort drops them. It does nothing after Commit.
	Abort() error
}

// Provider opens sinks of one format. It is safe for concurrent use.
type Provider interface {
	// Format is the name users give: "memory", "console".
	Format() string
	// Options lists the options that the format takes.
	Options() []option.Spec
	// Check refuses what the sink cannot do, before the query starts.
	Check(spec Spec) error
	// Open returns the sink.
	Open(ctx context.Context, spec Spec) (Sink, error)
}

// Spec is what a user asked for.
type Spec struct {
	// Options are checked against the provider's list already.
	Options option.Set
	// Schema is that of the result.
	Schema *types.Schema
	// Mode is the output mode.
	Mode Mode
	// Keys are the numbers of the columns that identify a row in mode Update;
	// empty where the result has none.
	Keys []int
	// QueryName is the name the user gave the query, or "".
	QueryName string
	// Zone is the session's time zone, in which instants are written as text;
	// nil is UTC.
	Zone *time.Location
}
