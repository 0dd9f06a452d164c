package operator

import (
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// With groups on disk, those in memory are the ones that the batch touches. Each
// new key of the batch is looked up in the table once; a group that is there is
// loaded before the batch changes it. Finish writes them back, and they are
// dropped when the batch ends, whose changes of the table its store keeps or
// drops.

// renew begins a batch without groups.
func (s *AggregateState) renew() error {
	g, err := s.agg.newGroups()
	if err != nil {
		return err
	}
	s.groups, s.old, s.loaded = g, 0, s.loaded[:0]
	return nil
}

// load looks up the groups that were made since the last call.
func (s *AggregateState) load() error {
	from := len(s.loaded)
	s.loaded = append(s.loaded, make([]bool, s.groups.len()-from)...)
	made := make([]uint32, 0, len(s.loaded)-from)
	for g := from; g < len(s.loaded); g++ {
		made = append(made, uint32(g))
	}
	return s.eachKey(made, func(ids []uint32, k *groupKeys) error {
		var found []uint32
		var values pairs
		for i, g := range ids {
			v, err := s.table.Get(k.at(i))
			if err != nil {
				return err
			}
			if v != nil {
				values.add(v)
				found = append(found, g)
				s.loaded[g] = true
			}
		}
		if len(found) == 0 {
			return nil
		}
		cols, err := s.codec.rows.Decode(values.list())
		if err != nil {
			return err
		}
		if err := s.groups.mergeState(found, cols); err != nil {
			return err
		}
		s.saved = append(s.saved, found...)
		return s.remember(found)
	})
}

// existed tells whether a group is from before the batch.
func (s *AggregateState) existed(g uint32) bool {
	if s.opts.Disk {
		return s.loaded[g]
	}
	return int(g) < s.old
}

// eachTimer sets or deletes the timers of groups.
func (s *AggregateState) eachTimer(ids []uint32, k *groupKeys, do func(t *state.Timers, time int64, key []byte) error) error {
	if s.timers == nil || len(ids) == 0 {
		return nil
	}
	times, err := s.deadlinesOf(ids, nil)
	if err != nil {
		return err
	}
	for i, t := range times {
		if t == never {
			continue
		}
		if err := do(s.timers, t, k.at(i)); err != nil {
			return err
		}
	}
	return nil
}

// existingOf returns the groups that have rows.
func (s *AggregateState) existingOf(ids []uint32) []uint32 {
	return slices.DeleteFunc(ids, func(g uint32) bool { return !s.exists(g) })
}

// expire lets the groups in the table go whose time has come; those that are
// final are kept for Rows.
func (s *AggregateState) expire(wm int64) error {
	if s.timers == nil {
		return nil
	}
	final := s.opts.Emit == EmitFinal && (s.agg.retract || len(s.agg.calls) > 0)
	return s.timers.Due(wm, func(_ int64, key []byte) error {
		s.expired++
		if final {
			value, err := s.table.Get(key)
			if err != nil {
				return err
			}
			s.ended.add(key[state.KeyPrefix:])
			s.values.add(value)
		}
		if final && s.ended.len()%batch.MaxRows == 0 {
			if err := s.resize(); err != nil {
				return err
			}
		}
		return s.table.Delete(key)
	})
}

// finalRows gives the groups that expire has kept.
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
		from, to := r.next, min(r.next+batch.MaxRows, s.ended.len())
		if err := ctx.Err(); err != nil || from == to {
			if err == nil {
				err = io.EOF
			}
			return batch.Batch{}, err
		}
		var keys, values pairs
		for i := from; i < to; i++ {
			keys.add(s.ended.at(i))
			values.add(s.values.at(i))
		}
		r.next = to
		return s.decoded(keys, values)
	})
}

func (r *finalRows) Close() error {
	r.close()
	return nil
}

// tableRows reads all groups of the table.
type tableRows struct {
	done
	state *AggregateState
	from  []byte // the key of the last one that was read, and a zero byte
	ended bool
}

func (r *tableRows) String() string        { return r.state.String() }
func (r *tableRows) Schema() *arrow.Schema { return r.state.agg.result }

func (r *tableRows) Next(ctx context.Context) (batch.Batch, error) {
	return r.once(func() (batch.Batch, error) {
		if err := ctx.Err(); err != nil || r.ended {
			if err == nil {
				err = io.EOF
			}
			return batch.Batch{}, err
		}
		var keys, values pairs
		err := r.state.table.Scan(r.from, nil, func(key, value []byte) error {
			if key[state.KeyPrefix-1] != SpaceGroups {
				return nil
			}
			keys.add(key[state.KeyPrefix:])
			values.add(value)
			if keys.len() < batch.MaxRows {
				return nil
			}
			r.from = append(append(r.from[:0], key...), 0)
			return state.ErrStop
		})
		if r.ended = keys.len() < batch.MaxRows; err == nil && keys.len() == 0 {
			err = io.EOF
		}
		if err != nil {
			return batch.Batch{}, err
		}
		return r.state.decoded(keys, values)
	})
}

func (r *tableRows) Close() error {
	r.close()
	return nil
}

// decoded returns groups of the table as rows of the result.
func (s *AggregateState) decoded(keys, values pairs) (batch.Batch, error) {
	b, err := s.codec.decode(keys, values)
	if err != nil {
		return b, err
	}
	g, err := s.agg.newGroups()
	if err != nil {
		return b, err
	}
	ids, err := g.find(b)
	if err == nil {
		err = g.merge(ids, b)
	}
	if err != nil {
		return b, err
	}
	return g.output(ids, false)
}
