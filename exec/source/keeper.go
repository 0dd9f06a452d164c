package source

import (
	"context"
	"errors"
)

// Keeper is a source whose offsets are positions in a log of its own, since what
// it reads has no order of its own that lasts: files in a folder. The log is kept
// in the query's checkpoint, beside the plans that name positions in it.
type Keeper interface {
	// Keep gives the source its place. It is called once, after Open and before any
	// other method, if the query has a checkpoint. Without it the source's offsets
	// need mean nothing in another process.
	Keep(ctx context.Context, r Records) error
}

// ErrNoRecord is wrapped by the error for a record that does not exist.
var ErrNoRecord = errors.New("no such record")

// Records keeps write-once records for one source of one query. Names consist of
// digits and '-'. Other runs of the query may be alive, and write the same names.
type Records interface {
	// PutIfAbsent creates a record, durably. It returns what the name now holds:
	// data itself, or what another run has put there first, which then counts.
	PutIfAbsent(ctx context.Context, name string, data []byte) (now []byte, err error)
	// Get returns a record.
	Get(ctx context.Context, name string) ([]byte, error)
	// List returns all names.
	List(ctx context.Context) ([]string, error)
	// Delete removes a record that others have replaced.
	Delete(ctx context.Context, name string) error
}
