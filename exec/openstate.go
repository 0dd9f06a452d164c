package exec

import (
	"context"
	"io"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
	"github.com/riffledata/riffle/exec/stream"
)

// openState opens the state of a query as it was after a commit: empty where no
// batch has changed it.
func (s *starting) openState(ctx context.Context, m checkpoint.Manifest) (state.Store, error) {
	budget := state.NewBudget(s.conf.Int("riffle.state.bytes"))
	files, err := stream.OpenState(ctx, s.config.Files, m)
	if err != nil {
		return nil, err
	}
	defer stream.CloseState(files)
	if len(files) == 0 {
		return memory.New(budget), nil
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		readers[i] = f
	}
	return memory.Restore(budget, m.Version, readers...)
}
