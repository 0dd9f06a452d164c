package crash

import "github.com/riffledata/riffle/exec/sink"

// The places of the loop; those of the sink are in package sink.
const (
	// Claimed: the run has its epoch, and nothing else.
	Claimed = "A1"
	// Planned: the plan of a batch is written.
	Planned = "B"
	// Executed: the batch is computed, and no row has left the process.
	Executed = "C"
	// Shown: the rows are in the sink, and the commit is not written.
	Shown = "H"
	// Committed: the commit is written.
	Committed = "I"
)

// Points are all places at which a process can end itself, in the order in which
// a batch comes to them.
func Points() []string {
	return []string{Claimed, sink.PointFenced, Planned, Executed, sink.PointProducing, sink.PointFlushed,
		sink.PointCommitting, sink.PointCommitted, Shown, Committed}
}

// plainPoints are those of a query whose sink has no transactions.
func plainPoints() []string { return []string{Claimed, Planned, Executed, Shown, Committed} }
