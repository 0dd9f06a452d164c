package sink

import "context"

// The steps of a commit at which a harness may end or pause a process. A sink
// says which of them it has.
const (
	// PointFenced: older runs can write no more to a shard.
	PointFenced = "A2"
	// PointProducing: rows are on their way, nothing is decided.
	PointProducing = "D"
	// PointFlushed: all rows of a shard are out, and not yet committed.
	PointFlushed = "E"
	// PointCommitting: the commit of a shard is on its way; its outcome is unknown.
	PointCommitting = "F"
	// PointCommitted: a shard is committed, others may not be.
	PointCommitted = "G"
)

type crashKey struct{}

// WithCrashPoints returns a context whose sinks call reached at the named steps
// of a commit. It is called by several goroutines at once, and may never return.
func WithCrashPoints(ctx context.Context, reached func(point string)) context.Context {
	return context.WithValue(ctx, crashKey{}, reached)
}

// CrashPoint tells the harness in ctx, if there is one, that a step is reached.
func CrashPoint(ctx context.Context, point string) {
	if reached, ok := ctx.Value(crashKey{}).(func(string)); ok {
		reached(point)
	}
}

// HasCrashPoints tells whether a harness is listening, so that a step which is
// usually too short to be hit can be made a little longer.
func HasCrashPoints(ctx context.Context) bool { return ctx.Value(crashKey{}) != nil }
