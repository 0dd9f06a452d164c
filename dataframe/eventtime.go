package dataframe

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// WithWatermark says that a timestamp column is the rows' event time, and how much
// later than the latest row they may come: "10 minutes" or a time.Duration. What is
// later may be left out, and state that waits for it is let go. In a batch it means
// nothing.
func (d *DataFrame) WithWatermark(column string, delay any) *DataFrame {
	return d.then("WithWatermark", func() (plan.Node, error) {
		late, err := duration(delay)
		if err != nil {
			return nil, fmt.Errorf("the delay: %w", err)
		}
		return plan.NewWatermark(d.node, column, late)
	})
}

func duration(v any) (time.Duration, error) {
	switch v := v.(type) {
	case time.Duration:
		return v, nil
	case string:
		d, err := types.ParseDuration(v)
		if err != nil {
			return 0, fmt.Errorf(`%w; write a number and a unit from microsecond to week, such as "10 minutes"`, err)
		}
		return d, nil
	}
	return 0, fmt.Errorf("a span of time is text or a time.Duration, not %T", v)
}

// DropDuplicates keeps the first row of those with equal values in the columns;
// without any, of those that are equal in all. In a stream it remembers what it has
// seen: for ever, or where a column is event time, until the watermark has passed.
func (d *DataFrame) DropDuplicates(columns ...string) *DataFrame {
	return d.then("DropDuplicates", func() (plan.Node, error) {
		if len(columns) == 0 {
			return plan.NewDistinct(d.node)
		}
		return plan.NewDedup(d.node, columns, false)
	})
}

// DropDuplicatesWithinWatermark keeps the first row of those of a stream with equal
// values in the columns, or in all without any, whose event times are no further
// apart than the watermark's delay; of those further apart it may keep several. A row
// without an event time is remembered for its batch alone.
func (d *DataFrame) DropDuplicatesWithinWatermark(columns ...string) *DataFrame {
	return d.then("DropDuplicatesWithinWatermark", func() (plan.Node, error) {
		return plan.NewDedup(d.node, columns, true)
	})
}
