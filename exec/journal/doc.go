// Package journal is the log of a streaming query: the records of exec/checkpoint in
// a write-once store. It does what checkpoint.Decide says and stores can do: it
// claims an epoch, creates plans and commits or adopts what is there, and removes
// what is no longer needed. A batch costs two creations, nothing is listed while a
// query runs.
package journal
