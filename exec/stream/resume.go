package stream

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/source"
)

// Journal is where a query writes down what it has decided, before it acts on
// it. What was decided by another run first is returned instead, and holds.
type Journal interface {
	// Plan decides what batch p.Batch reads.
	Plan(ctx context.Context, p checkpoint.Plan) (checkpoint.Plan, error)
	// Commit decides that batch c.Batch is done.
	Commit(ctx context.Context, c checkpoint.Commit) (checkpoint.Commit, error)
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
		out[i] = source.Offset(o)
	}
	return out
}

func records(e ends) []json.RawMessage {
	out := make([]json.RawMessage, len(e))
	for i, o := range e {
		out[i] = json.RawMessage(o)
		if len(o) == 0 {
			out[i] = json.RawMessage("null")
		}
	}
	return out
}

// unwritten is the journal of a query without a checkpoint.
type unwritten struct{}

// Plan returns what it is given.
func (unwritten) Plan(_ context.Context, p checkpoint.Plan) (checkpoint.Plan, error) { return p, nil }

// Commit returns what it is given.
func (unwritten) Commit(_ context.Context, c checkpoint.Commit) (checkpoint.Commit, error) {
	return c, nil
}
