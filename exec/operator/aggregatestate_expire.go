package operator

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// groupIndex knows which groups in a table go at which time: there is a timer for
// each, at the time of the group without the lag.
type groupIndex struct {
	timers *state.Timers
	// missing is set where the groups in the table have no timers yet, since they
	// were in memory before; first is the earliest time of theirs.
	missing bool
	first   int64
	ended   pairs    // times and keys of the groups that the batch found to be final
	order   []uint32 // of ended
	count   int64    // how many groups the batch lets go because of their time
}

// newIndex returns the index of the groups in the table.
func (s *AggregateState) newIndex() (*groupIndex, error) {
	x := &groupIndex{timers: state.NewTimers(s.table, SpaceTimers), first: never}
	next, err := x.timers.Next()
	if err != nil || next != state.NoTime {
		return x, err
	}
	err = s.eachDeadline(func(t int64, _ []byte) error {
		x.first = min(x.first, t)
		return nil
	})
	x.missing = x.first != never
	return x, err
}

// eachDeadline calls f for all groups in the table that have a time, with their
// keys.
func (s *AggregateState) eachDeadline(f func(t int64, key []byte) error) error {
	var from []byte
	for {
		keys, values, err := s.scan(from)
		if err != nil || keys.len() == 0 {
			return err
		}
		from = keys.after(from)
		g, ids, err := s.decoded(keys, values, s.opts.Time.Column >= len(s.agg.keys))
		if err != nil {
			return err
		}
		times, err := s.deadlinesOf(g, ids, 0, nil)
		if err != nil {
			return err
		}
		for i, t := range times {
			if t == never {
				continue
			}
			if err := f(t, keys.at(i)); err != nil {
				return err
			}
		}
	}
}

// build sets the timers that are missing.
func (x *groupIndex) build(s *AggregateState) error {
	if !x.missing {
		return nil
	}
	return s.eachDeadline(x.timers.Set)
}

// due tells whether groups go at a time.
func (x *groupIndex) due(at int64) bool {
	if x.missing {
		return x.first <= at
	}
	next, err := x.timers.Next()
	return err != nil || next <= at // a batch will tell the error
}

// add sets timers for those of some groups that are not in the table yet.
func (x *groupIndex) add(s *AggregateState, ids []uint32, k *groupKeys) error {
	return x.each(s, ids, func(i int, t int64) error {
		if s.existed(ids[i]) {
			return nil
		}
		return x.timers.Set(t, k.at(i))
	})
}

// remove deletes the timers of groups.
func (x *groupIndex) remove(s *AggregateState, ids []uint32, k *groupKeys) error {
	return x.each(s, ids, func(i int, t int64) error { return x.timers.Delete(t, k.at(i)) })
}

func (x *groupIndex) each(s *AggregateState, ids []uint32, f func(i int, t int64) error) error {
	times, err := s.deadlinesOf(s.groups, ids, 0, nil)
	if err != nil {
		return err
	}
	for i, t := range times {
		if t == never {
			continue
		}
		if err := f(i, t); err != nil {
			return err
		}
	}
	return nil
}

// begin forgets the last batch; after a rollback also what the index knew of the
// table.
func (x *groupIndex) begin(rolledBack bool) {
	x.ended.reset()
	if x.count = 0; rolledBack {
		x.timers.Reset()
	}
}

// horizon is the latest time of groups that go at a watermark.
func (s *AggregateState) horizon(wm int64) int64 {
	if h := wm - s.opts.Time.Lag; h <= wm {
		return h
	}
	return NoWatermark
}

// expire lets the groups in the table go whose time has come. Those that are
// final stay there for Rows, until Flush.
func (s *AggregateState) expire(wm int64) error {
	x := s.index
	final := s.finals()
	err := x.timers.Due(s.horizon(wm), func(t int64, key []byte) error {
		if x.count++; !final {
			return s.drop(key)
		}
		x.ended.data = state.AppendTime(x.ended.data, t)
		if x.ended.add(key); x.ended.len()%batch.MaxRows == 0 {
			return s.resize()
		}
		return nil
	})
	if err != nil {
		return err
	}
	x.sort()
	return nil
}

// finals tells whether groups leave when their time has come.
func (s *AggregateState) finals() bool {
	return s.opts.Emit == EmitFinal && (s.agg.retract || len(s.agg.calls) > 0)
}

// sort orders the groups that are final by their times, and of one time by their
// keys.
func (x *groupIndex) sort() {
	x.order = resize(x.order, x.ended.len())
	for i := range x.order {
		x.order[i] = uint32(i)
	}
	slices.SortFunc(x.order, func(i, j uint32) int {
		a, b := x.ended.at(int(i)), x.ended.at(int(j))
		return cmp.Or(bytes.Compare(a[:timeBytes], b[:timeBytes]), bytes.Compare(a[timeBytes+state.KeyPrefix:], b[timeBytes+state.KeyPrefix:]))
	})
}

// timeBytes is the length of what state.AppendTime writes.
const timeBytes = 8

// key is the key of the i-th group in order.
func (x *groupIndex) key(i int) []byte { return x.ended.at(int(x.order[i]))[timeBytes:] }

func (x *groupIndex) bytes() int64 { return x.ended.bytes() + int64(cap(x.order))*4 }

// flush deletes the groups that were final.
func (x *groupIndex) flush(s *AggregateState) error {
	for i := range x.ended.len() {
		if err := s.drop(x.ended.at(i)[timeBytes:]); err != nil {
			return err
		}
	}
	return nil
}

// clearTimers removes the timers of a table whose groups stay for ever: those of
// an earlier run that had a watermark.
func (s *AggregateState) clearTimers() error {
	if s.stale == nil {
		return nil
	}
	return s.stale.Due(math.MaxInt64, func(int64, []byte) error { return nil })
}

// finalRows gives the groups that are final.
type finalRows struct {
	done
	state *AggregateState
	next  int
}

func (r *finalRows) String() string        { return r.state.String() }
func (r *finalRows) Schema() *arrow.Schema { return r.state.agg.result }

func (r *finalRows) Next(ctx context.Context) (batch.Batch, error) {
	return r.once(func() (batch.Batch, error) {
		s := r.state
		from, to := r.next, min(r.next+batch.MaxRows, s.index.ended.len())
		if err := ctx.Err(); err != nil || from == to {
			if err == nil {
				err = io.EOF
			}
			return batch.Batch{}, err
		}
		var keys, values pairs
		for i := from; i < to; i++ {
			key := s.index.key(i)
			value, err := s.table.Get(key)
			if err == nil && value == nil {
				err = fmt.Errorf("internal: %s: the time of a group has come that is not there", s.name)
			}
			if err != nil {
				return batch.Batch{}, err
			}
			keys.add(key)
			values.add(value)
		}
		r.next = to
		g, ids, err := s.decoded(keys, values, true)
		if err != nil {
			return batch.Batch{}, err
		}
		return g.output(ids, false)
	})
}

func (r *finalRows) Close() error {
	r.close()
	return nil
}
