// Package statestore is the source that reads the state of a streaming query out
// of its checkpoint: what one of its operators kept after a batch.
package statestore
