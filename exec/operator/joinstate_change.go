package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// joinScratch is memory that a state uses again for each batch.
type joinScratch struct {
	rows     joinRows
	found    candidates
	pairs    [2][]int32 // of the batch and of what was found, in that order
	key      []byte
	value    []byte
	entries  []joinEntry
	evicted  eviction
	withheld withheld
	alone    copies
	left     copies
	back     copies
}

// copies are rows, each with how many of it appear (positive) or disappear.
type copies struct {
	rows  []int32
	times []int64
}

func (c *copies) reset() { c.rows, c.times = c.rows[:0], c.times[:0] }
func (c *copies) add(row int32, n int64) {
	if n != 0 {
		c.rows, c.times = append(c.rows, row), append(c.times, n)
	}
}

// joinWork is what a micro-batch does to the state, and gives.
type joinWork struct {
	*JoinState
	env  Env
	emit func(batch.Batch) error
	// cancelled is the error of the context, where it has ended.
	cancelled func() error
	quiet     bool // nothing leaves yet
	// reading: the rows are those of the state itself.
	reading bool
}

// final tells whether rows that miss a match wait until none can come.
func (w *joinWork) final() bool { return w.spec.Emit == EmitFinal }

// joinAtOnce is how many rows are joined and put into the state before the next
// are: the parts of the state that were read are then still at hand.
const joinAtOnce = 1024

// change works off a batch of changes of one side.
func (w *joinWork) change(side int, b batch.Batch) error {
	n := b.Record.NumRows()
	if n <= joinAtOnce {
		return w.changeSome(side, b)
	}
	for from := int64(0); from < n; from += joinAtOnce {
		to := min(from+joinAtOnce, n)
		part := batch.Batch{Record: b.Record.NewSlice(from, to)}
		if b.Changes != nil {
			part.Changes = b.Changes[from:to]
		}
		if err := w.changeSome(side, part); err != nil {
			return err
		}
	}
	return nil
}

// changeSome joins rows of one side with the state of the other, then puts them
// into their own.
func (w *joinWork) changeSome(side int, b batch.Batch) error {
	in := &w.scratch.rows
	if err := in.read(w.sides[side], w.spec.NullSafe, b); err != nil {
		return fmt.Errorf("%s: %w", w.spec.Name, err)
	}
	if err := w.clamp(in); err != nil {
		return fmt.Errorf("%s: %w", w.spec.Name, err)
	}
	w.kept.locate(in)
	if w.sides[1-side].stored {
		if err := w.probe(in, w.spec.Output == JoinPairs && !w.quiet); err != nil {
			return err
		}
	}
	if err := w.keep(in); err != nil {
		return err
	}
	return w.kept.worked()
}

// probe finds the matches of a batch's rows in the state of the other side.
func (w *joinWork) probe(in *joinRows, give bool) error {
	found := &w.scratch.found
	found.begin(w.sides[1-in.side.side])
	for {
		if err := w.cancelled(); err != nil {
			return err
		}
		ok, err := w.kept.find(found, in)
		if err != nil {
			return fmt.Errorf("%s: %w", w.spec.Name, err)
		}
		if !ok {
			return nil
		}
		if err := w.match(in, found, give); err != nil {
			return err
		}
		if err := w.kept.rematch(found); err != nil {
			return err
		}
	}
}

// match makes the pairs of a batch with what was found for it, about
// batch.MaxRows of them at a time.
func (w *joinWork) match(in *joinRows, found *candidates, give bool) error {
	p := &w.scratch.pairs
	p[0], p[1] = p[0][:0], p[1][:0]
	for i, g := range in.group {
		if g < 0 || in.delta[i] == 0 {
			continue
		}
		for c := found.from[g]; c < found.to[g]; c++ {
			p[0], p[1] = append(p[0], int32(i)), append(p[1], c)
			if len(p[0]) == batch.MaxRows {
				if err := w.flush(in, found, give); err != nil {
					return err
				}
			}
		}
	}
	return w.flush(in, found, give)
}

// flush counts the pairs that match, and gives them: between the rows without a
// match that are taken back because of them, and those that appear.
func (w *joinWork) flush(in *joinRows, found *candidates, give bool) error {
	p := &w.scratch.pairs
	defer func() { p[0], p[1] = p[0][:0], p[1][:0] }()
	if w.cond != nil && len(p[0]) > 0 {
		if err := w.choose(in, found); err != nil {
			return err
		}
	}
	for k, i := range p[0] {
		c := p[1][k]
		in.match[i] += found.times[c]
		if !w.reading {
			found.matched(c, in.delta[i])
		}
	}
	w.toggle(found)
	if err := w.giveAlone(found.side, found.cols, &w.scratch.back); err != nil {
		return err
	}
	if give && len(p[0]) > 0 {
		if err := w.givePairs(in, found); err != nil {
			return err
		}
	}
	return w.giveAlone(found.side, found.cols, &w.scratch.left)
}

// choose drops the pairs for which the condition is not true.
func (w *joinWork) choose(in *joinRows, found *candidates) error {
	p := &w.scratch.pairs
	cols, pairs := [2][]arrow.Array{in.cols, found.cols}, [2][]int32{p[0], p[1]}
	if in.side.side == RightSide {
		cols, pairs = [2][]arrow.Array{cols[1], cols[0]}, [2][]int32{pairs[1], pairs[0]}
	}
	sel, err := w.cond.choose(w.env, cols, pairs)
	if err != nil {
		return fmt.Errorf("%s: %w", w.spec.Name, err)
	}
	for n, k := range sel {
		p[0][n], p[1][n] = p[0][k], p[1][k]
	}
	p[0], p[1] = p[0][:len(sel)], p[1][:len(sel)]
	return nil
}

// toggle finds the rows that had no match and now have, and the other way: those
// to take back, and those to give.
func (w *joinWork) toggle(found *candidates) {
	back, left := &w.scratch.back, &w.scratch.left
	back.reset()
	left.reset()
	for _, c := range found.touched {
		had, has := found.told[c] != 0, found.matches[c] != 0
		found.told[c] = found.matches[c]
		if had == has || !w.leaves(found.side) {
			continue
		}
		n := found.times[c]
		if has != found.side.exists {
			n = -n
		}
		if n = w.withhold(found, c, n); n < 0 {
			back.add(c, n)
		} else {
			left.add(c, n)
		}
	}
	found.touched = found.touched[:0]
}

// leaves tells whether rows of a side leave, for what they match, as soon as that
// is known.
func (w *joinWork) leaves(s *joinSide) bool {
	return !w.quiet && (s.exists || s.alone && !w.final())
}
