package operator

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// With groups on disk, those in memory are the ones that the batch touches, and
// some that batches before it did. Each key that is new in memory is looked up in
// the table once; a group that is there is loaded before the batch changes it.
// Finish writes back what has changed. When the batch ends, the groups in memory
// are dropped if they are too many, or some of them are gone; the store keeps or
// drops what has changed in the table.

// hotBytes is the most memory that groups on disk take between batches, hotShare
// the part of the query's budget that it must not exceed.
const (
	hotBytes = 32 << 20
	hotShare = 64
)

// attachDisk prepares for groups in the table.
func (s *AggregateState) attachDisk() error {
	var err error
	s.counter = &groupCount{}
	if s.stats.Rows, err = s.counter.load(s.table); err != nil {
		return err
	}
	if err := s.lives.attach(s.table, true); err != nil {
		return err
	}
	if s.opts.Time.Column >= 0 {
		s.index, err = s.newIndex()
		return err
	}
	timers := state.NewTimers(s.table, SpaceTimers)
	next, err := timers.Next()
	if next != state.NoTime {
		s.stale = timers
	}
	return err
}

// finishDisk writes back what the batch changed, and lets groups go whose time
// has come.
func (s *AggregateState) finishDisk(wm int64) error {
	if err := s.clearTimers(); err != nil {
		return err
	}
	if s.index == nil {
		return s.watch.updates(s.writeBack)
	}
	if err := s.index.build(s); err != nil {
		return err
	}
	if err := s.watch.updates(s.writeBack); err != nil {
		return err
	}
	return s.expire(wm)
}

// cools tells whether the groups in memory are to be dropped after the batch.
func (s *AggregateState) cools() bool {
	return len(s.gone) > 0 || s.index != nil && s.index.count > 0 ||
		s.counted > min(hotBytes, s.opts.Budget.Limit()/hotShare)
}

// renew forgets the groups in memory.
func (s *AggregateState) renew() error {
	g, err := s.newGroups()
	if err != nil {
		return err
	}
	s.groups, s.old, s.loaded, s.stamp = g, 0, s.loaded[:0], s.stamp[:0]
	s.lives.at = s.lives.at[:0]
	return nil
}

// bring loads the groups that were made since the last call and are in the
// table, and notes which of the given ones were there before the batch and change
// for the first time in it.
func (s *AggregateState) bring(ids []uint32) error {
	if err := s.load(); err != nil {
		return err
	}
	from := len(s.saved)
	for _, g := range ids {
		if s.stamp[g] != s.epoch {
			if s.stamp[g] = s.epoch; s.loaded[g] {
				s.saved = append(s.saved, g)
			}
		}
	}
	return s.remember(s.saved[from:])
}

// load looks up the groups that were made since the last call.
func (s *AggregateState) load() error {
	from, n := len(s.loaded), s.groups.len()
	if from == n {
		return nil
	}
	s.loaded = append(s.loaded, make([]bool, n-from)...)
	s.stamp = append(s.stamp, make([]uint32, n-from)...)
	made := make([]uint32, n-from)
	for i := range made {
		made[i] = uint32(from + i)
	}
	return s.eachKey(made, func(ids []uint32, k *groupKeys) error {
		found := ids[:0]
		var keys pairs
		s.values.reset()
		for i, g := range ids {
			v, err := s.table.Get(k.at(i))
			if err != nil {
				return err
			}
			if v != nil {
				s.values.add(v)
				keys.add(k.at(i))
				found = append(found, g)
				s.loaded[g] = true
			}
		}
		if len(found) == 0 {
			return nil
		}
		cols, err := s.codec.rows.Decode(s.values.list(0))
		if err != nil {
			return err
		}
		if err := s.groups.mergeRows(found, cols); err != nil {
			return err
		}
		return s.loadValues(s.groups, found, keys)
	})
}

// existed tells whether a group is from before the batch.
func (s *AggregateState) existed(g uint32) bool {
	if s.opts.Disk {
		return s.loaded[g]
	}
	return int(g) < s.old
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
		keys, values, err := r.state.scan(r.from)
		if err == nil && keys.len() == 0 {
			err = io.EOF
		}
		if err != nil {
			return batch.Batch{}, err
		}
		r.from, r.ended = keys.after(r.from), keys.len() < batch.MaxRows
		g, ids, err := r.state.decoded(keys, values, true)
		if err != nil {
			return batch.Batch{}, err
		}
		return g.output(ids, false)
	})
}

func (r *tableRows) Close() error {
	r.close()
	return nil
}

// scan returns the next groups of the table, from a key on: as many as a batch
// has. It leaps over what lies behind the groups of a key group.
func (s *AggregateState) scan(from []byte) (keys, values pairs, err error) {
	for next := from; err == nil && keys.len() < batch.MaxRows; from = next {
		next = nil
		err = s.table.Scan(from, nil, func(key, value []byte) error {
			space := key[state.KeyPrefix-1]
			if space > SpaceGroups && (len(s.agg.kept) > 0 || s.lives.life > 0) {
				next = state.AppendKey(nil, state.GroupOf(key)+1, SpaceGroups)
				return state.ErrStop
			}
			if space != SpaceGroups {
				return nil
			}
			keys.add(key)
			values.add(value)
			if keys.len() < batch.MaxRows {
				return nil
			}
			return state.ErrStop
		})
		if next == nil {
			break
		}
	}
	return keys, values, err
}

// decoded returns groups of the table in memory of their own, with their entries if
// these are needed for what the calls give.
func (s *AggregateState) decoded(keys, values pairs, results bool) (*groups, []uint32, error) {
	cols, rows, err := s.codec.decode(keys, values)
	if err != nil {
		return nil, nil, err
	}
	g, err := s.agg.newGroups()
	if err != nil {
		return nil, nil, err
	}
	g.peek = s.peek
	ids, err := g.number(valuesOf(cols), kernel.Rows{N: keys.len()})
	if err == nil {
		err = g.mergeRows(ids, rows)
	}
	if err == nil && results {
		err = s.loadValues(g, ids, keys)
	}
	return g, ids, err
}
