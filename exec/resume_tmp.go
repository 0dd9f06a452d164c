package exec

import (
	"context"

	"github.com/riffledata/riffle/exec/stream"
)

func (s *starting) resume(ctx context.Context, _ []wanted) error {
	s.config.Resume = stream.Fresh()
	return nil
}
