// Package kafka runs real Kafka brokers as processes of their own: one node that
// is broker and controller (KRaft), or a cluster of them, with its data in a temporary
// folder each. It needs
// Java 17 or later, and Kafka's jars, which Fetch gets from Maven Central into a
// folder that stays; Start downloads nothing.
//
// # How a broker ends
//
// The broker runs under a small shell script that holds the read end of a pipe.
// Only this process holds the other end, so that it closes at Close as well as
// when the process is killed; the script then kills the broker and removes its
// data. No broker outlives who started it.
package kafka
