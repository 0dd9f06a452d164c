// Package expr holds expressions, one kind of node a file, and the catalogue of
// functions.
//
// An expression is made of names (Name, Star) by the API or by SQL. Bind
// resolves it against the columns of its input: names become Refs, stars their
// columns, functions get their implicit casts and types. A bound expression
// knows its type and whether it can be null; only bound ones stand in plans.
// Expressions are immutable and may be shared.
//
// Operators are functions as well ("+", "=", "and", "when", "in"), as in Spark
// Connect, so that the catalogue alone says what is known and how it treats
// types and nulls. The kernels that compute them are in exec/kernel.
package expr
