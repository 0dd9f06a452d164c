// Package console is the sink that prints each micro-batch as a table, for
// looking on while a query is being written.
package console
