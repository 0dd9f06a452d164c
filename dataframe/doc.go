// Package dataframe is riffle's API: sessions, dataframes, columns, and
// streaming queries, in Spark's words.
//
// A Session plans queries and gives them to an engine, which it was opened on.
// A DataFrame is a plan: immutable, cheap, and checked as it is built. Building
// never returns errors. The first mistake sticks with the file and line that
// made it, and comes out of the action that would run the plan (Collect, Show,
// Start) or of Err. Ready-made column functions are in package fn.
package dataframe
