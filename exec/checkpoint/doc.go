// Package checkpoint says where a query resumes. It holds the records that a
// query writes down once, as values, and decides from the facts in a store what
// is to be done next; it reads and writes nothing itself.
//
// A query's checkpoint is a set of records that are created and never changed:
//
//	meta          what the query is: id, key groups, settings, state of operators
//	epochs/<e>    a run of the query has begun: the highest one may go on
//	offsets/<N>   the plan of batch N, before anything of it runs
//	commits/<N>   the outcome of batch N: from here on its state is the state
//	state/...     files that a commit names; without a commit they mean nothing
//	staged/...    rows of a batch that a commit names, on their way to a sink
//
// Where two runs of one query are alive, both may try to create a record; the
// first wins and the other one goes on with the winner's content, or ends if the
// winner is of a later epoch. So two runs are wasteful, and never wrong.
package checkpoint
