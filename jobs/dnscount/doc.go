// Command dnscount counts DNS queries by host, registered domain and type: the
// job that riffle exists for, first of all. Without arguments it makes up a
// network's queries and streams them through an embedded Kafka broker; with
// --brokers it reads a real one, with --input files. See README.md.
package main
