package store

import (
	"context"
	"errors"
	"io"
)

// ErrNotFound is wrapped by the error for a name that does not exist.
var ErrNotFound = errors.New("not found")

// Store keeps bytes under names such as "offsets/17". Creating is linearizable:
// of any number of concurrent creators of a name, in any processes, exactly one
// wins, and from then on every reader sees its content. Names are parts of
// letters, digits, '.', '-' and '_', joined by '/' (CheckName). A store is safe for
// concurrent use.
type Store interface {
	// PutIfAbsent creates name with data and makes it durable. It returns what the
	// name now holds, data itself or what another has put there first, and whether
	// it was this call that created it. After an error the outcome is unknown: call
	// it again with the same data, which then counts as created.
	PutIfAbsent(ctx context.Context, name string, data []byte) (now []byte, created bool, err error)
	// Get returns what a name holds.
	Get(ctx context.Context, name string) ([]byte, error)
	// List returns the names with a prefix that ends in '/', or all for "", sorted.
	List(ctx context.Context, prefix string) ([]string, error)
	// Create makes a large object under a name that nobody else uses. It exists once
	// Commit has returned, durably. ctx bounds the writing too.
	Create(ctx context.Context, name string) (Writer, error)
	// Open reads an object. The caller closes it.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Delete removes a name; that it does not exist is no error. It is for garbage
	// that no record refers to any more, never for a decision that still counts.
	Delete(ctx context.Context, name string) error
	// String names the store and its place, without secrets.
	String() string
	// Close gives connections back.
	Close() error
}

// Writer writes an object. It is not safe for concurrent use.
type Writer interface {
	io.Writer
	// Commit makes the object exist. Abort drops it; it does nothing after Commit.
	Commit() error
	Abort() error
}
