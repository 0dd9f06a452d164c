// Package dir keeps a write-once store in a folder: of a local disk, or of a
// network file system with hard links that several machines share.
//
// An object is written to a file of its own that nobody looks for, made durable,
// and then linked to its name: link(2) is the one step of POSIX that creates a name
// only where it is not there, and never shows half of a file. The folder is then
// made durable too. So a record costs two fsyncs, one of the file and one of the
// folder; those of a folder are shared by all who wait for one.
//
// What a crash leaves behind are files whose names begin with a dot. They are no
// objects, and are removed when the store is next opened, once they are a day old.
package dir
