// Package fn holds functions of columns: Spark's, and those that this engine
// adds, a family a file.
//
// A parameter of type Column is a column, or an expression of columns. One of
// type any is either a column or a Go value that stands for a literal. So a Go
// string is always text, never the name of a column: write fn.Col("name").
//
// A function is null where an argument is, unless its comment says otherwise.
// Names, types and arguments are checked when a dataframe uses the column; a
// mistake names the line that made it. Everything here can also be written in
// SQL: see Expr.
package fn
