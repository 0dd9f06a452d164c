package engine

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// Engine computes plans. It is safe for concurrent use.
type Engine interface {
	// Describe checks the format and the options of a source and returns its
	// schema. An unknown format or option is an error that names the nearest.
	Describe(ctx context.Context, read Read) (*types.Schema, error)
	// Run computes a plan that reads no stream.
	Run(ctx context.Context, p plan.Node, conf Conf) (Rows, error)
	// Start starts a streaming query. It refuses what cannot run before it
	// reads any data. The query lives on after ctx ends: Stop ends it.
	Start(ctx context.Context, w *plan.Write, conf Conf) (Query, error)
	// Hold keeps a function of this program for a streaming query: a plan.Write of
	// format "foreach" names it in its option function. It is forgotten when the
	// query ends; drop is for one that was not started.
	Hold(f BatchFunc) (name string, drop func())
	// Save computes a plan that reads no stream, and writes its result.
	Save(ctx context.Context, p plan.Node, to Target, conf Conf) error
	// Queries returns the streaming queries that are active, oldest first.
	Queries() []Query
	// Listen calls f for what happens to streaming queries from now on, one event
	// after the other, until remove is called. f may be slow: queries do not wait.
	Listen(f func(Event)) (remove func())
	// Table returns the schema of a table of the engine's catalogue.
	Table(name string) (*types.Schema, bool)
	// Tables returns the names of the tables, sorted.
	Tables() []string
	// Explain describes how a plan would be computed, after optimizing it.
	Explain(p plan.Node, conf Conf) (Explained, error)
	// Close stops all queries and waits for them.
	Close() error
}

// BatchFunc takes the rows of a micro-batch, which may be none, in order. They
// belong to the garbage collector. In output mode update a last column, _change,
// says which rows appear, 1, and which are gone, -1. A batch that runs again is
// given again, under its id.
type BatchFunc func(ctx context.Context, rows []arrow.RecordBatch, batch int64) error

// Target says where the result of a batch query goes.
type Target struct {
	Format  string
	Options map[string]string
	Mode    SaveMode
}

// SaveMode says what becomes of a result that is there already.
type SaveMode string

// The save modes, as Spark has them.
const (
	ErrorIfExists SaveMode = "errorifexists"
	AppendTo      SaveMode = "append"
	Overwrite     SaveMode = "overwrite"
	Ignore        SaveMode = "ignore"
)

// Read asks for a source.
type Read struct {
	Format    string
	Options   map[string]string
	Declared  *types.Schema // nil where the user declared none
	Streaming bool
}

// Rows is the result of a plan: a sequence of record batches. It is not safe
// for concurrent use.
type Rows interface {
	Schema() *types.Schema
	// Next returns the next record batch, which has at least one row and belongs
	// to the garbage collector, or io.EOF after the last.
	Next(ctx context.Context) (arrow.RecordBatch, error)
	// Close ends the computation. It may be called at any point.
	Close() error
}

// Explained holds the stages of a plan as text, each a tree.
type Explained struct {
	Optimized, Physical string
}

// Query is a streaming query, running or ended. It is safe for concurrent use.
type Query interface {
	// ID stays the same when a query is started again from its checkpoint;
	// RunID does not. Both are UUIDs.
	ID() string
	RunID() string
	// Name is the user's name for the query, or "".
	Name() string
	Status() Status
	// Recent returns the progress of the last batches, oldest first.
	Recent() []Progress
	// Totals sums up all batches that were committed.
	Totals() Totals
	// ProcessAllAvailable returns once all that was in the source when it was
	// called has been committed to the sink, or with the query's error.
	ProcessAllAvailable(ctx context.Context) error
	// Stop ends the query and waits for it. The running batch is dropped.
	Stop() error
	// Done is closed once the query has ended.
	Done() <-chan struct{}
	// Err is why the query failed; nil while it runs and after Stop.
	Err() error
	// Explain describes how the batches are computed.
	Explain() Explained
	// Started is when the query was started.
	Started() time.Time
}

// Totals sums up the batches of a query.
type Totals struct {
	Batches, Rows int64
	// Bad records could not be used: quarantined or dropped.
	Bad int64
	// Late rows came after the watermark and were left out.
	Late int64
	// Fields became null, by "column: reason"; see BadProgress.
	Fields map[string]int64
	// Busy is the time spent in batches.
	Busy time.Duration
}

// Status says what a query is doing, as Spark's StreamingQueryStatus does.
type Status struct {
	Message         string `json:"message"`
	IsDataAvailable bool   `json:"isDataAvailable"`
	IsTriggerActive bool   `json:"isTriggerActive"`
}
