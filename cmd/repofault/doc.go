// Command repofault kills queries, and looks whether their results are right
// nevertheless (package exec/exectest/crash):
//
//	go run ./cmd/repofault -brokers HOST:PORT
//
// Each of the workloads runs from Kafka to Kafka, is killed at every crash point
// and at any moment, and paused while another process takes over. The negative
// controls follow, whose results must be wrong. With -outages, a broker of its own
// is killed and started again as well. Without -brokers it uses a broker in its
// own process.
package main
