// Package state is what keyed state is made of: key groups and the canonical
// encoding of keys by which rows are assigned to them (encoding.go, keygroup.go),
// the tables that operators keep (table.go; in memory and in disk behind it),
// the bytes of rows in them (rowcodec.go), timers (timers.go), and the files of a
// checkpoint: deltas, and snapshots merged from them (file.go, merge.go).
//
// A key is hashed into one of 4096 key groups, and each task of a stateful
// operator owns a range of them. The encoding and the hash are part of what is
// written to disk and sent between processes: they are called riffle/1, and a
// change of either is a new name.
package state
