// Package kernel computes expressions over Arrow arrays: one kernel for each
// function of the catalogue in dataframe/expr, one family a file, and the
// evaluator that puts them together.
//
// A kernel sees a whole batch. It computes the rows that are selected, leaves
// the others undefined, and never fails because of a row that is not selected:
// so a filter need not copy what passes it, and an untaken branch of a CASE
// raises no error. Values that are the same for all rows come as constants.
package kernel
