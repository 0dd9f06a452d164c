// Package store is the contract of the write-once store that checkpoints are kept
// in: names and bytes, each name created once and never changed. Every decision of
// a query is such a record, so that whoever comes second finds out, and adopts
// what the first one decided.
package store
