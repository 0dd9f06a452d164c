// Package state is what keyed state is made of: key groups, the canonical
// encoding of keys by which rows are assigned to them, and the bounds on memory.
//
// A key is hashed into one of 4096 key groups, and each task of a stateful
// operator owns a range of them. The encoding and the hash are part of what is
// written to disk and sent between processes: they are called riffle/1, and a
// change of either is a new name.
package state
