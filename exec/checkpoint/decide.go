package checkpoint

import "fmt"

// Step is what a run of a query does next. The numbers of the steps of a batch, 1 to
// 6, are those by which the protocol is told in the comments below.
type Step int

const (
	// ReadEpochs lists the epochs, to find the highest one.
	ReadEpochs Step = iota
	// Claim creates the record of Action.Epoch. Whoever creates it is that epoch; the
	// other ones try the next one.
	Claim
	// ReadLog finds the last commit, and the plan of the batch after it. It comes
	// after the claim: what an older run writes from now on is found by creating.
	ReadLog
	// Restore loads the state after Action.Batch; after NoBatch it is empty.
	Restore
	// AskSinks finds the last batch that the sinks show in full, where rows are
	// staged.
	AskSinks
	// Publish (6) shows the staged rows of Action.Batch in the sinks. It comes before
	// the next batch is planned, so that rows come out in the order of batches.
	Publish
	// MakePlan (1) creates the plan of Action.Batch, and adopts what is there already.
	MakePlan
	// Execute (2) runs Action.Batch by its plan on the state before it. Files of state
	// are written under names of their own.
	Execute
	// Confirm looks for the epoch after this run's. It comes after the plan was
	// written or adopted: a run that slept while others went on, and whose plan's
	// name was free only because the old record had been removed, ends here.
	Confirm
	// Sink (3) writes the rows of Action.Batch to the sinks: each shard once, as its
	// progress tells. Only a run that knows the commit before does so.
	Sink
	// Stage (3') writes them to files instead, where a replay could give other rows.
	Stage
	// CommitBatch (4) creates the outcome of Action.Batch, and adopts what is there
	// already. From here on the state after it is the state.
	CommitBatch
	// Exit ends the run without another effect: a later one is at work.
	Exit
)

var stepNames = [...]string{"read epochs", "claim", "read log", "restore", "ask sinks", "publish", "plan", "execute", "confirm", "sink", "stage", "commit", "exit"}

// String names the step in the words of the protocol.
func (s Step) String() string { return stepNames[s] }

// Action is a step with what it is about.
type Action struct {
	Step Step
	// Batch is that of steps of a batch.
	Batch int64
	// Epoch is the one to claim.
	Epoch int64
}

// String prints the action: "sink 17".
func (a Action) String() string {
	switch a.Step {
	case ReadEpochs, ReadLog, AskSinks, Exit:
		return a.Step.String()
	case Claim:
		return fmt.Sprintf("claim %d", a.Epoch)
	}
	return fmt.Sprintf("%s %d", a.Step, a.Batch)
}

// Facts are all that a run knows of the log and of its own work. A run begins with
// Begin, asks Decide what to do, does it, tells the facts what came of it by the
// method of that step, and asks again. Facts are a comparable value.
type Facts struct {
	// Staged is set where the rows of a batch are staged before it is committed.
	Staged bool
	// Listed is set once the epochs were read, Epoch once one was claimed, ReadAll
	// once the log was read after that, Asked once the sinks were asked.
	Listed  bool
	Epoch   int64
	ReadAll bool
	Asked   bool
	// Seen is the highest epoch of any record that the run has seen.
	Seen int64
	// Last is the last batch whose commit the run has seen, and State the batch after
	// which it holds the state. Published is the last one that the sinks show in
	// full, where rows are staged.
	Last, State, Published int64
	// Planned, Executed, Confirmed and Written tell of batch Last+1.
	Planned, Executed, Confirmed, Written bool
}

// noState is the value of Facts.State before anything was restored.
const noState = NoBatch - 1

// Begin are the facts of a run that knows nothing. staged tells how the query
// writes to its sinks.
func Begin(staged bool) Facts {
	return Facts{Staged: staged, Last: NoBatch, State: noState, Published: NoBatch}
}

// Decide tells what a run does next. It reads and writes nothing.
func Decide(f Facts) Action {
	next := f.Last + 1
	switch {
	case !f.Listed:
		return Action{Step: ReadEpochs}
	case f.Epoch == 0:
		return Action{Step: Claim, Epoch: f.Seen + 1}
	case f.Seen > f.Epoch:
		return Action{Step: Exit}
	case !f.ReadAll:
		return Action{Step: ReadLog}
	case f.State != f.Last:
		return Action{Step: Restore, Batch: f.Last}
	case f.Staged && !f.Asked:
		return Action{Step: AskSinks}
	case f.Staged && f.Published < f.Last:
		return Action{Step: Publish, Batch: f.Published + 1}
	case !f.Planned:
		return Action{Step: MakePlan, Batch: next}
	case !f.Executed:
		return Action{Step: Execute, Batch: next}
	case !f.Confirmed:
		return Action{Step: Confirm, Batch: next}
	case !f.Written && f.Staged:
		return Action{Step: Stage, Batch: next}
	case !f.Written:
		return Action{Step: Sink, Batch: next}
	}
	return Action{Step: CommitBatch, Batch: next}
}
