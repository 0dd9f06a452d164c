package checkpoint

import (
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"strings"
	"testing"
)

// explorer goes through all states that can be reached, breadth first. It remembers
// them by a hash of 64 bits.
type explorer struct {
	scope
	seed        maphash.Seed
	seen        map[uint64]struct{}
	finishes    map[uint64]error // of worlds, what a fresh driver makes of them
	states      int
	transitions int
	// most bounds the states; parents are kept where a trace is wanted.
	most    int
	parents map[model]step
}

type step struct {
	from model
	text string
}

var errMost = errors.New("more states than the bound")

// run explores, and returns the first violation.
func (e *explorer) run() error {
	e.seed, e.seen, e.finishes = maphash.MakeSeed(), map[uint64]struct{}{}, map[uint64]error{}
	now := []model{newModel(e.scope)}
	e.see(now[0])
	var moves []move
	for len(now) > 0 {
		var next []model
		for _, m := range now {
			if err := e.finish(m); err != nil {
				return e.explain(m, "", err)
			}
			moves = e.moves(moves[:0], m)
			for _, mv := range moves {
				e.transitions++
				if mv.broken != nil {
					return e.explain(m, mv.text, mv.broken)
				}
				if e.see(mv.to) {
					next = append(next, mv.to)
					if e.parents != nil {
						e.parents[mv.to] = step{m, mv.text}
					}
				}
			}
			if e.most > 0 && e.states > e.most {
				return errMost
			}
		}
		now = next
	}
	return nil
}

// see tells whether a state is new.
func (e *explorer) see(m model) bool {
	h := maphash.Comparable(e.seed, m)
	if _, ok := e.seen[h]; ok {
		return false
	}
	e.seen[h] = struct{}{}
	e.states++
	return true
}

// finish lets a fresh driver go on alone: it must end with one copy of each batch in
// each shard.
func (e *explorer) finish(m model) error {
	w := m.world()
	h := maphash.Comparable(e.seed, w)
	err, known := e.finishes[h]
	if !known {
		err = e.alone(w)
		e.finishes[h] = err
	}
	return err
}

func (e *explorer) alone(m model) error {
	sc := e.scope
	sc.producers = 127
	d := maxDrivers - 1
	m.drivers[d].facts = pack(Begin(sc.staged))
	for range 1000 {
		moves := sc.driverMoves(nil, m, d)
		if len(moves) == 0 {
			return sc.complete(m)
		}
		if moves[0].broken != nil {
			return fmt.Errorf("a fresh driver alone: %w", moves[0].broken)
		}
		m = moves[0].to
	}
	return errors.New("a fresh driver alone does not come to an end")
}

func (sc scope) complete(m model) error {
	for s := range sc.shards {
		for n := range sc.batches {
			if c := m.shards[s].copies[n]; c != 1 {
				return fmt.Errorf("a fresh driver alone leaves %d copies of batch %d in shard %d", c, n, s)
			}
		}
	}
	return nil
}

// explain adds how a state was reached.
func (e *explorer) explain(m model, text string, err error) error {
	trace := []string{text}
	for e.parents != nil {
		s, ok := e.parents[m]
		if !ok {
			break
		}
		trace = append([]string{s.text}, trace...)
		m = s.from
	}
	return fmt.Errorf("%w; after\n  %s", err, strings.Join(trace, "\n  "))
}

// Whatever the order of steps of two drivers, whatever fails where: no row is lost or
// doubled, and who comes last finishes. RIFFLE_MODEL=full takes the full size, a
// minute.
func TestEveryOrder(t *testing.T) {
	scopes := []scope{
		{drivers: 2, shards: 1, batches: 2, producers: 4},
		{drivers: 2, shards: 2, batches: 1, producers: 3},
		{drivers: 2, shards: 1, batches: 2, producers: 3, staged: true},
		{drivers: 2, shards: 1, batches: 3, producers: 3, keep: 1},
	}
	if os.Getenv("RIFFLE_MODEL") == "full" {
		scopes = []scope{
			{drivers: 2, shards: 2, batches: 2, producers: 7},
			{drivers: 2, shards: 2, batches: 2, producers: 5, staged: true},
			{drivers: 3, shards: 1, batches: 2, producers: 7},
			{drivers: 2, shards: 1, batches: 3, producers: 9, keep: 1},
		}
	}
	for _, sc := range scopes {
		e := &explorer{scope: sc}
		err := e.run()
		t.Logf("%d drivers, %d shards, %d batches, %d producers, keep %d, staged %t: %d states, %d transitions",
			sc.drivers, sc.shards, sc.batches, sc.producers, sc.keep, sc.staged, e.states, e.transitions)
		if err != nil {
			e = &explorer{scope: sc, parents: map[model]step{}}
			t.Error(e.run())
		}
	}
}

// A protocol with a flaw is caught, soon.
func TestFlaws(t *testing.T) {
	for f := readsBeforeFencing; f <= doesNotConfirm; f++ {
		sc := scope{drivers: 2, shards: 1, batches: 2, producers: 6, flaw: f}
		if f == doesNotConfirm {
			sc.batches, sc.keep = 3, 1
		}
		e := &explorer{scope: sc, most: 200_000, parents: map[model]step{}}
		err := e.run()
		if err == nil || errors.Is(err, errMost) {
			t.Errorf("%s: not caught in %d states: %v", f, e.states, err)
			continue
		}
		t.Logf("%s: caught after %d states: %v", f, e.states, err)
	}
}
