package sink

import "context"

// SaveMode says what becomes of a result that is there already when a batch query
// writes another.
type SaveMode int

// The save modes, as Spark has them.
const (
	// ErrorIfExists refuses to write.
	ErrorIfExists SaveMode = iota
	// AppendTo leaves it and adds to it.
	AppendTo
	// Overwrite shows the new result instead, once it is complete.
	Overwrite
	// Ignore leaves it and writes nothing.
	Ignore
)

// Saver is a provider whose sinks keep results that can be there already. The
// sinks of others take the rows of batch queries as those of one micro-batch, 0,
// in mode AppendTo alone.
type Saver interface {
	// Save returns a sink for the result of one batch query, which is written as one
	// micro-batch; nil in mode Ignore where there is one already.
	Save(ctx context.Context, spec Spec, mode SaveMode) (Sink, error)
}
