package physical

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/state"
)

// StreamJoin joins two streams of changes. Each task owns a range of key groups
// and remembers the rows of both sides in a table. Rows without keys to join by
// meet in one task.
type StreamJoin struct {
	Left, Right Op // exchanged by key
	spec        *operator.StreamJoinSpec
	id, until   string
	tasks       int
	kind        state.Kind
	budget      *state.Budget // of rows that are held in memory
	states      []*operator.JoinState
	dueErr      error // of Due, told by the next run
}

func (b *Builder) streamJoin(n *plan.Join) (Op, error) {
	j := &StreamJoin{tasks: b.shuffle()}
	if len(n.LeftKeys) == 0 {
		j.tasks = 1
	}
	table := n.Lookup(plan.OutputMode(b.Mode.String()))
	j.spec = streamJoinSpec(n, table, b.emit())
	bounds, bounded := plan.Bounds(n)
	if bounded = bounded && table == ""; bounded {
		j.spec.Bounds = joinBounds(bounds)
	} else {
		bounds = plan.TimeBounds{}
	}
	var err error
	late := plan.LateBy(n)
	if j.Left, err = b.joinInput(n.Left, n.LeftKeys, bounds.Left, late[0], j.tasks); err != nil {
		return nil, err
	}
	if j.Right, err = b.joinInput(n.Right, n.RightKeys, bounds.Right, late[1], j.tasks); err != nil {
		return nil, err
	}
	var kept [2]string
	for k, in := range []Op{j.Left, j.Right} {
		j.spec.Life[k] = b.life(in)
		kept[k] = b.keptText(in)
	}
	j.until = joinUntil(table, bounds, bounded, j.spec, kept)
	j.spec.Inputs = [2]*arrow.Schema{j.Left.Schema(), j.Right.Schema()}
	j.id = b.stateID("join")
	j.kind, j.budget = j.spec.Kind(b.StateDisk), b.budget().OrDisk()
	return j, nil
}

// streamJoinSpec says what a plan's join means for the state.
func streamJoinSpec(n *plan.Join, table string, emit Emit) *operator.StreamJoinSpec {
	s := &operator.StreamJoinSpec{Keys: len(n.LeftKeys), NullSafe: n.NullSafe, Cond: n.Cond, Schema: n.Schema().Arrow(),
		Name: "StreamJoin" + strings.TrimPrefix(n.String(), "Join"), Emit: emit, Table: operator.NoSide}
	s.Outer = [2]bool{n.Type == plan.Left || n.Type == plan.Full, n.Type == plan.Right || n.Type == plan.Full}
	switch table {
	case "left":
		s.Table = operator.LeftSide
	case "right":
		s.Table = operator.RightSide
	}
	switch n.Type {
	case plan.Semi:
		s.Output = operator.JoinExists
	case plan.Anti:
		s.Output = operator.JoinMissing
	}
	return s
}

func joinBounds(b plan.TimeBounds) *operator.JoinBounds {
	return &operator.JoinBounds{Lo: b.Lo, Hi: b.Hi, Lag: [2]int64{b.LeftLag, b.RightLag}}
}

// joinUntil says for explain how long rows stay in the state; kept, how long those of
// each side do that no bounds let go.
func joinUntil(table string, b plan.TimeBounds, bounded bool, s *operator.StreamJoinSpec, kept [2]string) string {
	switch {
	case table != "":
		return "looks up the " + table + " side"
	case s.Emit == EmitComplete || !bounded:
		if kept[operator.LeftSide] != kept[operator.RightSide] {
			return "left state " + kept[operator.LeftSide] + ", right state " + kept[operator.RightSide]
		}
		return "state " + kept[operator.LeftSide]
	case !b.HasHi():
		return "left state " + kept[operator.LeftSide] + ", right until " + timeText(b.Right, b.Lo, -1)
	case !b.HasLo():
		return "left until " + timeText(b.Left, b.Hi, 1) + ", right state " + kept[operator.RightSide]
	}
	return "left until " + timeText(b.Left, b.Hi, 1) + ", right until " + timeText(b.Right, b.Lo, -1)
}

// timeText is a time with something added or taken away.
func timeText(e expr.Expr, by int64, sign int64) string {
	switch by *= sign; {
	case by > 0:
		return fmt.Sprintf("%s + %s", e, plan.SpanText(by))
	case by < 0:
		return fmt.Sprintf("%s - %s", e, plan.SpanText(-by))
	}
	return e.String()
}

// String returns the type and the condition, how changes leave, and how long rows
// stay in the state.
func (j *StreamJoin) String() string {
	return fmt.Sprintf("%s, emit=%s, %s", j.spec.Name, j.spec.Emit, j.until)
}

