package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/stateread"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/stream"
)

// Replay runs one past batch of a streaming query again: by its plan in the
// checkpoint, over the same ranges of its sources, on the state before it. It
// writes no sink and changes nothing in the checkpoint; the query may run
// meanwhile.
type Replay struct {
	// Batch is the number of the batch.
	Batch int64
	// Trace, if there, is a JSON object of columns and values, as {"host":"a"}: only
	// rows that have them are written, those that the sources gave too, and only the
	// state of such keys.
	Trace json.RawMessage
	// Options replace those that the query gave its sources: brokers may have another
	// address by now. Each must be an option that a source was given.
	Options map[string]string
	// Out is where the rows and the changes of the state are written.
	Out io.Writer
}

// Run runs the batch, with as many tasks as it had. Options are those of Local:
// sources that a program has added have to be there again.
func (r Replay) Run(ctx context.Context, files store.Store, opts ...Option) (err error) {
	match, err := stateread.NewMatcher(r.Trace)
	if err != nil {
		return err
	}
	l, ok := Local(opts...).(*local)
	if !ok {
		return errors.New("internal: the local engine is another")
	}
	again := &replaying{Replay: r, files: files, match: match}
	if err := again.load(ctx); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = operator.Panicked(p)
		}
		err = errors.Join(again.fail(err), l.Close())
	}()
	if err := again.build(ctx, l); err != nil {
		return err
	}
	return again.run(ctx)
}

// replaying is a batch on its way to be run again.
type replaying struct {
	Replay
	opened
	files store.Store
	match stateread.Matcher

	offsets checkpoint.Plan
	epoch   checkpoint.Epoch
	commit  *checkpoint.Commit // nil: the batch was never committed
	before  *stateread.Version // nil: there was no state yet

	w     *plan.Write
	start *starting
	bad   int64 // rows that were left out
}

// load reads what the checkpoint knows of the batch.
func (r *replaying) load(ctx context.Context) error {
	var err error
	if r.offsets, err = record[checkpoint.Plan](ctx, r.files, checkpoint.OffsetsName(r.Batch)); errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("the checkpoint %s keeps no plan of batch %d; \"riffle checkpoint show\" lists the batches that it keeps", r.files, r.Batch)
	} else if err != nil {
		return err
	}
	if r.epoch, err = record[checkpoint.Epoch](ctx, r.files, checkpoint.EpochName(r.offsets.Epoch)); err != nil {
		return err
	}
	if len(r.epoch.PlanBytes) == 0 {
		return fmt.Errorf("batch %d was planned by no run of the query (%s), and has no plan that could be run", r.Batch, r.epoch.Command)
	}
	commit, err := record[checkpoint.Commit](ctx, r.files, checkpoint.CommitsName(r.Batch))
	switch {
	case err == nil:
		r.commit = &commit
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if r.Batch == 0 {
		return nil
	}
	if r.before, err = stateread.Load(ctx, r.files, r.Batch-1); err != nil {
		return fmt.Errorf("batch %d begins with the state before it: %w", r.Batch, err)
	}
	return nil
}

func record[R checkpoint.Record](ctx context.Context, s store.Store, name string) (r R, err error) {
	raw, err := s.Get(ctx, name)
	if err != nil {
		return r, err
	}
	if r, err = checkpoint.Decode[R](raw); err != nil {
		err = fmt.Errorf("%s in %s: %w", name, s, err)
	}
	return r, err
}

// build makes operators of the plan, and gives them the state before the batch.
func (r *replaying) build(ctx context.Context, l *local) error {
	w, values, err := wire.DecodeWrite(r.epoch.PlanBytes)
	if err != nil {
		return fmt.Errorf("the plan of batch %d cannot be read by this program: %w; a job with functions of its own is replayed by its own binary: JOB --replay-batch %d@CHECKPOINT", r.Batch, err, r.Batch)
	}
	delete(values, "riffle.state.dir") // the query may be using it
	conf, err := engine.ConfOf(values)
	if err == nil && r.commit != nil && r.commit.OnDisk {
		conf, err = conf.Set(state.BackendSetting, "disk") // it may have gone there since the run began
	}
	if err != nil {
		return err
	}
	if r.epoch.Tasks > 0 {
		l.tasks = r.epoch.Tasks
	}
	if w.Input, err = r.redirect(w.Input); err != nil {
		return err
	}
	p, err := l.builder(conf, w).Build(w.Input)
	if err != nil {
		return err
	}
	if err := connect(ctx, p); err != nil {
		return err
	}
	r.add(func() error { return disconnect(p) })
	for _, s := range p.Sources() {
		s.Report = stream.NewReport(1)
	}
	r.w, r.start = w, &starting{l: l, w: w, conf: conf, plan: p, config: stream.Config{Files: r.files}}
	r.add(func() error { return r.start.fail(nil) })
	if err := r.start.keep(ctx); err != nil {
		return err
	}
	manifest := checkpoint.Manifest{}
	if r.before != nil {
		manifest = r.before.Manifest()
	}
	return r.start.attach(ctx, manifest)
}

// run runs the batch and writes what it gives.
func (r *replaying) run(ctx context.Context) error {
	conf := r.start.conf
	run := &physical.Run{Table: r.start.l.snapshot, Batch: r.Batch, Ranges: map[*physical.Scan][]source.Range{},
		RowError:  func(batch.Batch, int, error) error { r.bad++; return nil },
		Watermark: r.offsets.Watermark, Late: r.offsets.Late,
		Env: &kernel.Env{ANSI: conf.ANSI(), Zone: conf.Zone(), Time: time.UnixMicro(r.offsets.Time).UTC(), Seed: r.offsets.Seed, Bad: &kernel.BadFields{}}}
	scans := r.start.plan.Scans
	if len(r.offsets.To) != len(scans) {
		return fmt.Errorf("batch %d has offsets of %d sources, and its plan %d sources", r.Batch, len(r.offsets.To), len(scans))
	}
	if err := stream.Recall(ctx, scans, r.offsets); err != nil {
		return err
	}
	for i, s := range scans {
		var from source.Offset
		if i < len(r.offsets.From) {
			from = r.offsets.From[i]
		}
		var err error
		if run.Ranges[s], err = s.Source.Plan(ctx, from, r.offsets.To[i]); err != nil {
			return err
		}
	}
	r.head()
	if r.match != nil {
		for i, s := range scans {
			if err := r.rows(ctx, run, s, fmt.Sprintf("rows of source %d, %s", i+1, s.Description()), nil); err != nil {
				return err
			}
		}
	}
	written := int64(0)
	if err := r.rows(ctx, run, r.start.plan.Root, "result", &written); err != nil {
		return err
	}
	return r.state(ctx, written)
}

// state writes how the state was changed, and tells whether the batch gave what it
// gave when it was committed.
func (r *replaying) state(ctx context.Context, written int64) error {
	var specs []state.Spec
	for _, op := range r.start.plan.State {
		if err := op.Flush(); err != nil {
			return err
		}
		specs = append(specs, op.StateSpec())
	}
	var changes []state.Pair
	if s := r.start.config.State; s != nil {
		err := s.Changes(func(operator string, key, value []byte) error {
			changes = append(changes, state.Pair{Operator: operator, Key: slices.Clone(key), Value: slices.Clone(value)})
			return nil
		})
		if err != nil {
			return err
		}
	}
	var now []stateread.Change
	err := stateread.Changes(ctx, r.before, specs, changes, func(c stateread.Change) error {
		now = append(now, c)
		return nil
	})
	if err != nil {
		return err
	}
	r.changes(now)
	return r.compare(ctx, written, now)
}
