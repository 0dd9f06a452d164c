package stream

import (
	"context"
	"errors"

	"github.com/riffledata/riffle/exec/state"
)

// Spill is how the state of a query that runs goes over from memory to disk, between
// two batches.
type Spill struct {
	// Above is the memory, in bytes, above which it does, and Used what it takes now.
	Above int64
	Used  func() int64
	// Move fills a store on disk with the state as the last commit left it, whose
	// version it is given, and attaches the ops to it; temporary is a folder that goes
	// with the query, or "". With an error and no store, nothing has changed; with
	// both, the query cannot go on.
	Move func(version int64) (moved state.Store, temporary string, err error)
}

// spillLarge moves the state to disk once it has become large in memory.
func (q *Query) spillLarge(ctx context.Context, b *running) error {
	if q.Spill == nil || ctx.Err() != nil {
		return nil
	}
	used := q.Spill.Used()
	if used <= q.Spill.Above {
		return nil
	}
	err := q.spill(b.plan.Batch, used)
	var final *finalError
	if errors.As(err, &final) {
		return err
	}
	if err != nil {
		q.Spill.Above = used + used/4 // there is room for it so far
		q.Log.Warn("the state could not be moved to disk and stays in memory; it will be tried again once it has grown", "query", q.QueryName, "bytes", used, "error", err)
	}
	return nil
}

// runInSpace is runBatch; where the batch does not fit into memory beside the state,
// that goes over to disk first.
func (q *Query) runInSpace(ctx context.Context, b *running) error {
	err := q.runBatch(ctx, b)
	var final *finalError
	if q.Spill == nil || b.done || !errors.Is(err, state.ErrBudget) || errors.As(err, &final) {
		return err
	}
	if spilled := q.spill(b.plan.Batch-1, q.Spill.Used()); spilled != nil {
		return errors.Join(err, spilled)
	}
	q.again(b)
	return q.runBatch(ctx, b)
}

// spill moves the state as it is after a batch. An error after which the query cannot
// go on is final.
func (q *Query) spill(batch, used int64) error {
	q.setStatus("Moving the state to disk", true, true)
	q.crash("M")
	version := batch
	if q.Files != nil {
		version = q.files.version()
	}
	store, temporary, err := q.Spill.Move(version)
	if store == nil {
		return err
	}
	q.State, q.OnDisk, q.Temporary = store, true, temporary
	if err != nil {
		return &finalError{err}
	}
	q.Log.Warn("state moved to disk", "query", q.QueryName, "bytes", used, "more than", q.Spill.Above, "setting", state.Setting)
	q.Spill = nil
	q.crash("N")
	return nil
}
