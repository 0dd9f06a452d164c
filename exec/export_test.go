package exec

import "github.com/riffledata/riffle/exec/physical"

// Replace lets a test put an op with a fault in the place of each that has state.
func Replace(f func(physical.Stateful) physical.Stateful) Option {
	return func(l *local) { l.replace = f }
}
