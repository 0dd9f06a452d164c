package exec

import (
	"math"

	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/state/disk"
)

// SpillAfter makes state in memory go over to disk once a run has committed so many
// batches.
func SpillAfter(batches int) Option {
	return func(l *local) {
		l.spills = func(func() int64) func() int64 {
			n := 0
			return func() int64 {
				if n++; n < batches {
					return 0
				}
				return math.MaxInt64
			}
		}
	}
}

// StateDisk lets a test change what state on disk is opened with.
func StateDisk(f func(*disk.Options)) Option { return func(l *local) { l.disk = f } }

// Replace lets a test put an op with a fault in the place of each that has state.
func Replace(f func(physical.Stateful) physical.Stateful) Option {
	return func(l *local) { l.replace = f }
}
