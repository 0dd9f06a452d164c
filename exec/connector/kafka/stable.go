package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// stable waits until all transactions that are in a partition by now have ended,
// and returns the partition's first offset, and the end of what is decided.
func (c *cluster) stable(ctx context.Context, at tp) (low, end int64, err error) {
	try, cancel := context.WithTimeout(ctx, c.conf.apiTimeout)
	defer cancel()
	now := int64(math.MaxInt64) // others may write on: what comes later is not waited for
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		high, err := c.listOffsetsIn(try, offsets{at: latest}, 0)
		if err != nil {
			return 0, 0, err
		}
		now = min(now, high[at])
		stable, err := c.listOffsetsIn(try, offsets{at: latest}, 1)
		if err != nil {
			return 0, 0, err
		}
		if stable[at] >= now {
			first, err := c.listOffsetsIn(try, offsets{at: earliest}, 1)
			return first[at], stable[at], err
		}
		if sleep(try, wait); try.Err() != nil {
			return 0, 0, fmt.Errorf("%s: a transaction is open that nobody ends: %w", at, errors.Join(ctx.Err(), try.Err()))
		}
	}
}
