package physical

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// dedup passes rows on as they come where they stay; else, and where the whole
// result is asked for, it is an aggregation that keeps the first row of each key.
func (b *Builder) dedup(n *plan.Dedup) (Op, error) {
	streaming := b.Streaming && plan.Streaming(n)
	if streaming && (plan.Changing(n.Input, b.outputMode()) || b.emit() == EmitComplete) {
		return b.firstRows(n)
	}
	within, when := -1, operator.GroupTime{Column: -1}
	if streaming {
		within, when = dedupTime(n)
	}
	d, err := operator.NewDeduplication(n.Schema(), n.Keys, within)
	if err != nil {
		return nil, err
	}
	in, err := b.inside(func() (Op, error) { return b.reading(n.Input, false) })
	if err != nil {
		return nil, err
	}
	if streaming {
		in = b.late(in, plan.LateBy(n)[0])
	}
	tasks := b.shuffle()
	if b.Tasks == 1 && tasks == 1 {
		in = b.gather(in)
	} else {
		in = &HashExchange{Input: in, keys: n.Keys, parts: tasks, budget: b.StateBytes}
	}
	if !streaming {
		return &Dedup{Input: in, text: n.String(), dedup: d, budget: b.StateBytes}, nil
	}
	s := &StateDedup{groupTasks: b.newTasks("dedup", d.Aggregation()), Input: in, text: n.String(), dedup: d}
	if n.WithinWatermark {
		s.name = "dedupeWithinWatermark"
	}
	if when.Column < 0 {
		s.life = b.life(in)
	}
	return s, s.divide(b, tasks, func(o operator.StateOptions) (groupState, error) {
		o.Time, o.Life = when, s.life
		return d.NewState(o)
	})
}

// dedupTime says when keys are forgotten: within a watermark, its delay after the
// time of the first row, the number of whose column comes first; else when a key
// that is an event time is final.
func dedupTime(n *plan.Dedup) (int, operator.GroupTime) {
	when := operator.GroupTime{Column: -1}
	for _, c := range plan.EventTime(n.Input) {
		if n.WithinWatermark {
			return c.Index, operator.GroupTime{Column: len(n.Keys), Lag: c.Lag + watermarkDelay(n.Input)}
		}
		for k, key := range n.Keys {
			if key == c.Index && (when.Column < 0 || c.Lag < when.Lag) {
				when = operator.GroupTime{Column: k, Lag: c.Lag}
			}
		}
	}
	return -1, when
}

// watermarkDelay is the largest delay of the watermarks below a node, in
// microseconds.
func watermarkDelay(n plan.Node) int64 {
	longest := int64(0)
	plan.Walk(n, func(n plan.Node) bool {
		if w, ok := n.(*plan.Watermark); ok {
			longest = max(longest, int64(w.Delay/time.Microsecond))
		}
		return true
	})
	return longest
}

// firstRows aggregates rows, as structs, by their keys.
func (b *Builder) firstRows(n *plan.Dedup) (Op, error) {
	schema := n.Schema()
	var keys, cols []expr.Expr
	for _, k := range n.Keys {
		keys = append(keys, expr.RefTo(schema, k))
	}
	for i := range schema.Len() {
		cols = append(cols, expr.As(expr.RefTo(schema, i), schema.Field(i).Name))
	}
	row, err := expr.BindCall(expr.NewCall("struct", cols...))
	if err != nil {
		return nil, err
	}
	first, err := expr.BindCall(expr.NewCall("first", row))
	if err != nil {
		return nil, err
	}
	agg := plan.AggregateOf(n.Input, keys, []expr.Expr{expr.As(first, "row")})
	whole := expr.RefTo(agg.Schema(), len(keys))
	list := make([]expr.Expr, schema.Len())
	for i := range list {
		f := schema.Field(i)
		list[i] = expr.As(&expr.Field{Child: whole, Index: i}, f.Name)
	}
	return b.op(plan.ProjectOf(agg, list))
}

// StateDedup passes on the rows of a stream that are the first of their kind.
type StateDedup struct {
	groupTasks
	Input Op
	text  string
	dedup *operator.Deduplication
}

// String returns the columns that are compared, and how long keys are kept.
func (d *StateDedup) String() string {
	if d.life == 0 {
		return "State" + d.text
	}
	return "State" + d.text + ", kept " + plan.SpanText(int64(d.life)) + " after it was first seen"
}

// Children returns the input.
func (d *StateDedup) Children() []Op { return []Op{d.Input} }

// Schema is the input's.
func (d *StateDedup) Schema() *arrow.Schema { return d.Input.Schema() }

// Open begins a batch in each part's state.
func (d *StateDedup) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := d.Input.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := d.check(parts); err != nil {
		return nil, err
	}
	d.setTime(r)
	for i, p := range parts {
		rows, err := d.dedup.Rows(p.Stream, d.states[i].(*operator.AggregateState), r.Watermark, r.strict())
		if err != nil {
			closeAll(parts)
			return nil, err
		}
		parts[i] = Part{Stream: rows}
	}
	return parts, nil
}

// Progress sums up the tasks' state.
func (d *StateDedup) Progress() StateProgress { return d.progress(LateRows(d)) }

// Dedup passes on the rows of an input that are the first of their kind.
type Dedup struct {
	Input  Op
	text   string
	dedup  *operator.Deduplication
	budget int64
}

// String returns the columns that are compared.
func (d *Dedup) String() string { return d.text }

// Children returns the input.
func (d *Dedup) Children() []Op { return []Op{d.Input} }

// Schema is the input's.
func (d *Dedup) Schema() *arrow.Schema { return d.Input.Schema() }

// Open compares the rows of each part.
func (d *Dedup) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, d.Input, func(in batch.Stream) (batch.Stream, error) {
		return d.dedup.Once(in, r.strict(), d.budget)
	})
}
