// Package kafka keeps a write-once store in a topic with one partition, for those
// who have Kafka and nothing else that lasts.
//
// The topic is a log of attempts to create a name. The first complete attempt of a
// name wins; since all see the log in one order, all see the same winner. To create is
// to append and then to read up to one's own record.
//
// A record's key is name, attempt and number of the piece, so that no two records
// have one key and a compacted topic keeps all of them; its value is a byte, 'm' where
// more pieces follow and 'l' for the last one, and the piece. Deleting a name writes a
// tombstone for each record of it, after which compaction frees their space. Pieces
// that a crash has left without the last one are never seen, and stay.
//
// Appends are idempotent and acknowledged by all replicas in sync, and not
// transactional: which attempt wins follows from the order of the log alone, a late
// one loses or is the same bytes, and the transaction of a writer that died would
// keep all readers of committed records waiting until its timeout.
package kafka
