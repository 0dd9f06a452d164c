// Package physical turns a logical plan into operators.
//
// Build is the one switch over plan nodes. It gives a tree of ops, which are
// made once for a query and opened for each run: a batch query runs once, a
// streaming query once for each micro-batch, with new ranges and no planning.
//
// An op opens into one stream for each part of its result. What has several
// parts is computed by several tasks; parts meet in an exchange: by the hash of
// keys before a final aggregate, in the order of the input where order matters.
package physical
