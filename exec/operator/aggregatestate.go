package operator

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/state"
)

// AggregateState is the groups of a streaming aggregation that one task owns,
// held in memory over all batches. A batch is
//
//	Begin, then Merge of its partial results or Update with its rows, read by
//	Rows, then Commit or Rollback
//
// and after Rollback the state is what it was before Begin. Stream and
// StreamRows do the first three. Old values are saved as groups change for the first time in a
// batch, so that a batch costs what it changes.
//
// It is not safe for concurrent use, but for Stats after a batch.
type AggregateState struct {
	agg     *Aggregation
	name    string
	groups  *groups
	budget  *state.Budget
	counted int64 // bytes that the budget knows of
	open    bool
	mark    Mark
	epoch   uint32
	stamp   []uint32 // by group: the epoch in which it last changed
	changed []uint32 // groups that this batch made or changed, in order
	saved   []uint32 // those of them that were there before
}

// NewState returns empty state. The budget is that of the query.
func (a *Aggregation) NewState(budget *state.Budget) (*AggregateState, error) {
	g, err := a.newGroups()
	return &AggregateState{agg: a, name: "StateStoreAggregate" + a.String(), groups: g, budget: budget}, err
}

// String names the operator, as explain and progress show it.
func (s *AggregateState) String() string { return s.name }

// Begin starts a batch. One that was neither committed nor rolled back is
// rolled back.
func (s *AggregateState) Begin() {
	s.Rollback()
	s.open, s.mark = true, s.groups.table.Mark()
	s.changed, s.saved = s.changed[:0], s.saved[:0]
	if s.epoch++; s.epoch == 0 { // after 2^32 batches
		clear(s.stamp)
		s.epoch = 1
	}
}

var errNotBegun = errors.New("internal: a batch of state was not begun")

// Merge adds rows of partial results. After an error the batch must be rolled
// back.
func (s *AggregateState) Merge(b batch.Batch) error {
	if !s.open {
		return errNotBegun
	}
	b, err := kernel.Compact(b)
	if err != nil {
		return err
	}
	ids, err := s.groups.find(b)
	if err != nil {
		return err
	}
	s.touch(ids)
	if err := s.groups.merge(ids, b); err != nil {
		return err
	}
	return s.resize()
}

// Update adds rows as they are, given the values of keys and arguments. After an
// error the batch must be rolled back.
func (s *AggregateState) Update(values []kernel.Value, b batch.Batch) error {
	if !s.open {
		return errNotBegun
	}
	ids, err := s.groups.findRows(values, b)
	if err != nil {
		return err
	}
	s.touch(ids)
	if err := s.groups.accumulate(ids, values, b); err != nil {
		return err
	}
	return s.resize()
}

// touch notes which groups change, and saves those that do so for the first time.
func (s *AggregateState) touch(ids []uint32) {
	if n := s.groups.len(); n > len(s.stamp) {
		s.stamp = append(s.stamp, make([]uint32, n-len(s.stamp))...)
	}
	from := len(s.saved)
	for _, g := range ids {
		if s.stamp[g] == s.epoch {
			continue
		}
		s.stamp[g] = s.epoch
		s.changed = append(s.changed, g)
		if int(g) < s.mark.groups {
			s.saved = append(s.saved, g)
		}
	}
	for _, acc := range s.groups.accs {
		acc.Save(s.saved[from:])
	}
}

func (s *AggregateState) bytes() int64 {
	return s.groups.bytes() + int64(cap(s.stamp)+cap(s.changed)+cap(s.saved))*4
}

func (s *AggregateState) resize() error {
	n := s.bytes()
	from := s.counted
	s.counted = n
	return s.budget.Resize(s.name, from, n)
}

// Rows returns the result after the batch's partial results: in mode Complete
// all groups, in mode Update those that the batch made or changed, in mode
// Append those that it made. The stream must be read before the batch ends.
func (s *AggregateState) Rows(mode sink.Mode) batch.Stream {
	r := &stateRows{state: s, name: s.String()}
	switch mode {
	case sink.Complete:
		r.n = s.groups.len()
	case sink.Append:
		r.from, r.n = s.mark.groups, s.groups.len()
	case sink.Update:
		r.list, r.n = s.changed, len(s.changed)
	}
	return r
}

// Commit makes the batch part of the state.
func (s *AggregateState) Commit() {
	for _, acc := range s.groups.accs {
		acc.Commit()
	}
	s.open = false
	_ = s.resize() // it was checked in Merge
}

// Rollback undoes the batch. It does nothing after Commit.
func (s *AggregateState) Rollback() {
	if !s.open {
		return
	}
	for _, acc := range s.groups.accs {
		acc.Restore(s.saved, s.mark.groups)
	}
	s.groups.table.Rollback(s.mark)
	s.groups.grow()
	s.stamp = s.stamp[:min(len(s.stamp), s.groups.len())]
	s.changed, s.saved, s.open = s.changed[:0], s.saved[:0], false
	_ = s.resize() // it gives back
}

// Stats describe the state after a batch.
func (s *AggregateState) Stats() state.Stats {
	return state.Stats{Rows: int64(s.groups.len()), Updated: int64(len(s.changed)), Bytes: s.counted}
}

// Close gives back the memory.
func (s *AggregateState) Close() error {
	err := s.budget.Resize(s.name, s.counted, 0)
	s.counted, s.groups, s.open = 0, nil, false
	return err
}

// stateRows reads groups: of a list, or from..n.
type stateRows struct {
	done
	state   *AggregateState
	name    string
	list    []uint32
	from, n int
}

func (r *stateRows) String() string        { return r.name }
func (r *stateRows) Schema() *arrow.Schema { return r.state.agg.result }

func (r *stateRows) Next(ctx context.Context) (batch.Batch, error) {
	return r.once(func() (batch.Batch, error) {
		if err := ctx.Err(); err != nil {
			return batch.Batch{}, err
		}
		if r.from >= r.n {
			return batch.Batch{}, io.EOF
		}
		to := min(r.from+batch.MaxRows, r.n)
		ids := make([]uint32, to-r.from)
		for j := range ids {
			if ids[j] = uint32(r.from + j); r.list != nil {
				ids[j] = r.list[r.from+j]
			}
		}
		r.from = to
		return r.state.groups.rows(ids, false)
	})
}

func (r *stateRows) Close() error {
	r.close()
	return nil
}
