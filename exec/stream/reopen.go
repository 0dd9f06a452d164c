package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/state"
)

// Reopen opens the state of a query on disk as the checkpoint has it under a manifest,
// and attaches the ops to it; what they had is gone. The store before it is closed. An
// error leaves none open, and it can be tried again.
type Reopen func(ctx context.Context, m checkpoint.Manifest) (state.Store, error)

// reopen brings state that can write no more, since its disk was full, back to what
// the last commit left, once there is space again. Any other cause is returned, as it
// is where there is no checkpoint.
func (q *Query) reopen(ctx context.Context, cause error) error {
	if !q.OnDisk || !errors.Is(cause, state.ErrReopen) || !noRoom(cause) {
		return cause
	}
	if q.Reopen == nil {
		return &finalError{fmt.Errorf("%w; the query has no checkpoint to go on from, and has to be started again", cause)}
	}
	q.setStatus("Opening the state anew", true, true)
	q.Log.Warn("the disk of the state was full; the state is opened anew from the checkpoint", "query", q.QueryName, "error", cause)
	_ = q.State.Close()                     // it says once more what is known
	q.State, q.base = nil, state.Database{} // counted from zero again
	err := q.untilRoom(ctx, func() (err error) {
		q.crash("R")
		q.State, err = q.Reopen(ctx, q.files.manifest)
		return err
	})
	if err != nil {
		return &finalError{errors.Join(err, q.Journal.Deposed(ctx))}
	}
	return nil
}

// closeState closes the state. That files lack what there was no space for matters
// only where the checkpoint has none of it.
func (q *Query) closeState() error {
	if q.State == nil {
		return nil
	}
	err := q.State.Close()
	if err != nil && q.Reopen != nil && noRoom(err) {
		q.Log.Warn("the state on disk lacks the last batches; the next run takes them from the checkpoint", "query", q.QueryName, "error", err)
		return nil
	}
	return err
}
