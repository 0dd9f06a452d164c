package physical

import (
	"fmt"
	"slices"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/state"
)

// Settings are what a plan needs of the session's.
type Settings struct {
	ANSI bool
	Zone *time.Location
	// Shuffle is the number of tasks after an exchange; 0: as many as Tasks.
	Shuffle int
	// StateBytes and SortBytes bound the memory of groups and of one sort.
	StateBytes, SortBytes int64
	// JoinBytes bounds the memory of the side of a join that is held. JoinReread
	// reads the static side of a stream's join anew for each micro-batch.
	JoinBytes  int64
	JoinReread bool
	// StateDisk keeps groups in tables, and in memory only those that a batch touches.
	StateDisk bool
	// StateTTL is how long state is kept that no watermark lets go; 0: for ever.
	StateTTL time.Duration
}

// Builder makes physical plans.
type Builder struct {
	// Tasks is how many tasks may run at once.
	Tasks int
	// Streaming plans for micro-batches: aggregates keep state.
	Streaming bool
	// Mode is the output mode of a streaming query.
	Mode sink.Mode
	// Keys are the columns that identify a row of the result, in mode update.
	Keys []int
	// Quarantine makes scans that decode read where their records came from.
	Quarantine bool
	Settings
	Sources *Sources
	// Alter puts an op in the place of one that was built; nil leaves all as they are.
	Alter func(Op) Op

	views  bool           // what is above can read views
	below  bool           // what is above has state
	ids    map[string]int // numbers of the ops with state, by kind
	states *state.Budget
}

// Plan is a physical plan and the ops in it that a run has to know.
type Plan struct {
	Root  Op
	Scans []*Scan
	// Static are the scans below the static side of a stream's join, or the initial
	// state of a processor, which plan their ranges themselves. They are not in Scans.
	Static []*Scan
	State  []Stateful
	// Timers are the ops that watch event time, in the order of their ids.
	Timers []EventTimer
	// Budget is that of all the state of the query, tables included.
	Budget *state.Budget
}

// Sources are all scans: those that a run gives ranges, and the static ones.
func (p *Plan) Sources() []*Scan { return slices.Concat(p.Scans, p.Static) }

// Build makes the plan of a logical plan, whose result has one part.
func (b *Builder) Build(n plan.Node) (*Plan, error) {
	root, err := b.op(n)
	if err != nil {
		return nil, err
	}
	p := &Plan{Root: b.gather(root), Budget: b.budget()}
	if b.Mode == sink.Update && len(b.Keys) > 0 && filters(p.Root) {
		p.Root = &LatestByKey{Input: p.Root, keys: b.Keys}
	}
	Walk(p.Root, func(op Op) {
		switch op := op.(type) {
		case *Scan:
			p.Scans = append(p.Scans, op)
		case *HashJoin:
			p.Static = append(p.Static, op.scans...)
		case *StateProcess:
			p.State = append(p.State, op)
			p.Static = append(p.Static, op.scans...)
		case Stateful:
			p.State = append(p.State, op)
		}
	})
	p.Timers = number(p.Root)
	needsBelow(p.Root)
	p.Scans = slices.DeleteFunc(p.Scans, func(s *Scan) bool { return slices.Contains(p.Static, s) })
	return p, nil
}

// op builds the op of a plan node.
func (b *Builder) op(n plan.Node) (Op, error) {
	op, err := b.switched(n)
	if err == nil && b.Alter != nil {
		op = b.Alter(op)
	}
	return op, err
}

// switched is the one switch from plan nodes to ops.
func (b *Builder) switched(n plan.Node) (Op, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return newScan(b, n)
	case *plan.Local:
		return newLocal(n)
	case *plan.Table:
		return &Table{n}, nil
	case *plan.Alias:
		return b.op(n.Input)
	case *plan.Project:
		return b.project(n)
	case *plan.Filter:
		return b.filter(n)
	case *plan.Aggregate:
		return b.aggregate(n)
	case *plan.Distinct:
		return b.distinct(n)
	case *plan.Dedup:
		return b.dedup(n)
	case *plan.Sort:
		return b.sort(n, -1, 0)
	case *plan.Limit:
		return b.limit(n)
	case *plan.Union:
		return b.union(n)
	case *plan.Join:
		return b.join(n)
	case *plan.Watermark:
		return b.watermark(n)
	case *plan.TimeWindow:
		return b.timeWindow(n)
	case *plan.Upsert:
		return b.upsert(n)
	case *plan.AsChanges:
		return b.asChanges(n)
	case *plan.Process:
		return b.process(n)
	}
	return nil, fmt.Errorf("internal: no operator computes the plan node %T", n)
}

func (b *Builder) project(n *plan.Project) (Op, error) {
	in, err := b.reading(n.Input, true)
	if err != nil {
		return nil, err
	}
	return newProject(in, n)
}

