package stream

import (
	"context"
	"errors"
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/source"
)

// running is one micro-batch on its way.
type running struct {
	plan   checkpoint.Plan
	from   ends
	to     ends
	start  time.Time
	took   map[string]time.Duration
	bad    *kernel.BadFields
	before []counts
	out    int64
	seen   map[string]map[string]int64 // event times, by operator and partition
	read   int64
	done   bool  // it is committed: what is left cannot be undone
	syncs  int64 // of the checkpoint, before
	states stateWork
}

func (q *Query) newBatch(id int64, from ends) *running {
	return &running{syncs: q.syncs(), plan: checkpoint.Plan{Batch: id}, from: from, start: time.Now(), took: map[string]time.Duration{}, bad: &kernel.BadFields{}}
}

// time measures a step, by Spark's name for it, until the returned function is
// called. A step that is taken twice adds up; no step is part of another.
func (b *running) time(step string) func() {
	begin := time.Now()
	return func() { b.took[step] += time.Since(begin) }
}

// runBatch computes a batch whose plan is written down, and commits it.
func (q *Query) runBatch(ctx context.Context, b *running) error {
	b.before = b.before[:0]
	for _, r := range q.reports {
		b.before = append(b.before, r.counts())
	}
	q.dropped.n.Store(0)
	run, err := q.prepare(ctx, b)
	if err != nil {
		return err
	}
	if err := q.begin(ctx, b); err != nil {
		return err
	}
	if err := q.compute(ctx, b, run); err != nil {
		return q.undo(ctx, err)
	}
	q.crash("C")
	if err := q.commit(ctx, b); err != nil {
		return q.undo(ctx, err)
	}
	took := time.Since(b.start)
	p := q.progress(b, took)
	q.remember(p, took)
	q.tell(p)
	q.send(engine.Event{Kind: engine.QueryProgress, Progress: &p, Took: took, Syncs: q.syncs() - b.syncs})
	q.quiet = false
	return q.spillLarge(ctx, b)
}

// prepare plans the ranges of a batch.
func (q *Query) prepare(ctx context.Context, b *running) (*physical.Run, error) {
	defer b.time("getBatch")()
	at := time.UnixMicro(b.plan.Time).UTC()
	run := &physical.Run{Table: q.Table, Batch: b.plan.Batch, Ranges: map[*physical.Scan][]source.Range{}, RowError: q.dropped.add,
		Watermark: b.plan.Watermark, Late: b.plan.Late, LateRow: q.late.add,
		Env: &kernel.Env{ANSI: q.Conf.ANSI(), Zone: q.Conf.Zone(), Time: at, Seed: b.plan.Seed, Bad: b.bad}}
	for i, s := range q.Plan.Scans {
		ranges, err := s.Source.Plan(ctx, b.from[i], b.to[i])
		if err != nil {
			return nil, err
		}
		run.Ranges[s] = ranges
	}
	return run, nil
}

// begin opens the batch in the sinks.
func (q *Query) begin(ctx context.Context, b *running) error {
	defer b.time("addBatch")()
	if err := q.outputs.begin(ctx, b.plan.Batch); err != nil {
		return err
	}
	q.jail.begin(ctx, q.outputs.writer(roleQuarantine), b.plan.Batch)
	q.late.begin(ctx, q.outputs.writer(roleLate), b.plan)
	return nil
}

// compute runs the operators and hands their result to the sinks.
func (q *Query) compute(ctx context.Context, b *running, run *physical.Run) error {
	defer b.time("addBatch")()
	if err := q.drainAll(ctx, b, run); err != nil {
		return err
	}
	b.seen = q.times.observed()
	b.states = newStateWork(len(q.Plan.State))
	for i, s := range q.Plan.State {
		if err := b.states.of(i, s.Flush); err != nil {
			return err
		}
	}
	return errors.Join(q.jail.flush(), q.late.flush())
}

