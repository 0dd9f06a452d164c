package exec

import (
	"context"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// openState opens the state of a query as it was after a version.
func (s *starting) openState(ctx context.Context, m checkpoint.Manifest, version int64, disk bool) (state.Store, error) {
	budget := state.NewBudget(s.conf.Int("riffle.state.bytes"))
	return memory.New(budget), nil
}