func (b *Builder) filter(n *plan.Filter) (Op, error) {
	in, err := b.filtered(n.Input)
	if err != nil {
		return nil, err
	}
	return newFilter(in, n)
}

// filtered builds the input of a filter. A row that no longer passes it has to be
// taken back, so that state below gives changes, but for a complete result.
func (b *Builder) filtered(n plan.Node) (Op, error) {
	if b.Mode != sink.Update {
		return b.reading(n, b.views)
	}
	return b.inside(func() (Op, error) { return b.reading(n, b.views) })
}

// reading builds an input; views tells whether its reader can take views.
func (b *Builder) reading(n plan.Node, views bool) (Op, error) {
	saved := b.views
	b.views = views
	defer func() { b.views = saved }()
	return b.op(n)
}

func (b *Builder) aggregate(n *plan.Aggregate) (Op, error) {
	agg, err := operator.NewAggregation(n.Keys, n.Aggs, b.ANSI)
	if err != nil {
		return nil, err
	}
	if n.Session != nil {
		return b.session(n, agg)
	}
	return b.grouped(n, n.Input, true, agg)
}

func (b *Builder) distinct(n *plan.Distinct) (Op, error) {
	agg, err := operator.NewDistinct(n.Schema())
	if err != nil {
		return nil, err
	}
	return b.grouped(n, n.Input, false, agg)
}

// grouped aggregates in one pass where there is one task, else partially in each
// task and then by key.
func (b *Builder) grouped(n, input plan.Node, views bool, agg *operator.Aggregation) (Op, error) {
	in, err := b.inside(func() (Op, error) { return b.reading(input, views) })
	if err != nil {
		return nil, err
	}
	if b.Streaming && plan.Streaming(n) {
		if plan.Changing(input, b.outputMode()) {
			if agg, err = agg.WithRetract(); err != nil {
				return nil, err
			}
		}
		return newStateful(b, b.late(in, plan.LateBy(n)[0]), agg, groupTime(n, agg.NumKeys()), b.emit())
	}
	budget := b.StateBytes
	if b.Tasks == 1 {
		return &Aggregate{Input: b.gather(in), agg: agg, budget: budget}, nil
	}
	exchange := b.exchange(&Partial{Input: in, agg: agg}, agg.NumKeys(), b.tasksOf(agg))
	return &Final{Input: exchange, agg: agg, budget: budget}, nil
}

// outputMode is the mode in the words of plans.
func (b *Builder) outputMode() plan.OutputMode {
	return [...]plan.OutputMode{sink.Append: plan.Append, sink.Update: plan.Update, sink.Complete: plan.Complete}[b.Mode]
}

// groupTime returns which of the first columns of a node says when a group goes.
func groupTime(n plan.Node, keys int) operator.GroupTime {
	c, ok := plan.GroupTime(n, keys)
	if !ok {
		return operator.GroupTime{Column: -1}
	}
	return operator.GroupTime{Column: c.Index, Lag: c.Lag}
}

// shuffle is the number of tasks after an exchange.
func (b *Builder) shuffle() int {
	if b.Shuffle > 0 {
		return b.Shuffle
	}
	return b.Tasks
}

func (b *Builder) sort(n *plan.Sort, rows, offset int64) (Op, error) {
	in, err := b.reading(n.Input, false)
	if err != nil {
		return nil, err
	}
	return &Sort{Input: b.gather(in), keys: n.Keys, rows: rows, offset: offset, budget: b.SortBytes}, nil
}

func (b *Builder) union(n *plan.Union) (Op, error) {
	u := &Union{schema: n.Schema().Arrow()}
	for _, c := range n.Inputs {
		in, err := b.reading(c, false)
		if err != nil {
			return nil, err
		}
		u.Inputs = append(u.Inputs, in)
	}
	return u, nil
}

// gather makes one part of an op's parts; scans below it deal in order.
func (b *Builder) gather(in Op) Op {
	switch in.(type) {
	case *Gather, *Sort, *Limit, *StreamLimit, *Local, *Table, *Aggregate, *Latest:
		return in
	}
	if b.Tasks == 1 && !hasUnion(in) {
		return in
	}
	markOrdered(in)
	return &Gather{in}
}

func hasUnion(op Op) bool {
	found := false
	Walk(op, func(o Op) { _, is := o.(*Union); found = found || is })
	return found
}

// markOrdered tells the scans whose rows reach op without meeting in an exchange
// that their order matters.
func markOrdered(op Op) {
	switch op := op.(type) {
	case *Scan:
		op.Ordered = true
	case *Filter, *Project, *Union, *Watermark, *TimeWindow, *LateFilter, *AsChanges:
		for _, c := range op.Children() {
			markOrdered(c)
		}
	case *HashJoin:
		markOrdered(op.Probe)
	}
}
