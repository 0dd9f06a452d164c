// Package stateread reads the state of a streaming query out of its checkpoint:
// what each operator kept after a batch, by the types that its spec declares. It
// needs no run of the query, and changes nothing.
package stateread