func (q *Query) drainAll(ctx context.Context, b *running, run *physical.Run) (err error) {
	parts, err := q.Plan.Root.Open(ctx, run)
	if err != nil {
		return err
	}
	for _, p := range parts {
		defer func() {
			if closed := p.Close(); err == nil {
				err = closed
			}
		}()
	}
	for _, p := range parts {
		if err := q.drain(ctx, b, p); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) drain(ctx context.Context, b *running, s batch.Stream) error {
	w := q.outputs.writer(roleSink)
	for {
		out, err := s.Next(ctx)
		if batch.IsEnd(err) {
			return nil
		}
		if err == nil {
			out, err = kernel.Compact(out)
		}
		if err != nil {
			return err
		}
		b.out += int64(out.NumRows())
		if err := w.Write(ctx, out); err != nil {
			return err
		}
	}
}

// undo ends a batch that has failed.
func (q *Query) undo(ctx context.Context, cause error) error {
	q.files.drop(ctx)
	if err := q.rollback(); err != nil {
		return &finalError{errors.Join(cause, err)}
	}
	return cause
}

// rollback drops what a batch has done in the state and the sinks.
func (q *Query) rollback() error {
	for _, s := range q.Plan.State {
		s.Rollback()
	}
	var err error
	if q.State != nil {
		err = q.State.Rollback()
	}
	return errors.Join(err, q.outputs.abort())
}

// commit makes the batch's changes of the state durable, shows its rows, and
// writes the outcome down: from then on the batch is done. Where the plan could
// give other rows if it ran again, the outcome is written first, with the rows
// beside it, and then they are shown.
func (q *Query) commit(ctx context.Context, b *running) error {
	c, err := q.outcome(ctx, b)
	if err != nil {
		return err
	}
	if err := q.show(ctx, b, &c); err != nil {
		return err
	}
	if c, err = q.decideDone(ctx, b, c); err != nil {
		return err
	}
	b.done = true
	q.crash("I")
	defer b.time("commitBatch")()
	q.files.committed(c)
	if err := q.commitState(b, c.State.Version); err != nil {
		if err := q.reopen(ctx, err); err != nil {
			return err
		}
	}
	if q.Staged {
		if err := q.publish(ctx, c); err != nil {
			return err
		}
	}
	q.times.add(b.seen, time.Now(), b.plan.Time)
	q.times.watermark = b.plan.Watermark
	return q.release(ctx, b)
}

// show brings the rows of a batch into the sinks, or into the stage. Before the
// first row leaves the process it is seen that no later run has begun.
func (q *Query) show(ctx context.Context, b *running, c *checkpoint.Commit) error {
	defer b.time("sinkCommit")()
	if err := errors.Join(q.Journal.Did(checkpoint.Execute), q.Journal.Confirm(ctx)); err != nil {
		return err
	}
	if q.Staged {
		var err error
		if c.Staged, err = q.outputs.stage(ctx); err != nil {
			return err
		}
		return q.Journal.Did(checkpoint.Stage)
	}
	if err := q.outputs.commit(ctx); err != nil {
		return errors.Join(err, q.Journal.Deposed(ctx))
	}
	q.crash("H")
	return q.Journal.Did(checkpoint.Sink)
}

// errTaken is the error where another run has committed a batch whose rows, and state,
// this one may have computed differently.
var errTaken = errors.New("another run of the query has committed the batch with rows of its own; start the query again to go on from there")

// decideDone writes the outcome of a batch down. Where another run was first, its
// outcome counts: the same, as the plan is, unless rows were staged. Then it is taken
// over where there is no state, which would have to be that of the other run too.
func (q *Query) decideDone(ctx context.Context, b *running, c checkpoint.Commit) (checkpoint.Commit, error) {
	defer b.time("commitOffsets")()
	q.files.decided()
	now, mine, err := q.Journal.Commit(ctx, c)
	if err != nil || mine {
		return now, err
	}
	if q.Staged {
		if len(q.Plan.State) > 0 {
			return now, errTaken
		}
		q.takeOver(ctx, b, c, now)
	}
	return now, q.Journal.Did(checkpoint.Restore)
}

// takeOver makes the outcome of another run that of the batch, where there is no state:
// its rows are what counts, and will be shown. Those of this run go.
func (q *Query) takeOver(ctx context.Context, b *running, mine, theirs checkpoint.Commit) {
	for _, name := range mine.Staged {
		if err := q.Files.Delete(ctx, name); err != nil {
			q.Log.Debug("staged rows that nobody needs stay", "file", name, "error", err)
		}
	}
	b.seen, b.read, b.out = theirs.EventTimes, theirs.Read, theirs.Written
	q.Log.Info("another run has committed the batch; its rows are taken over", "query", q.QueryName, "batch", b.plan.Batch, "run", theirs.Epoch)
}

// outcome is the record of a batch that is about to be committed.
func (q *Query) outcome(ctx context.Context, b *running) (checkpoint.Commit, error) {
	for i, r := range q.reports {
		b.read += r.counts().read - b.before[i].read
	}
	c := checkpoint.Commit{Batch: b.plan.Batch, EventTimes: q.times.merged(b.seen), Heard: q.times.unheard(b.seen), Read: b.read, Written: b.out}
	c.OnDisk = q.OnDisk
	for _, s := range q.Plan.State {
		if c.Sizes == nil {
			c.Sizes = map[string]checkpoint.StateSize{}
		}
		p := q.stateProgress(s)
		c.Sizes[s.StateSpec().Operator] = checkpoint.StateSize{Rows: p.Rows, Bytes: p.Bytes}
	}
	defer b.time("stateDelta")()
	err := b.states.shared(func() (err error) {
		c.State, err = q.files.delta(ctx, b.plan.Batch, q.State)
		return err
	})
	return c, err
}

// commitState keeps what the batch has changed. With a checkpoint, the version of
// the state is the last batch that changed it.
func (q *Query) commitState(b *running, version int64) error {
	id := b.plan.Batch
	if q.Files == nil {
		version = id
	}
	if q.State != nil {
		end := q.State.Rollback // nothing has changed
		if version == id {
			end = func() error { return q.State.Commit(version) }
		}
		if err := b.states.shared(end); err != nil {
			return err
		}
	}
	for i, s := range q.Plan.State {
		if err := b.states.of(i, s.Commit); err != nil {
			return err
		}
	}
	return nil
}

// release tells the sources what will not be asked for again.
func (q *Query) release(ctx context.Context, b *running) error {
	for i, s := range q.Plan.Scans {
		if c, ok := s.Source.(source.Committer); ok {
			if err := c.Committed(ctx, b.to[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// crash tells a test that the query is at a named place.
func (q *Query) crash(point string) {
	if q.Crash != nil {
		q.Crash(point)
	}
}

// tell logs a batch that was committed. It warns of records that could not be
// used when the first ones come, and again each time their number has doubled.
func (q *Query) tell(p engine.Progress) {
	q.Log.Debug("batch committed", "query", q.QueryName, "batch", p.BatchID, "rows", p.NumInputRows, "ms", p.BatchDuration)
	if bad := q.Totals().Bad; bad > 0 && bad >= 2*q.warned {
		q.warned = bad
		q.Log.Warn("records could not be used", "query", q.QueryName, "so far", bad, "last", p.Bad.LastError)
	}
}
