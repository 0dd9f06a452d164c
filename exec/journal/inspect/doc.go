// Package inspect reads checkpoints for people: what a query is, its runs and
// batches, what differs between two batches; and lets them move a query that does
// not run to other offsets.
package inspect
