package source

import (
	"context"
	"encoding/json"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
)

// Offset is a position in a source, as JSON: for Kafka {"topic":{"0":17}}. Its
// text is what progress and checkpoints show. An empty offset is "before all".
// Two offsets of one source are the same place if their bytes are equal.
type Offset = json.RawMessage

// Range is a part of a source that one task reads: for Kafka one partition from
// one offset up to another.
type Range struct {
	// Split says what to read, in the source's own JSON. It means the same in
	// any process.
	Split json.RawMessage
	// Rows and Bytes are estimates for sharing work out; 0 where unknown.
	Rows, Bytes int64
	// Partition names the partition of the source that the range is of, the same in
	// every batch ("dns/3"): each has a watermark of its own underneath that of the
	// query. "" where the source has no partitions.
	Partition string
}

// Source reads one input of one query. Its methods are called by the query's
// driver alone, but for Open and the streams it returns: these may run in
// several tasks at once.
type Source interface {
	// Schema is that of the batches, in the order of Spec.Columns if given.
	Schema() *types.Schema
	// Bounds returns the whole of the source as a batch query reads it.
	Bounds(ctx context.Context) (from, to Offset, err error)
	// Initial returns where a streaming query without a checkpoint begins.
	Initial(ctx context.Context) (Offset, error)
	// Next returns where the batch that starts at from ends: as far as there is
	// data, but not beyond the source's own limit for one batch. It returns from
	// itself where there is nothing new.
	Next(ctx context.Context, from Offset) (Offset, error)
	// Wait returns once there may be data after from, or with ctx's error.
	Wait(ctx context.Context, from Offset) error
	// Plan splits [from, to) into ranges, in a fixed order.
	Plan(ctx context.Context, from, to Offset) ([]Range, error)
	// Open reads a range.
	Open(ctx context.Context, r Range) (batch.Stream, error)
	// Close ends and waits for all that the source has started.
	Close() error
}

// Freezer is a source that can fix its end: after Freeze, Next goes no further
// than what is there now. The trigger available-now needs it.
type Freezer interface {
	Freeze(ctx context.Context) error
}

// Latest is a source that knows its end without asking: the newest offset it
// has heard of, for progress. It may be empty.
type Latest interface {
	Latest() Offset
}

// Metered is a source with metrics of its own for the progress of a batch that
// ended at an offset, by Spark's names. It may be asked between any two calls of
// Next.
type Metered interface {
	Metrics(to Offset) map[string]string
}

// Committer is a source that wants to know which data will not be asked for
// again: all before the offset.
type Committer interface {
	Committed(ctx context.Context, to Offset) error
}

// Provider opens sources of one format. It is safe for concurrent use.
type Provider interface {
	// Format is the name users give: "kafka", "json", "rate".
	Format() string
	// Options lists the options that the format takes.
	Options() []option.Spec
	// Describe checks the spec, without reading data where it can, and returns
	// the schema of what Open would read.
	Describe(ctx context.Context, spec Spec) (*types.Schema, error)
	// Open returns the source.
	Open(ctx context.Context, spec Spec) (Source, error)
}

// RawProvider is a provider whose sources give records as they are: a binary
// column "value" for each record, before any metadata. The engine then decodes
// them in the tasks, by the format and schema of the spec, in parallel.
type RawProvider interface {
	Provider
	// Decoding returns the format that the records of spec are in ("json"), or
	// "" if they are wanted raw, and the options of that format among spec's.
	Decoding(spec Spec) (format string, err error)
}

// Spec is what a user asked for.
type Spec struct {
	// Options are checked against the provider's list already.
	Options option.Set
	// Schema is the declared one, or nil.
	Schema *types.Schema
	// Streaming is set for ReadStream.
	Streaming bool
	// QueryID is the UUID of a streaming query with a checkpoint, else "".
	QueryID string
	// Columns are the names of those that the plan needs, in the order wanted;
	// nil means all. Of a raw provider's sources it names raw columns.
	Columns []string
	// Views allows a raw provider's "value" column to be an Arrow binary view
	// over the bytes that were read, instead of a copy.
	Views bool
}

// Reuser is a stream of raw records that need not have fresh memory for each
// batch: a reader of large files would else keep the collector busy with nothing
// but what it has read. It is the one exception from the rule that batches never
// change, for a decoder that reads the stream alone and copies what it keeps.
type Reuser interface {
	// Reuse says, before the first Next, that nobody looks at a batch any more
	// once the next one is asked for.
	Reuse()
}
