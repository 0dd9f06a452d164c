package stream

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/riffledata/riffle/exec/checkpoint"
)

// Journal is where a query writes down what it has decided, before it acts on
// it; see exec/journal. What was decided by another run first is returned instead,
// and holds. Its methods are called in the order of the steps of package
// checkpoint.
type Journal interface {
	// Plan decides what the next batch reads.
	Plan(ctx context.Context, p checkpoint.Plan) (checkpoint.Plan, error)
	// Did tells that a step was done that is not the journal's own.
	Did(step checkpoint.Step) error
	// Confirm sees that no later run has begun, before rows leave the process.
	Confirm(ctx context.Context) error
	// Commit decides that the batch is done. Where another run has decided that
	// first, mine is false, and the state is that of its commit.
	Commit(ctx context.Context, c checkpoint.Commit) (now checkpoint.Commit, mine bool, err error)
	// Load reads the records of a batch.
	Load(ctx context.Context, batch int64) (checkpoint.Plan, *checkpoint.Commit, error)
	// Again tells that the batch runs again from its plan, which stays.
	Again()
	// WhenFull makes records wait for space where there is none, and tells f.
	WhenFull(f func(error))
	// SinksShow tells the last batch that the sinks show in full.
	SinksShow(batch int64) error
	// Next is the step that comes next.
	Next() checkpoint.Action
	// Deposed asks whether a later run has begun: an error if so.
	Deposed(ctx context.Context) error
	// Close ends what the journal does in the background.
	Close() error
}

// Resume says where a query begins: at the beginning, or after the last commit
// of its checkpoint.
type Resume struct {
	// ID is the query's UUID, the same in all of its runs; RunID is that of this run.
	ID, RunID string
	// Epoch numbers the runs of the query; 0 without a checkpoint.
	Epoch int64
	// Last is the last commit and Done the plan of its batch; nil for none.
	Last *checkpoint.Commit
	Done *checkpoint.Plan
	// Open is a batch that was planned and not committed; nil for none.
	Open *checkpoint.Plan
}

// Fresh is where a query without a checkpoint begins.
func Fresh() Resume { return Resume{ID: uuid.NewString(), RunID: uuid.NewString()} }

// next is the number of the next batch.
func (r Resume) next() int64 {
	if r.Last == nil {
		return 0
	}
	return r.Last.Batch + 1
}

// Committed is the last batch that is committed; -1 for none.
func (r Resume) Committed() int64 { return r.next() - 1 }

// begins returns where the next batch begins, or nil where the sources know.
func (r Resume) begins() ends {
	switch {
	case r.Open != nil:
		return offsets(r.Open.From)
	case r.Done != nil:
		return offsets(r.Done.To)
	}
	return nil
}

func offsets(list []json.RawMessage) ends {
	out := make(ends, len(list))
	for i, o := range list {
		if string(o) != "null" { // before all
			out[i] = o
		}
	}
	return out
}

func records(e ends) []json.RawMessage {
	out := make([]json.RawMessage, len(e))
	for i, o := range e {
		out[i] = o
		if len(o) == 0 {
			out[i] = json.RawMessage("null")
		}
	}
	return out
}
