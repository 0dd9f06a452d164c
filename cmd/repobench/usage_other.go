//go:build !unix

package main

import "time"

var begun = time.Now()

// cpuTime is the time since the start: there is no CPU time to be had here.
func cpuTime() time.Duration { return time.Since(begun) }

// peakBytes is not known here.
func peakBytes() int64 { return 0 }
