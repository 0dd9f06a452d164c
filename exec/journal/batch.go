package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// Plan writes the plan of the next batch, and returns the one to run: p, or what
// another run has written first. Epoch, nonce and batch are set by the log. While
// the batch runs, the log looks whether a later run has begun; Confirm gives the
// answer.
func (l *Log) Plan(ctx context.Context, p checkpoint.Plan) (checkpoint.Plan, error) {
	if err := l.expect(checkpoint.MakePlan); err != nil {
		return p, err
	}
	p.Batch, p.Epoch, p.Nonce = l.Next().Batch, l.facts.Epoch, l.nextNonce()
	now, _, created, err := put(ctx, l, checkpoint.OffsetsName(p.Batch), p)
	if err != nil {
		return p, err
	}
	if !created && now.Epoch == p.Epoch && !l.wrote(now.Nonce) || now.Batch != p.Batch {
		return p, fmt.Errorf("%w: plan %d in %s is of this run's epoch, and not by it", ErrFork, p.Batch, l.store)
	}
	l.facts = l.facts.PlanFound(now.Epoch)
	if l.Next().Step == checkpoint.Exit {
		return p, l.deposed()
	}
	l.ownPlan = now.Epoch == l.facts.Epoch
	l.confirm(ctx)
	return now, nil
}

// wrote tells a nonce of this run.
func (l *Log) wrote(nonce string) bool {
	return len(nonce) > len(l.nonce) && nonce[:len(l.nonce)+1] == l.nonce+"-"
}

// confirm looks for the epoch after this one, beside what else is done.
func (l *Log) confirm(ctx context.Context) {
	l.endConfirm() // of a batch that failed
	ctx, l.cancel = context.WithCancel(ctx)
	answer := make(chan confirmation, 1)
	l.confirmed = answer
	name := checkpoint.EpochName(l.facts.Epoch + 1)
	go func() {
		_, err := l.store.Get(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			answer <- confirmation{}
			return
		}
		answer <- confirmation{claimed: err == nil, err: err}
	}()
}

// endConfirm ends and waits for what confirm has started.
func (l *Log) endConfirm() {
	if l.confirmed != nil {
		l.cancel()
		<-l.confirmed
		l.confirmed = nil
	}
}

// Confirm sees that no later run had begun when the plan was written, after the
// batch was executed and before any of its rows leave the process. It is ErrDeposed
// where one had.
func (l *Log) Confirm(ctx context.Context) error {
	if err := l.expect(checkpoint.Confirm); err != nil {
		return err
	}
	if l.confirmed == nil {
		l.confirm(ctx) // a plan that was found at the start
	}
	var answer confirmation
	select {
	case answer = <-l.confirmed:
		l.confirmed = nil
		l.cancel()
	case <-ctx.Done():
		return ctx.Err()
	}
	if answer.err != nil {
		return answer.err
	}
	l.facts = l.facts.Checked(answer.claimed)
	if answer.claimed {
		return l.deposed()
	}
	return nil
}

// Deposed asks the store whether a later run has begun, for a sink that was shut out
// and cannot know by whom.
func (l *Log) Deposed(ctx context.Context) error {
	_, err := l.store.Get(ctx, checkpoint.EpochName(l.facts.Epoch+1))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		l.facts = l.facts.Deposed()
		return l.deposed()
	}
	return err
}

// Commit writes the outcome of the batch, and returns the one that counts, and
// whether it is c. Where it is not, another run was first with the same plan: the
// state to go on with is that of the commit returned, and Next is Restore. Epoch,
// nonce, batch and parent are set by the log.
func (l *Log) Commit(ctx context.Context, c checkpoint.Commit) (checkpoint.Commit, bool, error) {
	if err := l.expect(checkpoint.CommitBatch); err != nil {
		return c, false, err
	}
	c.Batch, c.Epoch, c.Nonce, c.Parent = l.Next().Batch, l.facts.Epoch, l.nextNonce(), l.parent
	now, raw, mine, err := put(ctx, l, checkpoint.CommitsName(c.Batch), c)
	if err != nil {
		return c, false, err
	}
	if now.Parent != l.parent || now.Batch != c.Batch {
		return c, false, fmt.Errorf("%w: commit %d in %s does not follow the commit that this run has seen", ErrFork, c.Batch, l.store)
	}
	l.facts = l.facts.CommitFound(now.Epoch, mine)
	if l.Next().Step == checkpoint.Exit {
		return c, false, l.deposed()
	}
	l.parent = checkpoint.HashOf(raw)
	l.garbage.committed(&now, l.ownPlan)
	return now, mine, nil
}

// Load reads the plan and the commit of a batch. The commit is nil where the batch
// has none; it is ErrNotFound (of exec/store) where it has no plan.
func (l *Log) Load(ctx context.Context, batch int64) (checkpoint.Plan, *checkpoint.Commit, error) {
	plan, _, err := get[checkpoint.Plan](ctx, l.store, checkpoint.OffsetsName(batch))
	if err != nil {
		return plan, nil, err
	}
	commit, _, err := get[checkpoint.Commit](ctx, l.store, checkpoint.CommitsName(batch))
	if errors.Is(err, store.ErrNotFound) {
		return plan, nil, nil
	}
	return plan, &commit, err
}
