// Package crash kills queries and looks whether their results are right
// nevertheless. It runs a query from Kafka to Kafka in a process of its own, over
// and over from one checkpoint, while records come in. Each process is killed
// with SIGKILL at a named place of the protocol or at any moment, or is paused
// with SIGSTOP while another one takes over, and goes on as a zombie. In the end a
// verifier reads what a consumer of committed records would, and compares it with
// an oracle: rows that are lost, doubled, out of order or wrong. Some of the records
// cannot be used: each must be in the query's quarantine once.
//
// The negative controls run queries that must fail the verifier: it is no use
// otherwise.
package crash
