// Package broker is the embedded Kafka broker: one process, no replicas, for
// the quick start of a job and for tests that need no real broker. Clients speak
// to it as to a real one. It is for trying out, not for keeping data.
//
// Jobs link this package, so it does without package testing.
package broker
