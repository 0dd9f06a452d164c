// Command watchlist finds the packets that the computers of watched employees
// send: a stream joined to two tables that change. See README.md.
package main
