package operator

import (
	"fmt"

	"github.com/zeebo/xxh3"
)

// keep puts the changes of a batch into the state of its side, and gives those
// of its rows that leave for what they match, or do not.
func (w *joinWork) keep(in *joinRows) error {
	s, alone := in.side, &w.scratch.alone
	alone.reset()
	for i, delta := range in.delta {
		if delta == 0 {
			continue
		}
		match := in.match[i]
		if s.stored && (in.group[i] >= 0 || w.spec.Emit == EmitComplete && s.alone) {
			var err error
			if match, err = w.kept.put(in, i); err != nil {
				return fmt.Errorf("%s: %w", w.spec.Name, err)
			}
		}
		w.own(in, i, match)
	}
	return w.giveAlone(s, in.cols, alone)
}

// own notes a row of the batch that leaves by itself. One whose match can never
// come is final at once.
func (w *joinWork) own(in *joinRows, i int, match int64) {
	s := in.side
	if w.quiet || w.spec.Table == s.side || s.exists == (match == 0) || !s.exists && !s.alone {
		return
	}
	if never := in.group[i] < 0 || !s.stored; never || !w.final() || s.exists {
		n := in.delta[i]
		if !never && w.withholds(s) {
			w.scratch.withheld.add(in.hash(i), in.row(i), n)
			return
		}
		w.scratch.alone.add(int32(i), n)
	}
}

// withheld are rows of the side that comes first in a full join: those without a
// match may yet find it in the same batch.
type withheld struct {
	rows  bytesIndex
	times []int64
}

func (h *withheld) reset() {
	h.rows.reset()
	h.times = h.times[:0]
}

func (h *withheld) add(hash uint64, row []byte, n int64) {
	k, fresh := h.rows.add(hash, row)
	if fresh {
		h.times = append(h.times, 0)
	}
	h.times[k] += n
}

// withholds tells whether the rows of a side without a match wait for the other
// side's changes.
func (w *joinWork) withholds(s *joinSide) bool {
	return s.side == w.order[0] && w.spec.Outer == [2]bool{true, true}
}

// withhold takes n copies of a row, of which none may leave or all are taken
// back, out of those withheld, and returns how many do leave.
func (w *joinWork) withhold(found *candidates, c int32, n int64) int64 {
	h := &w.scratch.withheld
	if !w.withholds(found.side) || h.rows.len() == 0 {
		return n
	}
	k := h.rows.find(xxh3.Hash(found.rows[c]), found.rows[c])
	if k < 0 {
		return n
	}
	n += h.times[k]
	h.times[k] = 0
	return n
}
