package stream

import (
	"context"
	"errors"
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
)

// running is one micro-batch on its way.
type running struct {
	id     int64
	from   ends
	start  time.Time
	took   map[string]int64
	bad    *kernel.BadFields
	before []counts
	out    int64
}

func newBatch(id int64, from ends) *running {
	return &running{id: id, from: from, start: time.Now(), took: map[string]int64{}, bad: &kernel.BadFields{}}
}

// time measures a step, by Spark's name for it, until the returned function is
// called.
func (b *running) time(step string) func() {
	begin := time.Now()
	return func() { b.took[step] = time.Since(begin).Milliseconds() }
}

// runBatch reads everything up to the given ends, and commits it.
func (q *Query) runBatch(ctx context.Context, b *running, to ends) error {
	for _, r := range q.reports {
		b.before = append(b.before, r.counts())
	}
	run, err := q.prepare(ctx, b, to)
	if err != nil {
		return err
	}
	w, err := q.Sink.Begin(ctx, b.id)
	if err != nil {
		return err
	}
	if err := q.jail.begin(ctx, q.Quarantine, b.id); err != nil {
		return errors.Join(err, w.Abort())
	}
	err = q.compute(ctx, b, run, w)
	if err == nil {
		err = q.jail.flush()
	}
	if err != nil {
		for _, s := range q.Plan.State {
			s.Rollback()
		}
		return errors.Join(err, w.Abort(), q.jail.abort())
	}
	if err := q.commit(ctx, b, w, to); err != nil {
		return err
	}
	took := time.Since(b.start)
	p := q.progress(b, to, took)
	q.remember(p, took)
	q.tell(p)
	return nil
}

// prepare plans the ranges of a batch.
func (q *Query) prepare(ctx context.Context, b *running, to ends) (*physical.Run, error) {
	defer b.time("queryPlanning")()
	run := &physical.Run{Table: q.Table, Batch: b.id, Ranges: map[*physical.Scan][]source.Range{}, RowError: q.dropped.add,
		Env: &kernel.Env{ANSI: q.Conf.ANSI(), Zone: q.Conf.Zone(), Time: b.start.UTC(), Seed: uint64(b.id), Bad: b.bad}}
	for i, s := range q.Plan.Scans {
		ranges, err := s.Source.Plan(ctx, b.from[i], to[i])
		if err != nil {
			return nil, err
		}
		run.Ranges[s] = ranges
	}
	return run, nil
}

// compute runs the operators and hands their result to the sink.
func (q *Query) compute(ctx context.Context, b *running, run *physical.Run, w sink.Writer) (err error) {
	defer b.time("addBatch")()
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
		if err := q.drain(ctx, b, p, w); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) drain(ctx context.Context, b *running, s batch.Stream, w sink.Writer) error {
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

// commit shows the result, then keeps the state it was made from.
func (q *Query) commit(ctx context.Context, b *running, w sink.Writer, to ends) error {
	defer b.time("commitBatch")()
	if err := q.jail.commit(); err != nil {
		return errors.Join(err, w.Abort())
	}
	if err := w.Commit(ctx); err != nil {
		return err
	}
	for _, s := range q.Plan.State {
		if err := s.Commit(); err != nil {
			return err
		}
	}
	for i, s := range q.Plan.Scans {
		if c, ok := s.Source.(source.Committer); ok {
			if err := c.Committed(ctx, to[i]); err != nil {
				return err
			}
		}
	}
	return nil
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
