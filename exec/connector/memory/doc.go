// Package memory holds tables in memory: the sink that streaming queries write
// their results to, the catalogue in which SQL finds them, and a source that
// tests feed by hand.
//
// A table shows one snapshot at a time: the result of one micro-batch, never
// half of one. A reader that has taken a snapshot keeps it, whatever is
// committed meanwhile.
package memory
