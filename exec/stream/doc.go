// Package stream runs streaming queries as a sequence of micro-batches.
//
// A batch is planned before it runs: the end of each source's data is asked for
// and fixed, and the range between two ends is what the batch reads. Then the
// operators, which were made once when the query started, run over the ranges;
// the state and the sink commit; and the next batch begins where this one ended.
// A query without new data waits in its sources and costs nothing.
package stream
