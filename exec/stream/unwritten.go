package stream

import (
	"context"

	"github.com/riffledata/riffle/exec/checkpoint"
)

// unwritten is the journal of a query without a checkpoint: what is decided holds
// as long as the process.
type unwritten struct{}

// Plan returns what it is given.
func (unwritten) Plan(_ context.Context, p checkpoint.Plan) (checkpoint.Plan, error) { return p, nil }

// Did does nothing.
func (unwritten) Did(checkpoint.Step) error { return nil }

// Again does nothing.
func (unwritten) Again() {}

// WhenFull does nothing: nothing is written.
func (unwritten) WhenFull(func(error)) {}

// Confirm does nothing: there is no other run.
func (unwritten) Confirm(context.Context) error { return nil }

// Commit returns what it is given.
func (unwritten) Commit(_ context.Context, c checkpoint.Commit) (checkpoint.Commit, bool, error) {
	return c, true, nil
}

// Load finds nothing.
func (unwritten) Load(context.Context, int64) (checkpoint.Plan, *checkpoint.Commit, error) {
	return checkpoint.Plan{}, nil, nil
}

// SinksShow does nothing.
func (unwritten) SinksShow(int64) error { return nil }

// Next is always the plan of another batch.
func (unwritten) Next() checkpoint.Action { return checkpoint.Action{Step: checkpoint.MakePlan} }

// Deposed finds no other run.
func (unwritten) Deposed(context.Context) error { return nil }

// Close does nothing.
func (unwritten) Close() error { return nil }
