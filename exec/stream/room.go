package stream

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/store"
)

// A query waits so long before it tries again what found no space left.
const (
	firstStall   = 20 * time.Millisecond
	longestStall = 5 * time.Second
)

// noRoom tells an error that goes away once somebody makes space: of the
// checkpoint, of a sink, of a file that rows wait in, of the state.
func noRoom(err error) bool {
	var final *finalError
	if errors.As(err, &final) {
		return false
	}
	for _, cause := range []error{store.ErrNoSpace, syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// finalError is one after which a batch cannot be computed again, whatever its
// cause.
type finalError struct{ cause error }

// Error tells the cause.
func (e *finalError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *finalError) Unwrap() error { return e.cause }

// untilRoom does what may find no space left, again and again until there is some
// or the query is stopped. Meanwhile the query's status says what it waits for.
func (q *Query) untilRoom(ctx context.Context, act func() error) error {
	for wait := firstStall; ; wait = min(2*wait, longestStall) {
		err := act()
		if !noRoom(err) || ctx.Err() != nil {
			return err
		}
		q.stalled(err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// again puts a batch back to its beginning.
func (q *Query) again(b *running) {
	q.Journal.Again()
	b.bad, b.out, b.read, b.seen = &kernel.BadFields{}, 0, 0, nil
}

// stalled tells that the query waits for space: its status always, its log once
// for each batch.
func (q *Query) stalled(err error) {
	q.setStatus("Waiting for space: "+err.Error(), true, true)
	if !q.cramped {
		q.cramped = true
		q.Log.Warn("the query waits for space; it goes on by itself once there is some", "query", q.QueryName, "error", err)
	}
}

// tryBatch computes a batch whose plan is written down, from its beginning each
// time that space was missing: nothing of it counts until its commit.
func (q *Query) tryBatch(ctx context.Context, b *running) error {
	first := true
	err := q.untilRoom(ctx, func() error {
		if !first {
			q.again(b)
		}
		first = false
		err := q.runInSpace(ctx, b)
		switch {
		case err != nil && b.done:
			return &finalError{err}
		case q.OnDisk && errors.Is(err, state.ErrReopen):
			if err := q.reopen(ctx, err); err != nil {
				return err
			}
		}
		return err
	})
	if err == nil && q.cramped {
		q.cramped = false
		q.Log.Info("there is space again", "query", q.QueryName)
	}
	return err
}
