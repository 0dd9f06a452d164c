package journal

import (
	"context"
	"errors"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// OpenTasks is the number of tasks of the run that planned the batch which is
// planned and not committed; 0 where there is no such batch, or it is not known.
// Some of its rows may be in the sinks already: it has to be run again as it was
// begun, since the order of its rows, and so what depends on it, follows from the
// tasks.
func OpenTasks(ctx context.Context, s store.Store) (int, error) {
	plans, err := s.List(ctx, checkpoint.OffsetsPrefix)
	if err != nil {
		return 0, err
	}
	commits, err := s.List(ctx, checkpoint.CommitsPrefix)
	if err != nil {
		return 0, err
	}
	next := checkpoint.Highest(commits, checkpoint.CommitsPrefix) + 1
	if checkpoint.Highest(plans, checkpoint.OffsetsPrefix) != next {
		return 0, nil
	}
	plan, _, err := get[checkpoint.Plan](ctx, s, checkpoint.OffsetsName(next))
	if err != nil {
		return 0, gone(err)
	}
	run, _, err := get[checkpoint.Epoch](ctx, s, checkpoint.EpochName(plan.Epoch))
	return run.Tasks, gone(err)
}

// gone takes a record that another run has removed meanwhile for one that never
// was.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
