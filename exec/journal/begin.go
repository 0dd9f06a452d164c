package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// Start is where a run begins.
type Start struct {
	// Epoch is the run's.
	Epoch int64
	// Meta is the query's, as it was first written: its id and settings are those to
	// run with.
	Meta checkpoint.Meta
	// Last is the last commit and LastPlan the plan of its batch; nil before the
	// first. Open is the plan of the batch after it, which has to be run as it is;
	// nil where there is none.
	Last     *checkpoint.Commit
	LastPlan *checkpoint.Plan
	Open     *checkpoint.Plan
}

// Meta returns what the query is: its first record, with the plan and the state's
// operators of the run that wrote the last commit. It is ErrNotFound (of exec/store)
// where the query never started.
func (l *Log) Meta(ctx context.Context) (checkpoint.Meta, error) {
	meta, _, err := get[checkpoint.Meta](ctx, l.store, checkpoint.MetaName)
	if err != nil {
		return meta, err
	}
	names, err := l.store.List(ctx, checkpoint.CommitsPrefix)
	if err != nil {
		return meta, err
	}
	last := checkpoint.Highest(names, checkpoint.CommitsPrefix)
	if last < 0 {
		return meta, nil
	}
	commit, _, err := get[checkpoint.Commit](ctx, l.store, checkpoint.CommitsName(last))
	if err != nil {
		return meta, err
	}
	run, _, err := get[checkpoint.Epoch](ctx, l.store, checkpoint.EpochName(commit.Epoch))
	if err == nil {
		meta.Plan, meta.Operators = run.Plan, run.Operators
	}
	return meta, err
}

// Begin starts a run: it refuses a query that has changed too much before it writes
// anything, claims an epoch, and finds where to go on. meta is what the query is
// now, run says who runs it; run.Epoch is set by the log.
func (l *Log) Begin(ctx context.Context, meta checkpoint.Meta, run checkpoint.Epoch) (Start, error) {
	var start Start
	var err error
	if start.Meta, err = l.ownMeta(ctx, meta); err != nil {
		return start, err
	}
	for {
		switch a := l.Next(); a.Step {
		case checkpoint.ReadEpochs:
			err = l.readEpochs(ctx)
		case checkpoint.Claim:
			run.Epoch = a.Epoch
			err = l.claim(ctx, run)
		case checkpoint.ReadLog:
			err = l.readLog(ctx, &start)
		case checkpoint.Exit:
			return start, l.deposed()
		default:
			start.Epoch = l.facts.Epoch
			l.garbage = newCollector(ctx, l.store, l.facts.Epoch, l.opts.Keep)
			return start, nil
		}
		if err != nil {
			return start, err
		}
	}
}

// ownMeta returns the query's first record, which it creates where there is none.
func (l *Log) ownMeta(ctx context.Context, now checkpoint.Meta) (checkpoint.Meta, error) {
	now.Format = checkpoint.Format
	old, err := l.Meta(ctx)
	if errors.Is(err, store.ErrNotFound) {
		var created bool
		if old, _, created, err = put(ctx, l, checkpoint.MetaName, now); created {
			return old, err
		}
	}
	if err != nil {
		return old, err
	}
	if err := checkpoint.Compatible(old, now, l.opts.Changes); err != nil {
		return old, fmt.Errorf("the query cannot go on from the checkpoint in %s: %w", l.store, err)
	}
	return old, nil
}

func (l *Log) readEpochs(ctx context.Context) error {
	names, err := l.store.List(ctx, checkpoint.EpochsPrefix)
	if err == nil {
		l.facts = l.facts.EpochsRead(max(0, checkpoint.Highest(names, checkpoint.EpochsPrefix)))
	}
	return err
}

func (l *Log) claim(ctx context.Context, run checkpoint.Epoch) error {
	run.Nonce = l.nextNonce()
	now, _, created, err := put(ctx, l, checkpoint.EpochName(run.Epoch), run)
	if err == nil {
		l.facts = l.facts.Claimed(now.Epoch, created)
	}
	return err
}

// readTries is how often the log is read again where another run that is alive
// removes what was just listed.
const readTries = 10

func (l *Log) readLog(ctx context.Context, start *Start) error {
	var err error
	for range readTries {
		if err = l.tryReadLog(ctx, start); !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return fmt.Errorf("the log in %s has a gap, or another run keeps on writing it: %w", l.store, err)
}

// tryReadLog is ErrNotFound where a record between was removed meanwhile.
func (l *Log) tryReadLog(ctx context.Context, start *Start) error {
	names, err := l.store.List(ctx, checkpoint.CommitsPrefix)
	if err != nil {
		return err
	}
	last, commitEpoch, planEpoch := checkpoint.Highest(names, checkpoint.CommitsPrefix), int64(0), int64(0)
	l.parent, start.Last, start.LastPlan, start.Open = "", nil, nil, nil
	if last >= 0 {
		commit, raw, err := get[checkpoint.Commit](ctx, l.store, checkpoint.CommitsName(last))
		if err != nil {
			return err
		}
		if err := l.chained(ctx, commit); err != nil {
			return err
		}
		plan, _, err := get[checkpoint.Plan](ctx, l.store, checkpoint.OffsetsName(last))
		if err != nil {
			return err
		}
		start.Last, start.LastPlan = &commit, &plan
		l.parent, commitEpoch = checkpoint.HashOf(raw), commit.Epoch
	}
	open, _, err := get[checkpoint.Plan](ctx, l.store, checkpoint.OffsetsName(last+1))
	switch {
	case err == nil:
		start.Open, planEpoch = &open, open.Epoch
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	l.facts = l.facts.LogRead(last, commitEpoch, planEpoch)
	return nil
}

// chained sees that a commit follows the one before it, where that is kept.
func (l *Log) chained(ctx context.Context, c checkpoint.Commit) error {
	if c.Batch == 0 {
		return nil
	}
	before, err := l.store.Get(ctx, checkpoint.CommitsName(c.Batch-1))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case checkpoint.HashOf(before) != c.Parent:
		return fmt.Errorf("%w: commit %d in %s does not follow commit %d", ErrFork, c.Batch, l.store, c.Batch-1)
	}
	return nil
}
