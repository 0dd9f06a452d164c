package journal

import (
	"context"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// StateSize is the memory, in bytes, that the state of a query took at its last
// commit, 0 where there is none, and whether it was on disk, so that what it would
// take in memory is not known.
func StateSize(ctx context.Context, s store.Store) (size int64, onDisk bool, err error) {
	names, err := s.List(ctx, checkpoint.CommitsPrefix)
	if err != nil {
		return 0, false, err
	}
	last := checkpoint.Highest(names, checkpoint.CommitsPrefix)
	if last < 0 {
		return 0, false, nil
	}
	c, _, err := get[checkpoint.Commit](ctx, s, checkpoint.CommitsName(last))
	for _, op := range c.Sizes {
		size += op.Bytes
	}
	return size, c.OnDisk, err
}
