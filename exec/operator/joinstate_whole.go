package operator

import (
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// table is the table that holds the rows, which those of a complete result are in.
func (w *joinWork) table() state.Table { return w.kept.(*joinTable).table }

// whole gives the whole result, from the state: the left rows with what they
// match, in the order of the state's keys, then the right rows without a match.
func (w *joinWork) whole() error {
	w.quiet, w.reading = false, true
	left, right := w.sides[LeftSide], w.sides[RightSide]
	err := w.walk(left, rowSpace, func(in *joinRows, list *copies) error {
		if w.spec.Output == JoinPairs {
			if err := w.probe(in, true); err != nil {
				return err
			}
		}
		return w.giveAlone(left, in.cols, list)
	})
	alone := func(in *joinRows, list *copies) error { return w.giveAlone(in.side, in.cols, list) }
	if err == nil && left.alone {
		err = w.walk(left, lonelySpace, alone)
	}
	if err == nil && right.alone {
		if err = w.walk(right, rowSpace, alone); err == nil {
			err = w.walk(right, lonelySpace, alone)
		}
	}
	return err
}

// walk calls f for the rows in a space of the state, some at a time, with those of
// them that leave by themselves.
func (w *joinWork) walk(side *joinSide, space byte, f func(*joinRows, *copies) error) error {
	in, list := &w.scratch.rows, &w.scratch.alone
	var rows [][]byte
	groups := w.table().Groups()
	for from := state.AppendKey(nil, groups.From, space); from != nil; {
		rows = rows[:0]
		list.reset()
		in.empty(side)
		var err error
		from, err = w.fill(from, space, func(key, value []byte) error {
			if int(key[len(key)-side.idSize()-1]) != side.side {
				return nil
			}
			for v, more := entries(slices.Clone(value)); len(v) > 0; {
				e, rest, err := side.nextEntry(v, more)
				if err != nil {
					return err
				}
				if side.exists && e.matches != 0 || side.alone && e.matches == 0 {
					list.add(int32(len(rows)), e.times)
				}
				in.append(key, e)
				rows, v = append(rows, e.row), rest
			}
			return nil
		})
		if err == nil && len(rows) > 0 {
			if in.cols, err = side.codec.Decode(rows); err == nil {
				err = f(in, list)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.spec.Name, err)
		}
	}
	return nil
}

// fill calls f for about batch.MaxRows pairs of a space and returns where to go
// on; nil at the end. It goes from one group that has pairs to the next.
func (w *joinWork) fill(from []byte, space byte, f func(key, value []byte) error) ([]byte, error) {
	for n := 0; from != nil; {
		var next []byte
		err := w.table().Scan(from, nil, func(key, value []byte) error {
			switch have := key[state.KeyPrefix-1]; {
			case have < space:
				next = state.AppendKey(nil, state.GroupOf(key), space)
			case have > space:
				next = state.AppendKey(nil, state.GroupOf(key)+1, space)
			default:
				if n++; n <= batch.MaxRows {
					return f(key, value)
				}
				next = slices.Clone(key)
			}
			return state.ErrStop
		})
		if from = next; err != nil || n > batch.MaxRows {
			return from, err
		}
	}
	return nil, nil
}

// empty makes ready for rows that are read from the state.
func (r *joinRows) empty(side *joinSide) {
	r.side, r.n, r.times = side, 0, nil
	r.delta, r.group, r.match = r.delta[:0], r.group[:0], r.match[:0]
	r.groups.reset()
	r.from, r.to, r.taken = r.from[:0], r.to[:0], r.taken[:0]
}

// append adds a row of the state.
func (r *joinRows) append(key []byte, e joinEntry) {
	end := len(key) - r.side.idSize()
	t := int64(0)
	if r.side.timed {
		t = state.TimeOf(key[end+idHead:])
	}
	end -= sideSize
	k := key[state.KeyPrefix:end]
	g, fresh := r.groups.add(xxh3.Hash(k), k)
	if r.side.timed {
		r.widen(g, t, fresh)
	}
	if fresh {
		r.taken = append(r.taken, true)
	}
	r.delta, r.group, r.match = append(r.delta, e.times), append(r.group, int32(g)), append(r.match, 0)
	r.n++
}
