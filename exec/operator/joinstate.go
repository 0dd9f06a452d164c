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
	// Life is how long rows of each side are kept after they came last that no bounds
	// let go.
	Life [2]Lifetime
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

// Kind says how the state of a join uses its table: where rows need not be kept on
// disk it holds them itself, but for a complete result, which is read in the
// order of the table, and for rows that are forgotten.
func (s *StreamJoinSpec) Kind(disk bool) state.Kind {
	if disk || s.Emit == EmitComplete || s.lifetime() > 0 {
		return state.Keyed
	}
	return state.Journal
}

// JoinState joins two streams of changes for one task: micro-batch after
// micro-batch, what it gives adds up to the join of all that it was given. It
// keeps each row once, under its join key and, where there are bounds, its time,
// with how often it is there, and for a side whose rows depend on it the number of
// its matches. Rows are in a table, or in memory.
//
// The commits and rollbacks of the table's store are the state's. A state is not
// safe for concurrent use.
type JoinState struct {
	spec    *StreamJoinSpec
	sides   [2]*joinSide
	order   [2]int // which side's changes come first
	cond    *pairCond
	kept    joinKeeper
	count   joinCount
	scratch joinScratch
	now     int64 // the time of the batch
	watch   stopwatch
}

// joinKeeper is where the rows of a join are kept.
type joinKeeper interface {
	// begin begins a batch, locate rows of it: find and put are about those.
	begin() error
	locate(in *joinRows)
	// find finds the rows of the other side for the next join keys, about
	// batch.MaxRows of them; false: there are none left. rematch keeps their numbers
	// of matches.
	find(c *candidates, in *joinRows) (bool, error)
	rematch(c *candidates) error
	// put changes how often row i is there, and returns the number of its matches.
	put(in *joinRows, i int) (match int64, err error)
	// worked follows each part of the input, settle all of it.
	worked() error
	settle() error
	// evict lets the rows of a side go whose times are up to one, and gives those
	// that leave to e; due tells whether there are any.
	evict(s *joinSide, upTo int64, e *eviction) error
	due(s *joinSide, upTo int64) (bool, error)
	// ended follows the whole of a batch, flush records what it changed; commit and
	// rollback end it.
	ended() error
	flush() error
	commit()
	rollback()
	// held is the memory that the rows take outside of a table.
	held() int64
	dump(t state.Table) error
	close()
}

// NewJoinState returns the state that a Keyed table holds: all rows stay in it.
func NewJoinState(spec *StreamJoinSpec, table state.Table) (*JoinState, error) {
	s, err := newJoinState(spec)
	if err != nil {
		return nil, err
	}
	t := &joinTable{JoinState: s, table: table}
	for k, side := range s.sides {
		if side.evicts {
			t.timers[k] = &joinTimers{table: table, space: timerSpaces[k], side: side}
		}
	}
	s.kept = t
	if err := t.attachChanges(); err != nil {
		return nil, err
	}
	return s, s.count.load(table)
}

// NewHeldJoinState returns a state that holds its rows in memory, as the budget
// allows, with those that a Journal table was restored with. The table records
// what batches change; nil: nothing is restored, nor recorded. Close gives the
// memory back.
func NewHeldJoinState(spec *StreamJoinSpec, table state.Table, budget *state.Budget) (*JoinState, error) {
	s, err := newJoinState(spec)
	if err != nil {
		return nil, err
	}
	h := newHeldJoin(s, budget)
	s.kept = h
	if err := h.restore(table); err != nil {
		h.close()
		return nil, fmt.Errorf("%s: %w", spec.Name, err)
	}
	return s, nil
}

func newJoinState(spec *StreamJoinSpec) (*JoinState, error) {
	s := &JoinState{spec: spec, order: spec.order()}
	for k := range s.sides {
		var err error
		if s.sides[k], err = newJoinSide(spec, k); err != nil {
			return nil, err
		}
	}
	if spec.Cond != nil {
		var err error
		if s.cond, err = newPairCond(spec.Cond, s.sides[LeftSide].schema, s.sides[RightSide].schema); err != nil {
			return nil, fmt.Errorf("%s: %w", spec.Name, err)
		}
	}
	return s, nil
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
func (s *JoinState) begin() error {
	s.watch.reset()
	s.count.begin()
	return s.kept.begin()
}

// Due tells whether a batch without rows would let rows go because the watermark
// is at wm.
func (s *JoinState) Due(wm int64) (bool, error) {
	for _, side := range s.sides {
		if !side.evicts || wm == math.MinInt64 {
			continue
		}
		if due, err := s.kept.due(side, side.gone(wm)); due || err != nil {
			return due, err
		}
	}
	return false, nil
}

// Flush records what the batch changed, where the table is a Journal.
func (s *JoinState) Flush() error { return s.kept.flush() }

// Commit makes what the batch changed the state that the next one begins with;
// the table is committed by its store.
func (s *JoinState) Commit() {
	s.kept.commit()
	s.count.commit()
}

// Rollback forgets what the batch changed; the table is rolled back by its store.
func (s *JoinState) Rollback() {
	s.count.rollback()
	s.kept.rollback()
}

// Dump writes all that the state holds itself, between two batches, into an empty
// table that is only set: each key once, in no order. It can be opened as a Keyed
// table then.
func (s *JoinState) Dump(t state.Table) error { return s.kept.dump(t) }

// Close gives back the memory that the state holds.
func (s *JoinState) Close() { s.kept.close() }
