// Package exec is how one process computes queries: Local is an engine for
// sessions of package dataframe.
//
// A query walks the same way here as it would through a cluster: its plan is
// optimized, encoded, decoded again, and only then made into operators, so that
// what works on a laptop works elsewhere.
package exec
