// Package exectest is what tests of riffle, and of what is built on it, have in
// common: streams made by hand, batches cut anywhere, rows as text, goldens that
// tell a story, and a real Kafka broker. The embedded broker is in its folder
// broker, for jobs link it.
//
// The answer of a query may depend neither on where its input is cut into
// batches nor on the order of rows inside one. Cut and Rows are there to vary
// the first and to ignore the second.
package exectest
