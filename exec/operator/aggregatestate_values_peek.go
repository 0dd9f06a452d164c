package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// peek returns what a call gives for groups, of some of which the table has the
// entries that count: the first ones. All that batches have changed is there: this
// is asked for before a batch changes a group, or after it was written.
func (s *AggregateState) peek(g *groups, k int, ids []uint32) (arrow.Array, error) {
	c := s.agg.kept[k]
	acc, err := NewAccumulator(s.agg.calls[c.call], s.agg.ansi, s.agg.retract)
	if err != nil {
		return nil, err
	}
	var here, there []uint32
	rows := make([]int32, len(ids)) // of those that are here, then of those in the table
	for j, id := range ids {
		if g.isPartial(k, id) {
			there = append(there, id)
		} else {
			rows[j] = int32(len(here))
			here = append(here, id)
		}
	}
	n := int32(len(here))
	for j, id := range ids {
		if g.isPartial(k, id) {
			rows[j] = n
			n++
		}
	}
	acc.Grow(len(there))
	if err := s.loadFirst(k, acc.(keeper), g, there); err != nil {
		return nil, err
	}
	a, err := g.accs[c.call].Result(here)
	if err != nil {
		return nil, err
	}
	places := make([]uint32, len(there))
	for j := range places {
		places[j] = uint32(j)
	}
	b, err := acc.Result(places)
	if err != nil {
		return nil, err
	}
	both, err := kernel.Concat([]arrow.Array{a, b})
	if err != nil {
		return nil, err
	}
	return kernel.Take(both, rows)
}

// loadFirst reads the first entries of groups, as many as count, into an accumulator
// in which the groups are numbered in order.
func (s *AggregateState) loadFirst(k int, acc keeper, g *groups, ids []uint32) error {
	c := s.codec.values[k]
	cols, err := g.keys(ids)
	if err != nil {
		return err
	}
	keys, order := &s.valueKeys, make([]uint32, len(ids))
	for j := range order {
		order[j] = uint32(j)
	}
	keys.space, keys.owner = c.space, s.owner
	if err := keys.encode(cols, len(ids)); err != nil {
		return err
	}
	var to []uint32
	var values pairs
	for i, j := range keys.sort(order) {
		left := c.form.rank.first
		err := s.scanValues(c.space, keys.at(i), func(_, value []byte) error {
			times, err := c.countOf(value)
			if err != nil || times <= 0 { // owed
				return err
			}
			to = append(to, j)
			values.add(value)
			if c.form.rank.distinct {
				times = 1
			}
			if left -= times; left <= 0 {
				return state.ErrStop
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	e, err := c.decode(nil, values)
	if err != nil {
		return err
	}
	m, _ := acc.keeps()
	return m.load(to, e.tuples, e.times, e.at)
}
