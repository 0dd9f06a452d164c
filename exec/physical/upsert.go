package physical

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/state"
)

// upsert makes a table of rows: in a stream one that is kept as state, in a batch
// query the one at the end of the input.
func (b *Builder) upsert(n *plan.Upsert) (Op, error) {
	if !b.Streaming || !plan.Streaming(n) {
		in, err := b.reading(n.Input, false)
		return &Latest{Input: b.gather(in), node: n, budget: b.StateBytes}, err
	}
	emit := b.emit()
	if emit == EmitFinal { // which plan.CheckWrite refuses: a row of a table is never final
		emit = EmitChanges
	}
	// The exchange goes by the first columns: the keys are brought there, and back.
	order := slices.Clone(n.Keys)
	for i := range n.Schema().Len() {
		if !slices.Contains(n.Keys, i) {
			order = append(order, i)
		}
	}
	in, err := b.inside(func() (Op, error) { return b.reading(n.Input, false) })
	if err != nil {
		return nil, err
	}
	front, there, back := moved(n, order)
	if in, err = newProject(b.gather(in), front); err != nil {
		return nil, err
	}
	u := &Upsert{Input: in, schema: front.Schema(), keys: len(n.Keys), budget: b.StateBytes, id: b.stateID("upsert"), life: b.life(in), after: afterState(in)}
	u.text = n.String() + ", emit=" + emit.String() + lifeText(u.life)
	for range b.shuffle() {
		one, err := operator.NewUpsertState(in.Schema(), there.Keys, there.Deleted, emit, n.String())
		if err != nil {
			return nil, err
		}
		one.Live(u.life)
		u.states = append(u.states, one)
	}
	return newProject(u, back)
}

// moved returns the table with its columns in another order, the projection that
// its input needs, and the one that brings its columns back.
func moved(n *plan.Upsert, order []int) (front *plan.Project, there *plan.Upsert, back *plan.Project) {
	front = plan.Keep(n.Input, order)
	to := make([]int, len(order))
	for k, i := range order {
		to[i] = k
	}
	there = &plan.Upsert{Input: front, Keys: make([]int, len(n.Keys))}
	for k, i := range n.Keys {
		there.Keys[k] = to[i]
	}
	if n.Deleted != nil {
		there.Deleted, _ = expr.Transform(n.Deleted, func(e expr.Expr) (expr.Expr, error) { // has no errors of its own
			if r, ok := e.(*expr.Ref); ok {
				return expr.RefTo(front.Schema(), to[r.Index]), nil
			}
			return e, nil
		})
	}
	return front, there, plan.Keep(there, to)
}

// Upsert keeps the latest row of each key as state, a range of key groups in each
// task. Its input has one part, with the key columns first: the order of the rows
// says which is the latest.
type Upsert struct {
	Input  Op
	schema *types.Schema // of the input
	keys   int
	budget int64
	id     string
	text   string
	life   operator.Lifetime
	after  bool // after something with state
	states []*operator.UpsertState
}

// String returns the keys, and how changes leave.
func (u *Upsert) String() string { return "State" + u.text }

// Children returns the input.
func (u *Upsert) Children() []Op { return []Op{u.Input} }

// Schema is the input's.
func (u *Upsert) Schema() *arrow.Schema { return u.Input.Schema() }

// Open begins a batch in each task's state.
func (u *Upsert) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := u.Input.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(parts) != 1 {
		closeAll(parts)
		return nil, fmt.Errorf("internal: %d parts as the input of a table", len(parts))
	}
	in := []batch.Stream{parts[0].Stream}
	if len(u.states) > 1 {
		in = operator.HashExchange(in, u.keys, len(u.states), u.budget)
	}
	out := make([]Part, len(in))
	for i, s := range in {
		out[i].Stream = s
	}
	for i, s := range in {
		u.states[i].Begin(r.Env.Time.UnixMicro())
		rows, err := u.states[i].Stream(s, r.envAfter(u.after))
		if err != nil {
			closeAll(out)
			return nil, err
		}
		out[i].Stream = rows
	}
	return out, nil
}

// StateSpec describes the rows.
func (u *Upsert) StateSpec() state.Spec {
	key := types.NewSchema(u.schema.Fields()[:u.keys]...).DDL()
	return state.Spec{Operator: u.id, Version: 1, Spaces: append([]state.Space{{ID: operator.UpsertSpace, Name: "table",
		Key: key, Value: u.schema.DDL()}}, u.life.Spaces(key)...)}
}

// StateTasks divides the key groups evenly; the rows are in the tables.
func (u *Upsert) StateTasks() ([]state.Range, state.Kind) {
	return state.Ranges(len(u.states)), state.Counted
}

// Attach hands out the tables.
func (u *Upsert) Attach(tables []state.Table) error {
	for i, t := range tables {
		if err := u.states[i].Attach(t); err != nil {
			return err
		}
	}
	return nil
}

// Flush has nothing to do: rows go into the tables as they come.
func (u *Upsert) Flush() error { return nil }

// Commit has nothing to do: the tables' store keeps the rows.
func (u *Upsert) Commit() error { return nil }

// Rollback forgets what is known beside the tables, whose store forgets the rows.
func (u *Upsert) Rollback() {
	for _, s := range u.states {
		s.Rollback()
	}
}

// Due tells whether rows are forgotten at now: else a row stays until another one
// takes its place.
func (u *Upsert) Due(_, now int64) bool {
	at, ok := u.NextTime()
	return ok && at.UnixMicro() <= now
}

// NextTime is when rows may be forgotten next.
func (u *Upsert) NextTime() (time.Time, bool) { return nextTime(u.states) }

// Progress tells what the batch changed. The store knows how many rows there are
// and what they take.
func (u *Upsert) Progress() StateProgress {
	p := StateProgress{Name: "upsert", Rows: CountedRows, Tasks: len(u.states)}
	if u.life > 0 { // a row has a pair for its time, and a key group one for the oldest
		groups := int64(0)
		for _, s := range u.states {
			groups += s.KeyGroups()
		}
		p.RowsIn = func(pairs int64) int64 { return (pairs - groups) / 2 }
	}
	for _, s := range u.states {
		updated, removed := s.Changed()
		p.Updated, p.Removed, p.Work = p.Updated+updated, p.Removed+removed, p.Work.Add(s.Work())
	}
	return p
}

// Latest makes a table of the rows of a batch query.
type Latest struct {
	Input  Op
	node   *plan.Upsert
	budget int64
}

// String returns the keys.
func (l *Latest) String() string { return l.node.String() }

// Children returns the input.
func (l *Latest) Children() []Op { return []Op{l.Input} }

// Schema is the input's.
func (l *Latest) Schema() *arrow.Schema { return l.Input.Schema() }

// Open makes the table of the one part.
func (l *Latest) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := mapParts(ctx, r, l.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewLatest(in, l.node.Keys, l.node.Deleted, l.node.String(), r.strict(), l.budget)
	})
	return unordered(parts), err
}
