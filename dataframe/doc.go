// Package dataframe is riffle's API: sessions, dataframes, columns, and
// streaming queries, in Spark's words.
//
// A Session plans queries and gives them to an engine, which it was opened on.
// A DataFrame is a plan: immutable, cheap, and checked as it is built. Building
// never returns errors. The first mistake sticks with the file and line that
// made it, and comes out of the action that would run the plan (Collect, Show,
// Start) or of Err. Ready-made column functions are in package fn.
//
// # Processors
//
// What columns and aggregates cannot say, a Processor can: Go code that is called
// with the rows of each key, and keeps typed state for it. Transform puts it into a
// query. It is registered by name in a package variable (fn.Processor), since it has
// to be found in every process that computes the query.
//
// Init makes the states: one value (NewValue), a list (NewList) or a map (NewMap) for
// each key, with a time to live if they are to go by themselves (TTL). Setting a value
// begins its time anew, reading it does not; what has expired is not there, from
// the next micro-batch on. Maps and lists are gone through in an order that is the
// same on every run.
//
// Timers (Handle.SetTimer, TimerProcessor) call a key without rows: by the clock of
// the query, or by event time. In each micro-batch rows come first, all of a key
// together, then the timers that are due, in the order of their times. In a batch
// query all timers by event time fire behind the last row.
//
// EventTimeColumn lets windows, joins and distinct rows follow a processor in mode
// append, and InitialState begins its state with the rows of another dataframe.
//
// State is committed with the micro-batch: a call that fails or panics fails the
// query, with the key in the error, and nothing of the batch remains.
package dataframe
