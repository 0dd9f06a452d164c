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
	stamp   []uint32 // by group from before the batch: the epoch in which it last changed
	saved   []uint32 // groups from before the batch that it changed, in order
	updated int      // groups that the last batch changed or made
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
	s.saved = s.saved[:0]
	if n := s.mark.groups; n > len(s.stamp) {
		s.stamp = append(s.stamp, make([]uint32, n-len(s.stamp))...)
	}
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

// touch saves the groups from before the batch that change for the first time in it.
func (s *AggregateState) touch(ids []uint32) {
	from, old := len(s.saved), uint32(s.mark.groups)
	for _, g := range ids {
		if g < old && s.stamp[g] != s.epoch {
			s.stamp[g] = s.epoch
			s.saved = append(s.saved, g)
		}
	}
	for _, acc := range s.groups.accs {
		acc.Save(s.saved[from:])
	}
}

func (s *AggregateState) bytes() int64 {
	return s.groups.bytes() + int64(cap(s.stamp)+cap(s.saved))*4
}

func (s *AggregateState) resize() error {
	n := s.bytes()
	from := s.counted
	s.counted = n
	return s.budget.Resize(s.name, from, n)
}

// Rows returns the result after the batch's partial results: in mode Complete
// all groups, in mode Update those that the batch changed, then those that it
// made, in mode Append the latter. The stream must be read before the batch ends.
func (s *AggregateState) Rows(mode sink.Mode) batch.Stream {
	r := &stateRows{state: s, name: s.String()}
	switch mode {
	case sink.Complete:
		r.n = s.groups.len()
	case sink.Append:
		r.from, r.n = s.mark.groups, s.groups.len()
	case sink.Update:
		r.list, r.from, r.n = s.saved, s.mark.groups, s.groups.len()
	}
	return r
}

// Commit makes the batch part of the state.
func (s *AggregateState) Commit() {
	for _, acc := range s.groups.accs {
		acc.Commit()
	}
	s.updated, s.open = len(s.saved)+s.groups.len()-s.mark.groups, false
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
	s.saved, s.updated, s.open = s.saved[:0], 0, false
	_ = s.resize() // it gives back
}

// Stats describe the state after a batch.
func (s *AggregateState) Stats() state.Stats {
	return state.Stats{Rows: int64(s.groups.len()), Updated: int64(s.updated), Bytes: s.counted}
}

// Close gives back the memory.
func (s *AggregateState) Close() error {
	err := s.budget.Resize(s.name, s.counted, 0)
	s.counted, s.groups, s.open = 0, nil, false
	return err
}

// stateRows reads groups: those of a list, then from..n.
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
		n := min(batch.MaxRows, len(r.list)+r.n-r.from)
		if n == 0 {
			return batch.Batch{}, io.EOF
		}
		ids := make([]uint32, n)
		listed := copy(ids, r.list)
		r.list = r.list[listed:]
		for j := listed; j < n; j++ {
			ids[j] = uint32(r.from)
			r.from++
		}
		return r.state.groups.rows(ids, false)
	})
}

func (r *stateRows) Close() error {
	r.close()
	return nil
}
