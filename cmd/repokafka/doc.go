// Command repokafka gives the tests of this repository a real Kafka broker:
//
//	go run ./cmd/repokafka fetch   gets Kafka's jars from Maven Central, once
//	go run ./cmd/repokafka         starts a broker, prints its address, and runs
//	go run ./cmd/repokafka -nodes 3   the same with a cluster of three
//
// The broker runs until standard input ends or a signal comes. What it printed
// is for RIFFLE_TEST_KAFKA: with it, all packages' tests share the broker. The
// tests of one package start one by themselves where the jars are there.
package main
