// Package sink is the contract of a sink: it takes the batches of an epoch from
// all tasks and makes them visible at once, in one commit.
package sink
