package operator

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// readInitial hands the rows that the state begins with to the processor, one by
// one as they come.
func (p *processStream) readInitial(ctx context.Context) error {
	if p.initial == nil {
		return nil
	}
	for {
		b, err := p.initial.Next(ctx)
		if batch.IsEnd(err) {
			return nil
		}
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if err == nil {
			before := p.s.watch.work.Updates
			err = p.s.watch.updates(func() error { return p.s.initialize(ctx, b) })
			p.s.changed.Initial += p.s.watch.work.Updates - before
		}
		if err != nil {
			return fmt.Errorf("initial state of %s: %w", p.s.name, err)
		}
	}
}

func (s *ProcessState) initialize(ctx context.Context, b batch.Batch) error {
	for _, c := range b.Changes {
		if c < 0 {
			return fmt.Errorf("a row of it is taken back, which the processor cannot follow")
		}
	}
	n := int(b.Record.NumRows())
	var keys state.Keys
	if err := keys.Encode(b.Record.Columns()[:s.p.Key.Len()], n, processSpace); err != nil {
		return err
	}
	if err := s.task.Initial(b.Record); err != nil {
		return err
	}
	for i := range n {
		s.begin(keys.Key(i))
		if err := s.task.Begin(ctx, i); err != nil {
			return err
		}
	}
	return nil
}
