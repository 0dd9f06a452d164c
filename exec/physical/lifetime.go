package physical

import (
	"math"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/operator"
)

// life is how long state is kept, above an input, that no watermark lets go. State
// of which the input takes back what it has forgotten itself needs no lifetime: it
// shrinks with it, and stays right, where one of its own could end before that.
func (b *Builder) life(in Op) operator.Lifetime {
	if !b.Streaming || takesBack(in) {
		return 0
	}
	return operator.LifetimeOf(b.StateTTL)
}

// takesBack tells whether all rows that leave an op are taken back in the end,
// since something below it forgets what they come of.
func takesBack(op Op) bool {
	switch op := op.(type) {
	case *StateAggregate:
		return op.life > 0 && !op.agg.KeysAlone() || op.time.Column < 0 && takesBack(op.Input)
	case *Upsert:
		return op.life > 0 || takesBack(op.Input)
	case *StreamJoin:
		return op.spec.Table == operator.NoSide && op.spec.Bounds == nil && takesBack(op.Left) && takesBack(op.Right)
	case *HashJoin:
		return takesBack(op.Probe)
	case *StateSession:
		return op.life > 0 || op.time.Column < 0 && takesBack(op.Input)
	case *StateDedup, *StateProcess:
		return false
	}
	for _, c := range op.Children() {
		if !takesBack(c) {
			return false
		}
	}
	return len(op.Children()) > 0
}

// lifeText says in explain how long state is kept that no watermark lets go.
func lifeText(l operator.Lifetime) string {
	if l == 0 {
		return ""
	}
	return ", kept " + plan.SpanText(int64(l)) + " after its last change"
}

// aged is the state of a task that is forgotten.
type aged interface {
	// NextTime is a time in microseconds before which nothing is; math.MaxInt64 where
	// there is nothing.
	NextTime() int64
}

// nextTime is when the first of some tasks forgets.
func nextTime[S any](states []S) (time.Time, bool) {
	next := int64(math.MaxInt64)
	for _, s := range states {
		if a, ok := any(s).(aged); ok {
			next = min(next, a.NextTime())
		}
	}
	return time.UnixMicro(next), next != math.MaxInt64
}

// NextTime is when groups may be forgotten next.
func (s *groupTasks) NextTime() (time.Time, bool) { return nextTime(s.states) }

// setTime tells the tasks the time of the batch.
func (s *groupTasks) setTime(r *Run) {
	for _, one := range s.states {
		if a, ok := one.(interface{ SetTime(now int64) }); ok {
			a.SetTime(r.Env.Time.UnixMicro())
		}
	}
}

// keptText says how long a join keeps rows of an input that no bounds let go.
func (b *Builder) keptText(in Op) string {
	switch l := b.life(in); {
	case l > 0:
		return strings.TrimPrefix(lifeText(l), ", ")
	case b.StateTTL > 0 && takesBack(in):
		return "kept while its input keeps it"
	}
	return "unbounded"
}
