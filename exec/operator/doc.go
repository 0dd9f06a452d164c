// Package operator holds the physical operators, one a file: what takes
// batches, and gives batches.
//
// An operator is a batch.Stream made of compiled pieces: what it does is fixed
// when it is made, and what it remembers lives in the stream, so that a plan
// makes new ones for each run. Operators run in the goroutine that calls Next,
// but for the exchanges, which start goroutines and wait for them in Close.
package operator
