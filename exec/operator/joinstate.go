package operator

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// The sides of a join of two streams, as they index the arrays of a spec.
const (
	LeftSide = iota
	RightSide
	// NoSide is neither.
	NoSide = -1
)

// StreamJoinSpec describes a join of two streams of changes, both of which are
// remembered.
type StreamJoinSpec struct {
	// Inputs are the schemas of the two streams: Keys columns to join by, of the same
	// types on both sides, then, where there are bounds, the time of the row, a
	// timestamp, then the columns of the side.
	Inputs [2]*arrow.Schema
	Keys   int
	// NullSafe tells for each key whether null equals null.
	NullSafe []bool
	// Cond is a condition over the left columns, then the right ones, without the
	// keys; nil is none.
	Cond expr.Expr
	// Output is JoinPairs, or what leaves of the left side. Outer tells for JoinPairs
	// which sides keep their rows without a match, with nulls for the other.
	Output JoinOutput
	Outer  [2]bool
	// Schema is that of the result; Name the join's line in explain, for errors.
	Schema *arrow.Schema
	Name   string
	// Emit says how the result leaves: EmitFinal gives rows that depend on a match
	// being missing only when none can come any more, which is when the watermark
	// lets the row go; EmitComplete the whole result after each batch, and no row
	// ever goes; EmitUpdate is EmitChanges, since a join has no key.
	Emit Emit
	// Table is the side that is a table which the other side's rows look up: each
	// meets the table as it is after the changes of its batch, and changes of the
	// table alone give nothing. The other side is not remembered. NoSide: none.
	Table int
	// Bounds are the bounds on the rows' times; nil: none, and rows stay for ever.
	Bounds *JoinBounds
}

// JoinBounds say that two rows can only match if Lo <= right time - left time
// <= Hi, in microseconds, both inclusive. A row without a time matches nothing.
type JoinBounds struct {
	// Lo and Hi are NoLowerBound and NoUpperBound where there is none.
	Lo, Hi int64
	// Lag is how far behind the watermark rows of each side may still come: those to
	// come are later than the watermark less Lag. So a row goes once the watermark
	// less the other side's lag has reached the last time it could match.
	Lag [2]int64
}

// Bounds that are open.
const (
	NoLowerBound = math.MinInt64
	NoUpperBound = math.MaxInt64
)

// keeps is how far the watermark must have come beyond the time of a row of a side
// for the row to go; false: it stays for ever.
func (b *JoinBounds) keeps(side int) (int64, bool) {
	by := b.Hi
	if side == RightSide {
		if by = -b.Lo; b.Lo == NoLowerBound {
			return 0, false
		}
	}
	if by == NoUpperBound {
		return 0, false
	}
	return by + b.Lag[1-side], true
}

// window is the times of the rows of the other side that a row of a side at
// time from, or up to time to, can match.
func (b *JoinBounds) window(side int, from, to int64) (int64, int64) {
	lo, hi := b.Lo, b.Hi
	if side == RightSide {
		lo, hi = negate(b.Hi), negate(b.Lo)
	}
	return addTime(from, lo), addTime(to, hi)
}

// negate turns a bound around, an open one too.
func negate(v int64) int64 {
	switch v {
	case NoLowerBound:
		return NoUpperBound
	case NoUpperBound:
		return NoLowerBound
	}
	return -v
}

// addTime adds a bound to a time; what is beyond all times is the last of them.
func addTime(t, by int64) int64 {
	switch s := t + by; {
	case by > 0 && s < t:
		return math.MaxInt64
	case by < 0 && s > t:
		return math.MinInt64
	default:
		return s
	}
}

// JoinState joins two streams of changes for one task: micro-batch after
// micro-batch, what it gives adds up to the join of all that it was given. It
// keeps in a table each row once, under its join key and, where there are bounds,
// its time, with how often it is there, and for a side whose rows depend on it
// the number of its matches.
//
// The table's commits and rollbacks are the state's. A state is not safe for
// concurrent use.
type JoinState struct {
	spec    *StreamJoinSpec
	table   state.Table
	sides   [2]*joinSide
	order   [2]int // which side's changes come first
	cond    *pairCond
	timers  [2]*joinTimers // nil where rows stay
	count   joinCount
	scratch joinScratch
}

// NewJoinState returns the state that a table holds.
func NewJoinState(spec *StreamJoinSpec, table state.Table) (*JoinState, error) {
	s := &JoinState{spec: spec, table: table, order: spec.order()}
	for k := range s.sides {
		var err error
		if s.sides[k], err = newJoinSide(spec, k); err != nil {
			return nil, err
		}
		if s.sides[k].evicts {
			s.timers[k] = &joinTimers{table: table, space: timerSpaces[k]}
		}
	}
	if spec.Cond != nil {
		var err error
		if s.cond, err = newPairCond(spec.Cond, s.sides[LeftSide].schema, s.sides[RightSide].schema); err != nil {
			return nil, fmt.Errorf("%s: %w", spec.Name, err)
		}
	}
	return s, s.count.load(table)
}

// order says whose changes are worked off first: those of a table that is looked
// up, else of the side whose rows do not depend on matches, so that rows which
// come in one batch with their match need not leave without it and be taken
// back; the left side comes last where neither or both depend.
func (s *StreamJoinSpec) order() [2]int {
	if s.Table == LeftSide || s.Table == NoSide && s.Outer == [2]bool{false, true} {
		return [2]int{LeftSide, RightSide}
	}
	return [2]int{RightSide, LeftSide}
}

// Stream returns the result of a micro-batch, of which left and right are the
// rows: the changes of one side, then of the other, in the order of the input,
// and of the state's keys where an input row matches several; last what the
// watermark makes final. It closes both inputs. wm is the watermark up to which
// rows are let go, math.MinInt64 where there is none.
func (s *JoinState) Stream(left, right batch.Stream, wm int64, env Env) batch.Stream {
	return &joinStateStream{state: s, in: [2]batch.Stream{left, right}, wm: wm, env: env}
}

// begin forgets what is left of a batch that did not end.
func (s *JoinState) begin() {
	s.count.begin()
	for _, t := range s.timers {
		if t != nil {
			t.added.reset()
		}
	}
}

// flush puts the times of the batch's rows into the table.
func (s *JoinState) flush() error {
	for _, t := range s.timers {
		if t == nil {
			continue
		}
		if err := t.flush(); err != nil {
			return fmt.Errorf("%s: %w", s.spec.Name, err)
		}
	}
	return nil
}

// Due tells whether a batch without rows would let rows go because the watermark
// is at wm.
func (s *JoinState) Due(wm int64) (bool, error) {
	for k, t := range s.timers {
		if t == nil || wm == math.MinInt64 {
			continue
		}
		if first, err := t.first(); err != nil || first <= s.sides[k].gone(wm) {
			return err == nil, err
		}
	}
	return false, nil
}

// Commit makes what the batch changed the state that the next one begins with;
// the table is committed by its store.
func (s *JoinState) Commit() { s.count.commit() }

// Rollback forgets what the batch changed; the table is rolled back by its store.
func (s *JoinState) Rollback() {
	s.count.rollback()
	for _, t := range s.timers {
		if t != nil {
			t.reset()
		}
	}
}
