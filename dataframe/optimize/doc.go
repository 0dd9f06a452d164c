// Package optimize rewrites plans so that they compute the same with less work.
//
// rules.go holds the rules and their order; each has a file of its own. A rule
// keeps the names, the types and the nullability of a plan's columns, the rows,
// and their order where the plan gives one. It never changes how many
// aggregates a plan has nor what they group by: the state of a stream is found
// again by them.
//
// Whether the rows are the same is tested by running plans: TestSameRows runs
// random ones on an engine with the optimizer off (exec.NoOptimizer) and on.
// Tests of queries elsewhere compare in the same way. Plans that draw random
// numbers are left out, since these depend on the place of a row among others.
package optimize
