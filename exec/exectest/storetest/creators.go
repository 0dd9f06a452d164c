package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/riffledata/riffle/exec/store"
)

// creators lets many callers create each of many names at once, half of them
// through one store and half through another.
func creators(ctx context.Context, open func() (store.Store, error), opts Options) error {
	return with(open, func(a store.Store) error {
		return with(open, func(b store.Store) error {
			for n := range opts.Names {
				if err := race(ctx, [2]store.Store{a, b}, fmt.Sprintf("race/%d", n), opts.Creators); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// outcome is what one creator was told.
type outcome struct {
	now     []byte
	created bool
	err     error
}

func race(ctx context.Context, stores [2]store.Store, name string, creators int) error {
	outcomes := make([]outcome, creators)
	start := make(chan struct{})
	var running sync.WaitGroup
	for i := range outcomes {
		running.Go(func() {
			<-start
			o := &outcomes[i]
			o.now, o.created, o.err = stores[i%2].PutIfAbsent(ctx, name, mark(i))
		})
	}
	close(start)
	running.Wait()
	winner := -1
	for i, o := range outcomes {
		switch {
		case o.err != nil:
			return fmt.Errorf("creator %d of %s: %w", i, name, o.err)
		case o.created && winner >= 0:
			return fmt.Errorf("%s has two winners, %d and %d", name, winner, i)
		case o.created:
			winner = i
		}
	}
	if winner < 0 {
		return fmt.Errorf("%s has no winner of %d creators", name, creators)
	}
	for i, o := range outcomes {
		if !bytes.Equal(o.now, mark(winner)) {
			return fmt.Errorf("creator %d of %s was told %q, and the winner is %q", i, name, o.now, mark(winner))
		}
	}
	return errors.Join(holds(ctx, stores[0], name, mark(winner)), holds(ctx, stores[1], name, mark(winner)))
}

func mark(i int) []byte { return fmt.Appendf(nil, "creator %d", i) }

func holds(ctx context.Context, s store.Store, name string, want []byte) error {
	got, err := s.Get(ctx, name)
	if err == nil && !bytes.Equal(got, want) {
		return fmt.Errorf("%s holds %q, and the winner is %q", name, got, want)
	}
	return err
}
