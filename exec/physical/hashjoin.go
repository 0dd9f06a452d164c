package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/source"
)

// HashJoin holds one input in memory, built once for all parts of the other one
// when it is opened, and looks the rows of that one up in it, part by part. The
// order of the probe side is kept.
//
// In a streaming query one side of it is static: a plan that reads no stream. It
// is held in memory, read anew for every micro-batch, or where cache is set for
// the first one alone.
type HashJoin struct {
	Probe, Build Op
	spec         *operator.JoinSpec
	budget       int64
	after        bool // after something with state

	static, cache bool
	scans         []*Scan             // of the static side
	table         *operator.JoinTable // kept of the static side
}

// join puts a join of two streams into state; of others it holds a side in
// memory: the right one, or the one that is not a stream.
func (b *Builder) join(n *plan.Join) (Op, error) {
	left, right := b.Streaming && plan.Streaming(n.Left), b.Streaming && plan.Streaming(n.Right)
	if left && right {
		return b.streamJoin(n)
	}
	return b.hashJoin(n, right, left || right)
}

func (b *Builder) hashJoin(n *plan.Join, buildLeft, static bool) (Op, error) {
	j := &HashJoin{spec: joinSpec(n, buildLeft), budget: b.JoinBytes, static: static, cache: static && !b.JoinReread}
	probe, build := n.Left, n.Right
	if buildLeft {
		probe, build = build, probe
	}
	var err error
	if j.Probe, err = b.reading(probe, false); err != nil {
		return nil, err
	}
	if j.Build, err = b.held(build); err != nil {
		return nil, err
	}
	if j.spec.BuildOuter {
		j.Probe = b.gather(j.Probe)
	}
	if static {
		j.scans = scansOf(j.Build)
	}
	j.after = afterState(j.Probe)
	return j, nil
}

// held builds the side of a join that is read to its end before the other one:
// a batch plan, in one part.
func (b *Builder) held(n plan.Node) (Op, error) {
	saved := *b
	b.Streaming, b.Quarantine = false, false
	op, err := b.reading(n, false)
	if err == nil {
		op = b.gather(op)
	}
	b.Streaming, b.Quarantine = saved.Streaming, saved.Quarantine
	return op, err
}

// joinSpec says what a plan's join means for the sides that are probed and held.
func joinSpec(n *plan.Join, buildLeft bool) *operator.JoinSpec {
	s := &operator.JoinSpec{BuildLeft: buildLeft, ProbeKeys: n.LeftKeys, BuildKeys: n.RightKeys, NullSafe: n.NullSafe, Cond: n.Cond,
		Schema: n.Schema().Arrow(), Name: "Hash" + n.String()}
	left, right := n.Type == plan.Left || n.Type == plan.Full, n.Type == plan.Right || n.Type == plan.Full
	s.ProbeOuter, s.BuildOuter = left, right
	if buildLeft {
		s.ProbeKeys, s.BuildKeys = n.RightKeys, n.LeftKeys
		s.ProbeOuter, s.BuildOuter = right, left
	}
	switch n.Type {
	case plan.Semi:
		s.Output = operator.JoinExists
	case plan.Anti:
		s.Output = operator.JoinMissing
	}
	return s
}

// String returns the type, the keys and the condition, and which side is held.
func (j *HashJoin) String() string {
	side := "right"
	if j.spec.BuildLeft {
		side = "left"
	}
	text := j.spec.Name + ", build " + side
	switch {
	case j.cache:
		text += ", static, read once"
	case j.static:
		text += ", static, read for each batch"
	}
	return text
}

// Children returns the left input, then the right one.
func (j *HashJoin) Children() []Op {
	if j.spec.BuildLeft {
		return []Op{j.Build, j.Probe}
	}
	return []Op{j.Probe, j.Build}
}

// Schema is the join's.
func (j *HashJoin) Schema() *arrow.Schema { return j.spec.Schema }

// Open reads the build side, unless it is kept from the run before, and opens
// the join of each part of the probe side.
func (j *HashJoin) Open(ctx context.Context, r *Run) ([]Part, error) {
	table := j.table
	if table == nil {
		var err error
		if table, err = j.build(ctx, r); err != nil {
			return nil, err
		}
		if j.cache {
			j.table = table
		}
	}
	return mapParts(ctx, r, j.Probe, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewHashJoin(in, j.spec, table, r.envAfter(j.after))
	})
}

func (j *HashJoin) build(ctx context.Context, r *Run) (*operator.JoinTable, error) {
	if j.static {
		var err error
		if r, err = r.withAll(ctx, j.scans); err != nil {
			return nil, err
		}
	}
	parts, err := j.Build.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		closeAll(parts)
		return nil, fmt.Errorf("internal: %d parts for the held side of a join", len(parts))
	}
	return operator.BuildJoin(ctx, parts[0].Stream, j.spec, r.strict(), j.budget)
}

// scansOf returns the scans of an op and of those below it.
func scansOf(op Op) []*Scan {
	var out []*Scan
	Walk(op, func(op Op) {
		if s, ok := op.(*Scan); ok {
			out = append(out, s)
		}
	})
	return out
}

// withAll returns the run with all that the sources of some scans hold now.
func (r *Run) withAll(ctx context.Context, scans []*Scan) (*Run, error) {
	run := *r
	run.Ranges = make(map[*Scan][]source.Range, len(scans))
	for _, s := range scans {
		from, to, err := s.Source.Bounds(ctx)
		if err != nil {
			return nil, err
		}
		if run.Ranges[s], err = s.Source.Plan(ctx, from, to); err != nil {
			return nil, err
		}
	}
	return &run, nil
}
