package operator

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// Deduplication passes on the first row of those with equal values in some
// columns. Its input only grows; of the rows it keeps the keys alone, as groups of
// an aggregation that has no functions, or only that of the time of the first row.
type Deduplication struct {
	agg    *Aggregation
	keys   []int
	schema *arrow.Schema
}

// NewDeduplication compares the columns of the given numbers. within is the
// number of the column whose first value says when a row is forgotten; -1 where
// only a key does, or nothing. It fails for columns that cannot be keys.
func NewDeduplication(s *types.Schema, keys []int, within int) (*Deduplication, error) {
	list := make([]expr.Expr, len(keys))
	for i, k := range keys {
		list[i] = expr.RefTo(s, k)
	}
	var calls []expr.Expr
	if within >= 0 {
		first, err := expr.BindCall(expr.NewCall("first", expr.RefTo(s, within)))
		if err != nil {
			return nil, err
		}
		calls = []expr.Expr{first}
	}
	agg, err := NewAggregation(list, calls, true)
	return &Deduplication{agg, keys, s.Arrow()}, err
}

// Aggregation has the keys as groups.
func (d *Deduplication) Aggregation() *Aggregation { return d.agg }

// Keys are the numbers of the columns that are compared.
func (d *Deduplication) Keys() []int { return d.keys }

// NewState returns state that knows no rows.
func (d *Deduplication) NewState(o StateOptions) (*AggregateState, error) {
	o.Emit = EmitFinal
	s, err := d.agg.NewState(o)
	if err == nil {
		s.name = "Deduplicate" + d.agg.String()
	}
	return s, err
}

// Rows gives the rows of the input that are the first of their kind, in its
// order, and remembers their keys in the state, in which it begins a batch whose
// watermark is wm and which it leaves open.
func (d *Deduplication) Rows(in batch.Stream, s *AggregateState, wm int64, env Env) (batch.Stream, error) {
	list, err := d.agg.compile()
	return &dedupStream{dedup: d, in: in, state: s, wm: wm, env: env, list: list}, err
}

// Once is Rows for a whole input, with state of its own, which may take up so
// many bytes.
func (d *Deduplication) Once(in batch.Stream, env Env, bytes int64) (batch.Stream, error) {
	s, err := d.NewState(StateOptions{Budget: state.NewBudget(bytes), Time: GroupTime{Column: -1}})
	if err != nil {
		return nil, err
	}
	return d.Rows(in, s, NoWatermark, env)
}

type dedupStream struct {
	done
	dedup *Deduplication
	in    batch.Stream
	state *AggregateState
	wm    int64
	env   Env
	list  *kernel.List
	begun bool
}

func (s *dedupStream) String() string        { return s.state.String() }
func (s *dedupStream) Schema() *arrow.Schema { return s.dedup.schema }

func (s *dedupStream) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		if !s.begun {
			s.begun = true
			s.state.Begin()
			if err := s.state.age(); err != nil {
				return batch.Batch{}, err
			}
		}
		for {
			b, err := s.in.Next(ctx)
			if batch.IsEnd(err) {
				if err := s.state.Finish(s.wm); err != nil {
					return batch.Batch{}, err
				}
				return batch.Batch{}, io.EOF
			}
			if err == nil {
				was := s.state.watch.turn(&s.state.watch.work.Updates)
				b, err = s.pass(b)
				s.state.watch.turn(was)
			}
			if err != nil || b.NumRows() > 0 {
				return b, err
			}
		}
	})
}

// pass returns the rows of a batch that are the first of their kind.
func (s *dedupStream) pass(b batch.Batch) (batch.Batch, error) {
	values, b, err := evaluate(s.env, s.list, b)
	if err != nil || b.NumRows() == 0 {
		return b, err
	}
	known := s.state.groups.len()
	ids, err := s.state.add(values, b)
	if err != nil {
		return b, err
	}
	sel := make([]int32, 0, s.state.groups.len()-known)
	for j, g := range ids {
		if int(g) != known { // groups are numbered in the order of their first rows
			continue
		}
		known++
		if !s.state.existed(g) {
			sel = append(sel, int32(row(rowsOf(b), j)))
		}
	}
	s.state.duplicates += int64(len(ids) - len(sel))
	if len(sel) < int(b.Record.NumRows()) {
		b.Sel = sel
	}
	return b, nil
}

func (s *dedupStream) Close() error {
	s.close()
	return s.in.Close()
}
