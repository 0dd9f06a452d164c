// Package plan holds the logical plan: what a query computes, as a tree of
// immutable nodes, one kind a file.
//
// Nodes are made by New functions that bind expressions against their input and
// refuse mistakes, so a plan that exists is resolved: every name is found, every
// type known. The shapes follow Spark Connect's relations. Rules that rewrite
// plans are in dataframe/optimize, their bytes in dataframe/wire, and what runs
// them in exec/physical.
package plan