// Children returns the left input, then the right one.
func (j *StreamJoin) Children() []Op { return []Op{j.Left, j.Right} }

// Schema is the join's.
func (j *StreamJoin) Schema() *arrow.Schema { return j.spec.Schema }

// Open joins the changes of a batch with the state, in each task.
func (j *StreamJoin) Open(ctx context.Context, r *Run) ([]Part, error) {
	if len(j.states) != j.tasks {
		return nil, fmt.Errorf("internal: %s ran without its state", j.id)
	}
	if j.dueErr != nil {
		return nil, j.dueErr
	}
	left, err := j.Left.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	right, err := j.Right.Open(ctx, r)
	if err != nil {
		closeAll(left)
		return nil, err
	}
	if len(left) != j.tasks || len(right) != j.tasks {
		closeAll(append(left, right...))
		return nil, fmt.Errorf("internal: %d and %d parts for the state of %d tasks", len(left), len(right), j.tasks)
	}
	parts := make([]Part, j.tasks)
	for i, s := range j.states {
		s.SetTime(r.Env.Time.UnixMicro())
		parts[i].Stream = s.Stream(left[i].Stream, right[i].Stream, r.Watermark, r.strict())
	}
	return parts, nil
}

// StateSpec describes the rows.
func (j *StreamJoin) StateSpec() state.Spec { return j.spec.State(j.id) }

// StateTasks divides the key groups evenly.
func (j *StreamJoin) StateTasks() ([]state.Range, state.Kind) {
	return state.Ranges(j.tasks), j.kind
}

// Attach gives each task its table.
func (j *StreamJoin) Attach(tables []state.Table) error {
	j.states = nil
	for _, t := range tables {
		s, err := j.newState(t)
		if err != nil {
			return err
		}
		j.states = append(j.states, s)
	}
	return nil
}

func (j *StreamJoin) newState(t state.Table) (*operator.JoinState, error) {
	if j.kind == state.Journal {
		return operator.NewHeldJoinState(j.spec, t, j.budget)
	}
	return operator.NewJoinState(j.spec, t)
}

// Dump writes the rows of each task, as the last commit left them, into an empty
// table that is only set.
func (j *StreamJoin) Dump(tables []state.Table) error {
	for i, s := range j.states {
		if err := s.Dump(tables[i]); err != nil {
			return fmt.Errorf("%s: %w", j.id, err)
		}
	}
	return nil
}

// Spill drops the rows that are held in memory. From then on they are in the
// tables that Attach gives.
func (j *StreamJoin) Spill() error {
	for _, s := range j.states {
		s.Close()
	}
	j.states, j.kind = nil, j.spec.Kind(true)
	return nil
}

// Flush records what the batch changed.
func (j *StreamJoin) Flush() error {
	for _, s := range j.states {
		if err := s.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// NextTime is when rows may be forgotten next.
func (j *StreamJoin) NextTime() (time.Time, bool) { return nextTime(j.states) }

// Due tells whether rows go at the watermark, or are forgotten.
func (j *StreamJoin) Due(wm, now int64) bool {
	if at, ok := j.NextTime(); ok && at.UnixMicro() <= now {
		return true
	}
	for _, s := range j.states {
		due, err := s.Due(wm)
		if err != nil {
			j.dueErr = errors.Join(j.dueErr, fmt.Errorf("%s: %w", j.id, err))
		}
		if due || err != nil {
			return true
		}
	}
	return false
}

// Commit keeps what the batch changed.
func (j *StreamJoin) Commit() error {
	for _, s := range j.states {
		s.Commit()
	}
	return nil
}

// Rollback forgets what the batch changed.
func (j *StreamJoin) Rollback() {
	for _, s := range j.states {
		s.Rollback()
	}
}

// Progress sums up the tasks' state. Its bytes are those that the tasks hold
// themselves, not the tables'.
func (j *StreamJoin) Progress() StateProgress {
	p := StateProgress{Name: "symmetricHashJoin", Tasks: j.tasks, Late: LateRows(j)}
	for _, s := range j.states {
		st := s.Stats()
		p.Rows, p.Updated, p.Removed = p.Rows+st.Left+st.Right, p.Updated+st.Updated, p.Removed+st.Removed
		p.Bytes, p.Work = p.Bytes+st.Bytes, p.Work.Add(s.Work())
	}
	left, right := j.Rows()
	p.Custom = map[Metric]int64{RowsLeft: left, RowsRight: right}
	return p
}

// Rows is the number of rows in the state, by side.
func (j *StreamJoin) Rows() (left, right int64) {
	for _, s := range j.states {
		st := s.Stats()
		left, right = left+st.Left, right+st.Right
	}
	return left, right
}
