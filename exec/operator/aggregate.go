package operator

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// StateSetting is the setting that bounds the memory of groups.
const StateSetting = "riffle.state.bytes"

// Aggregate is a stream of the groups of its input. Depending on how it was
// made it gives whole groups (Complete, Final) or partial ones (Partial), in the
// order in which their keys were first seen, once its input has ended.
type Aggregate struct {
	done
	in     batch.Stream
	agg    *Aggregation
	mode   aggregateMode
	env    Env
	list   *kernel.List // nil in mode final
	groups *groups
	budget int64
	full   bool // the groups hold all of the input, or of its part
	next   int  // the first group that was not given yet
}

type aggregateMode int

const (
	completeMode aggregateMode = iota
	partialMode
	finalMode
)

// partialBytes is the memory at which partial groups are handed on before the
// input has ended: they need not be whole.
const partialBytes = 64 << 20

// Complete aggregates a whole input in one pass. It fails where the groups need
// more than budget bytes.
func (a *Aggregation) Complete(in batch.Stream, env Env, budget int64) (*Aggregate, error) {
	return a.stream(in, completeMode, env, budget)
}

// Partial aggregates a part of an input, for Final. A key may come more than
// once, since groups are handed on when they fill 64 MB.
func (a *Aggregation) Partial(in batch.Stream, env Env) (*Aggregate, error) {
	return a.stream(in, partialMode, env, partialBytes)
}

// Final merges partial results, in the order of its input.
func (a *Aggregation) Final(in batch.Stream, budget int64) (*Aggregate, error) {
	return a.stream(in, finalMode, Env{}, budget)
}

func (a *Aggregation) stream(in batch.Stream, mode aggregateMode, env Env, budget int64) (*Aggregate, error) {
	s := &Aggregate{in: in, agg: a, mode: mode, env: env, budget: budget}
	var err error
	if mode != finalMode {
		if s.list, err = a.compile(); err != nil {
			return nil, err
		}
	}
	s.groups, err = a.newGroups()
	return s, err
}

// String names the operator and the mode, as explain shows it.
func (s *Aggregate) String() string {
	word := [...]string{"", " partial", " final"}[s.mode]
	return "HashAggregate" + word + s.agg.String()
}

// Schema is the aggregation's: of the result, or of partial results.
func (s *Aggregate) Schema() *arrow.Schema {
	if s.mode == partialMode {
		return s.agg.partial
	}
	return s.agg.result
}

// Next reads the input first, then gives the groups.
func (s *Aggregate) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		for {
			if !s.full {
				if err := s.read(ctx); err != nil {
					return batch.Batch{}, err
				}
				s.full, s.next = true, 0
			}
			if s.next < s.size() {
				return s.emit()
			}
			if s.in == nil {
				s.groups = nil
				return batch.Batch{}, io.EOF
			}
			if err := s.renew(); err != nil {
				return batch.Batch{}, err
			}
		}
	})
}

// size is the number of groups to give: without keys there is always one, but
// a partial result of nothing is nothing.
func (s *Aggregate) size() int {
	if s.groups == nil {
		return 0
	}
	return s.groups.len()
}

func (s *Aggregate) emit() (batch.Batch, error) {
	to := min(s.next+batch.MaxRows, s.groups.len())
	ids := make([]uint32, to-s.next)
	for j := range ids {
		ids[j] = uint32(s.next + j)
	}
	s.next = to
	return s.groups.output(ids, s.mode == partialMode)
}

// renew begins with empty groups again, after partial ones were handed on.
func (s *Aggregate) renew() (err error) {
	s.full = false
	s.groups, err = s.agg.newGroups()
	return err
}

// read adds batches until the input ends, or partial groups have become large.
func (s *Aggregate) read(ctx context.Context) error {
	for {
		b, err := s.in.Next(ctx)
		if batch.IsEnd(err) {
			return s.end()
		}
		if err == nil {
			err = s.add(b)
		}
		if err != nil {
			return err
		}
		if s.groups.bytes() <= s.budget {
			continue
		}
		if s.mode == partialMode {
			return nil
		}
		return fmt.Errorf("HashAggregate%s: %d groups need more than the %d bytes allowed; raise %s, or group by columns with fewer values",
			s.agg, s.groups.len(), s.budget, StateSetting)
	}
}

// end is called at the end of the input. A partial result of no rows has no
// group, with or without keys.
func (s *Aggregate) end() error {
	in := s.in
	s.in = nil
	return in.Close()
}

func (s *Aggregate) add(b batch.Batch) error {
	if s.mode != finalMode {
		values, b, err := evaluate(s.env, s.list, b)
		if err != nil || b.NumRows() == 0 {
			return err
		}
		return s.groups.update(values, b)
	}
	b, err := kernel.Compact(b)
	if err != nil {
		return err
	}
	ids, err := s.groups.find(b)
	if err != nil {
		return err
	}
	return s.groups.merge(ids, b)
}

// Close closes the input.
func (s *Aggregate) Close() error {
	s.groups = nil
	s.close()
	if s.in == nil {
		return nil
	}
	return s.in.Close()
}
