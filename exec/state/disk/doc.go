// Package disk keeps state that is larger than memory: one pebble database for
// all operators of a query, and over it the changes of the running batch in
// memory.
//
// The database has no log of its own: the checkpoint is what makes state
// durable. After a crash the database is as it was after some earlier commit,
// Version says which, and Restore brings it up to date from the deltas after it.
package disk
