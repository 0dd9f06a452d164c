package stream

import (
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"testing"

	"github.com/riffledata/riffle/exec/state"
)

// moved is a store of which nothing is asked.
type moved struct{ state.Store }

// A move to disk that found no space before anything changed can be tried again; one
// that failed after the state had gone over cannot, whatever its cause, since ops
// may be without their tables.
func TestSpillHalfDone(t *testing.T) {
	full := fmt.Errorf("attaching: %w", syscall.ENOSPC)
	for _, c := range []struct {
		name  string
		store state.Store
		again bool
	}{{"nothing has changed", nil, true}, {"half of it", moved{}, false}} {
		t.Run(c.name, func(t *testing.T) {
			q := &Query{Config: Config{Log: slog.New(slog.DiscardHandler), Spill: &Spill{
				Move: func(int64) (state.Store, string, error) { return c.store, "", full },
			}}}
			err := q.spill(0, 1)
			if !errors.Is(err, syscall.ENOSPC) || noRoom(errors.Join(state.ErrBudget, err)) != c.again {
				t.Errorf("%v is to be tried again: %t, want %t", err, !c.again, c.again)
			}
		})
	}
}
