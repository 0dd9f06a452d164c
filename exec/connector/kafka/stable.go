package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stable waits until the last stable offset of a partition is its end, and
// returns both ends.
func (c *cluster) stable(ctx context.Context, at tp) (low, end int64, err error) {
	try, cancel := context.WithTimeout(ctx, c.conf.apiTimeout)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		stable, err := c.listOffsetsIn(try, offsets{at: latest}, 1)
		if err != nil {
			return 0, 0, err
		}
		high, err := c.listOffsetsIn(try, offsets{at: latest}, 0)
		if err != nil {
			return 0, 0, err
		}
		if stable[at] >= high[at] {
			first, err := c.listOffsetsIn(try, offsets{at: earliest}, 1)
			return first[at], stable[at], err
		}
		if sleep(try, wait); try.Err() != nil {
			return 0, 0, fmt.Errorf("%s: a transaction is open that nobody ends: %w", at, errors.Join(ctx.Err(), try.Err()))
		}
	}
}
