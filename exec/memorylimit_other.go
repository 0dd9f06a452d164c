//go:build !linux

package exec

// containerLimit is 0: there are no control groups.
func containerLimit() int64 { return 0 }
