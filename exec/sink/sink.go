package sink

import (
	"context"
	"errors"
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

// Guarantee says how often a row of the result is in the sink after failures.
type Guarantee int

// The guarantees, weakest first.
const (
	AtLeastOnce Guarantee = iota
	ExactlyOnce
)

// String returns the guarantee as explain prints it.
func (g Guarantee) String() string { return [...]string{"at-least-once", "exactly-once"}[g] }

// Sink takes the results of one query, micro-batch by micro-batch.
//
// With a checkpoint, a batch that may or may not have been committed before a
// crash is begun again, with the same rows in the same order if the plan is
// deterministic; else its rows were staged, and are the same for that reason. A
// sink that guarantees ExactlyOnce then shows each row once, whichever part of the
// batch it had shown before. Batches come in the order of their ids, and a batch
// is only begun once the one before is known to be committed in the checkpoint.
type Sink interface {
	// Begin starts micro-batch id. The one before has been committed or aborted.
	// An id that was committed already may be begun again after a restart; the sink
	// must then not show its rows twice.
	Begin(ctx context.Context, id int64) (Writer, error)
	// Guarantee says what the sink promises with a checkpoint, and why in a few
	// words: what it relies on, or what it lacks.
	Guarantee() (Guarantee, string)
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

// Progressive is a sink that knows by itself which batch it committed last, so
// that batches whose rows were staged before a crash can be published after it.
type Progressive interface {
	// LastCommitted is the last batch that is visible in all of its parts; -1 for
	// none.
	LastCommitted(ctx context.Context) (int64, error)
}

// Volatile is a provider of sinks whose content goes with the process: a query
// that writes to one needs no checkpoint.
type Volatile interface {
	Volatile() bool
}

// ErrDeposed is wrapped by an error of a sink that finds a later run of the same
// query at work: this one must end without doing anything more.
var ErrDeposed = errors.New("another run of the query has taken over")

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

// NoBatch is the batch before the first.
const NoBatch = -1

// ChangeColumn is the reserved name of the column that shows changes, +1 or -1.
const ChangeColumn = "_change"

// Spec is what a user asked for.
type Spec struct {
	// Options are checked against the provider's list already.
	Options option.Set
	// Schema is that of the result.
	Schema *types.Schema
	// Mode is the output mode.
	Mode Mode
	// Changes is set where rows may be taken back and the result has no key: batches
	// then have changes, which the sink shows as a column ChangeColumn or refuses in
	// Check. In mode Update with keys, a change of -1 is a key that is gone.
	Changes bool
	// QueryID is the query's UUID, the same after each restart from its checkpoint;
	// "" where it has none. Role tells the sinks of one query apart: "sink",
	// "quarantine", "late".
	QueryID, Role string
	// Epoch numbers the runs of the query from one checkpoint; a higher one is later.
	Epoch int64
	// Committed is the last batch that the checkpoint knows to be committed, NoBatch
	// for none.
	Committed int64
	// Keys are the numbers of the columns that identify a row in mode Update;
	// empty where the result has none.
	Keys []int
	// QueryName is the name the user gave the query, or "".
	QueryName string
	// Zone is the session's time zone, in which instants are written as text;
	// nil is UTC.
	Zone *time.Location
}
