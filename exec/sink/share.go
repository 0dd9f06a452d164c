package sink

import "context"

// Sharer is a provider whose sinks of one query can share their commits.
type Sharer interface {
	// OpenShared opens the sinks of one query, and returns them in the order of specs.
	// Those for which that is possible show their rows in the commits of an earlier
	// one: a batch is therefore begun in the order of the sinks, and committed in the
	// opposite order, and the Commit of the earlier one covers that of the later. The
	// earlier may be begun without the later, but not the later without it. An error
	// names the role of the sink that it is about, but not that of the query's result.
	// After one, nothing is open.
	OpenShared(ctx context.Context, specs []Spec) ([]Sink, error)
}
