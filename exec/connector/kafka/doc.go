// Package kafka reads Kafka topics, and writes to them: results of queries, and
// records for tools. It is the only home of the Kafka client library.
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
//
// Offsets are pinned to the logs that they were taken from (see pin): to the id of
// the topic, and to the epoch of the leader that told that the log reaches so far.
// As long as leaders stay nobody is asked; a later leader is asked once where that
// epoch ends in its log (KIP-320). So a topic that was made anew under its old name
// is noticed, and a log that was cut back, while the query runs and when it goes on
// after a stop. Where it is to go on in spite of that, the offset goes back first, in
// a batch that reads nothing of the partition, so that a replay knows too.
//
// What one broker tells may be old. That a topic is missing is believed where all
// brokers say so, leaders of an older epoch than is known are not gone back to, and the
// end of a log that such a one tells is none. An empty answer is a hole of compaction
// only where the log lies on the leader's own disk.
//
// A record batch is read whatever its size, up to what it may hold decompressed. One
// that holds more is an error, or, if the query is to go on in spite of losses, told
// of as a whole and passed over (see stream.pass).
//
// A sink writes each batch once (see shard). Its topics' partitions are dealt out
// to shards, each of which writes its rows of a batch in one transaction, together
// with a record of its progress to its own partition of a compacted topic. No
// transaction outlives a batch, so none is lost with its coordinator's patience.
// A shard that is opened first shuts out whoever wrote it before, and only then
// reads the progress: from there on it alone decides what is in the topic. Whether
// a commit whose answer was lost has happened is never guessed, but read the same
// way. Shards without rows of a batch write nothing: a progress behind the last
// batch is usual, one beyond the batch at hand says that a later run is at work.
//
// Result, quarantine and late rows of a query are rows of different topics of one
// such sink, if they are to be written exactly once over the same connection (see
// sinkshare.go): a reader of committed records then sees what a batch has left in
// a shard of all of them, or nothing. A sink that a run of the query has written with
// a progress of its own keeps that.
//
// Each row has a header riffle-b, QUERY/BATCH for the result and QUERY/BATCH/ROLE
// for the others. Should the progress be lost, it can be rebuilt from there (see
// progressrebuild.go).
//
// Which shard a row belongs to must be the same when its batch runs again: by the
// hash of its key as in Kafka's own clients, without a key by the hash of its
// content, over the number of partitions that the topic had when the query first
// wrote to it. That number is in the progress of shard 0.
package kafka
