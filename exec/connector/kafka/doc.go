// Package kafka reads Kafka topics, and writes records to them for tools. It is
// the only home of the Kafka client library.
//
// A source reads without a consumer group: offsets belong to the query. It
// fetches by itself, request by request, over the library's connections. So it
// knows its position exactly, whatever lies in the log: control markers, aborted
// transactions, holes that compaction has left. Record batches are parsed from
// the bytes of the response straight into Arrow buffers, in the task that reads
// them; no record is ever an object of its own.
//
// A streaming source keeps fetching between batches (see ahead): opening a range
// usually finds its bytes there. Batch queries, replays of another offset and
// parts of one partition that are read at once fetch for themselves (see direct).
package kafka
