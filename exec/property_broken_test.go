package exec_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/physical"
)

// brokenOps are operators with state that are wrong in a way that one could
// overlook.
var brokenOps = map[string]func(physical.Stateful) physical.Op{
	"forgets what is taken back": func(op physical.Stateful) physical.Op { return &forgetful{op} },
	"gives all rows as new":      func(op physical.Stateful) physical.Op { return &unsigned{op} },
	"closes early":               func(op physical.Stateful) physical.Op { return &hasty{op} },
	"does not write its state":   func(op physical.Stateful) physical.Op { return &amnesiac{op} },
	"leaves a task's rows out":   func(op physical.Stateful) physical.Op { return &narrow{op} },
}

// mostTrials is how many trials may pass before a broken operator is found. They are
// the same in each run of the test, which finds the last within a hundred.
const mostTrials = 300

// TestBrokenOperator sees that the trials of TestRandomPlans find an operator that
// is wrong, and that they find nothing wrong where it is right.
func TestBrokenOperator(t *testing.T) {
	trials := rapid.Custom(func(t *rapid.T) *trial { return drawTrial(t, 4) })
	for name, broken := range brokenOps {
		t.Run(name, func(t *testing.T) {
			for seed := 1; seed <= mostTrials; seed++ {
				c := trials.Example(seed)
				c.opts = []exec.Option{exec.Altered(func(op physical.Op) physical.Op {
					if s, ok := op.(physical.Stateful); ok {
						return broken(s)
					}
					return op
				})}
				caught := c.check(t)
				if caught == nil {
					continue
				}
				c.opts = nil
				if err := c.check(t); err != nil {
					t.Fatalf("%v\n\n%s", err, c)
				}
				t.Logf("found by trial %d", seed)
				return
			}
			t.Error("not found")
		})
	}
}

// edited is a stream whose batches are changed on the way.
type edited struct {
	batch.Stream
	edit func(batch.Batch) batch.Batch
}

// Next leaves out batches that the change has emptied.
func (s *edited) Next(ctx context.Context) (batch.Batch, error) {
	for {
		b, err := s.Stream.Next(ctx)
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if err != nil {
			return b, err
		}
		if b = s.edit(b); b.NumRows() > 0 {
			return b, nil
		}
	}
}

// each edits all parts of an op's result.
func each(ctx context.Context, op physical.Op, r *physical.Run, edit func(batch.Batch) batch.Batch) ([]physical.Part, error) {
	parts, err := op.Open(ctx, r)
	for i := range parts {
		parts[i].Stream = &edited{parts[i].Stream, edit}
	}
	return parts, err
}

type forgetful struct{ physical.Stateful }

func (o *forgetful) Open(ctx context.Context, r *physical.Run) ([]physical.Part, error) {
	return each(ctx, o.Stateful, r, func(b batch.Batch) batch.Batch {
		var kept []int32
		for i := range b.NumRows() {
			if b.Change(i) > 0 {
				kept = append(kept, int32(i))
			}
		}
		b.Sel = append([]int32{}, kept...)
		return b
	})
}

type unsigned struct{ physical.Stateful }

func (o *unsigned) Open(ctx context.Context, r *physical.Run) ([]physical.Part, error) {
	return each(ctx, o.Stateful, r, func(b batch.Batch) batch.Batch {
		b.Changes = nil
		return b
	})
}

type hasty struct{ physical.Stateful }

func (o *hasty) Open(ctx context.Context, r *physical.Run) ([]physical.Part, error) {
	early := *r
	if r.Watermark != physical.NoWatermark {
		early.Watermark += 5_000_000
	}
	return o.Stateful.Open(ctx, &early)
}

type amnesiac struct{ physical.Stateful }

func (o *amnesiac) Flush() error { return nil }

type narrow struct{ physical.Stateful }

func (o *narrow) Open(ctx context.Context, r *physical.Run) ([]physical.Part, error) {
	parts, err := o.Stateful.Open(ctx, r)
	if err == nil && len(parts) > 1 {
		parts[1].Stream = &edited{parts[1].Stream, func(b batch.Batch) batch.Batch { return b.Slice(0, 0) }}
	}
	return parts, err
}
