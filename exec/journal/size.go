package journal

import (
	"context"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// StateSize is the memory, in bytes, that the state of a query took at its last
// commit; 0 where there is none.
func StateSize(ctx context.Context, s store.Store) (int64, error) {
	names, err := s.List(ctx, checkpoint.CommitsPrefix)
	if err != nil {
		return 0, err
	}
	last := checkpoint.Highest(names, checkpoint.CommitsPrefix)
	if last < 0 {
		return 0, nil
	}
	c, _, err := get[checkpoint.Commit](ctx, s, checkpoint.CommitsName(last))
	size := int64(0)
	for _, op := range c.Sizes {
		size += op.Bytes
	}
	return size, err
}
