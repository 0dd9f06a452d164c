package exec

import (
	"context"
	"errors"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/stream"
)

// Run computes a plan once.
func (l *local) Run(ctx context.Context, n plan.Node, conf engine.Conf) (engine.Rows, error) {
	schema := n.Schema()
	n, conf, err := l.travelBatch(n, conf)
	if err != nil {
		return nil, err
	}
	l.memory.set(memoryOf(conf))
	p, err := l.builder(conf, nil).Build(n)
	if err != nil {
		return nil, err
	}
	if err := connect(ctx, p); err != nil {
		return nil, err
	}
	run, err := l.ranges(ctx, p, conf)
	if err != nil {
		return nil, errors.Join(err, disconnect(p))
	}
	ctx, cancel := context.WithCancel(ctx)
	parts, err := p.Root.Open(ctx, run)
	if err != nil {
		cancel()
		return nil, errors.Join(err, disconnect(p))
	}
	return &rows{schema: schema, plan: p, parts: parts, cancel: cancel}, nil
}

// ranges plans the whole of each source as one batch.
func (l *local) ranges(ctx context.Context, p *physical.Plan, conf engine.Conf) (*physical.Run, error) {
	run := &physical.Run{Table: l.snapshot, Ranges: map[*physical.Scan][]source.Range{},
		Env: &kernel.Env{ANSI: conf.ANSI(), Zone: conf.Zone(), Time: time.Now().UTC(), Bad: &kernel.BadFields{}}}
	for _, s := range p.Scans {
		s.Report = stream.NewReport(conf.MaxBadRate())
		from, to, err := s.Source.Bounds(ctx)
		if err != nil {
			return nil, err
		}
		if run.Ranges[s], err = s.Source.Plan(ctx, from, to); err != nil {
			return nil, err
		}
	}
	return run, nil
}

// rows is the result of a plan that is being computed.
type rows struct {
	schema *types.Schema
	plan   *physical.Plan
	parts  []physical.Part
	cancel context.CancelFunc
	closed bool
}

// Schema is the plan's.
func (r *rows) Schema() *types.Schema { return r.schema }

// Next returns the next record batch.
func (r *rows) Next(ctx context.Context) (rec arrow.RecordBatch, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = operator.Panicked(p)
		}
	}()
	b, err := r.parts[0].Next(ctx)
	if err == nil {
		b, err = kernel.Compact(b)
	}
	return b.Record, err
}

// Close ends the computation and closes the sources.
func (r *rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.cancel()
	var errs []error
	for _, p := range r.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(append(errs, disconnect(r.plan))...)
}
