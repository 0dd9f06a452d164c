// Package sql turns text into expressions and logical plans.
//
// A text goes through three steps: lex.go cuts it into tokens, the parser
// builds an AST of clauses whose expressions are those of dataframe/expr, and
// the binder resolves names in Spark's order and makes a plan. Every mistake is
// an *Error that shows the place in the text and, where it can be known, what
// to write instead.
//
// What differs between the voices of SQL is a table of switches (dialect), not
// a second grammar. The one voice here is Spark's.
package sql
