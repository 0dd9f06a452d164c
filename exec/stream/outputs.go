package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/sink"
)

// The roles of a query's sinks.
const (
	roleSink       = "sink"
	roleQuarantine = "quarantine"
	roleLate       = "late"
)

// Output is one of the sinks of a query.
type Output struct {
	// Role is what the sink is for: "sink", "quarantine" or "late".
	Role string
	// Sink is where rows go, Name describes it in progress.
	Sink sink.Sink
	Name string
}

// outputs are the sinks of a query, that of the result first. A batch is begun,
// written and committed in all of them.
type outputs struct {
	list    []Output
	writers []sink.Writer
	staging *staging // nil: rows go straight to the sinks
}

// begin opens a batch in each sink, or in the stage.
func (o *outputs) begin(ctx context.Context, id int64) error {
	o.writers = o.writers[:0]
	for _, out := range o.list {
		w, err := o.open(ctx, out, id)
		if err != nil {
			return errors.Join(err, o.abort())
		}
		o.writers = append(o.writers, w)
	}
	return nil
}

func (o *outputs) open(ctx context.Context, out Output, id int64) (sink.Writer, error) {
	if o.staging != nil {
		return o.staging.writer(out.Role, id), nil
	}
	w, err := out.Sink.Begin(ctx, id)
	return w, ofRole(out.Role, err)
}

// ofRole names the sink that an error is about, unless it is that of the result.
func ofRole(role string, err error) error {
	if err == nil || role == roleSink {
		return err
	}
	return fmt.Errorf("%s: %w", role, err)
}

// writer returns the open batch of a role, or nil where there is no such sink.
func (o *outputs) writer(role string) sink.Writer {
	for i, out := range o.list {
		if out.Role == role {
			return o.writers[i]
		}
	}
	return nil
}

// has tells whether the query has a sink of a role.
func (o *outputs) has(role string) bool {
	for _, out := range o.list {
		if out.Role == role {
			return true
		}
	}
	return false
}

// commit shows the batch in each sink, in the opposite order of begin. Those beside
// the result come first: when the result is there, so is what was left out of it.
func (o *outputs) commit(ctx context.Context) error {
	for i := len(o.writers) - 1; i >= 0; i-- {
		if err := o.writers[i].Commit(ctx); err != nil {
			return err
		}
	}
	o.writers = o.writers[:0]
	return nil
}

// abort drops the batch.
func (o *outputs) abort() error {
	var errs []error
	for _, w := range o.writers {
		errs = append(errs, w.Abort())
	}
	o.writers = o.writers[:0]
	return errors.Join(errs...)
}

// stage makes the batch's rows durable beside the checkpoint, and returns the
// names of the files by role.
func (o *outputs) stage(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	for i, out := range o.list {
		if err := o.writers[i].Commit(ctx); err != nil {
			return nil, errors.Join(err, o.discard(ctx, o.writers[:i]))
		}
		names[out.Role] = o.writers[i].(*staged).name
	}
	o.writers = o.writers[:0]
	return names, nil
}

// discard removes the files of a stage that did not become whole.
func (o *outputs) discard(ctx context.Context, whole []sink.Writer) error {
	var errs []error
	for _, w := range whole {
		errs = append(errs, w.(*staged).discard(ctx))
	}
	return errors.Join(errs...)
}

// publish shows the staged rows of a committed batch in the sinks: all are begun,
// then written, then committed, since some may share a commit.
func (o *outputs) publish(ctx context.Context, c checkpoint.Commit) error {
	o.writers = o.writers[:0]
	for _, out := range o.list {
		name, ok := c.Staged[out.Role]
		if !ok {
			continue
		}
		if err := o.restore(ctx, out, c.Batch, name); err != nil {
			return errors.Join(err, o.abort())
		}
	}
	if err := o.commit(ctx); err != nil {
		return errors.Join(err, o.abort())
	}
	return nil
}

// restore begins a batch in a sink and writes its staged rows.
func (o *outputs) restore(ctx context.Context, out Output, id int64, name string) error {
	w, err := out.Sink.Begin(ctx, id)
	if err != nil {
		return ofRole(out.Role, err)
	}
	o.writers = append(o.writers, w)
	return o.staging.read(ctx, name, func(b batch.Batch) error { return w.Write(ctx, b) })
}

// lastShown is the last batch that all sinks show in full. All but the last
// committed one are: a batch is only planned once the one before was shown. So a
// sink that cannot tell, or that has had no rows for long, gets no other batch again.
func (o *outputs) lastShown(ctx context.Context, committed int64) (int64, error) {
	shown := committed
	for _, out := range o.list {
		last := committed - 1
		if p, ok := out.Sink.(sink.Progressive); ok {
			var err error
			if last, err = p.LastCommitted(ctx); err != nil {
				return 0, err
			}
		}
		shown = min(shown, last)
	}
	return max(shown, committed-1, checkpoint.NoBatch), nil
}

func (o *outputs) close() error {
	var errs []error
	for _, out := range o.list {
		errs = append(errs, out.Sink.Close())
	}
	return errors.Join(errs...)
}
