// Package foreach hands each micro-batch to a function of the program that runs
// the query. Functions do not travel: a query names its function, and this
// process keeps it.
package foreach
