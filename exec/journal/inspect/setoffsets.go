package inspect

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// SetOffsets is a wish to let a query go on from other offsets.
type SetOffsets struct {
	// Offsets are by source, from 1: JSON in the form that the source writes, of
	// which parts may be left out: they stay.
	Offsets map[int]json.RawMessage
	// Yes writes; without it, SetOffsets only says what it would do.
	Yes bool
	// Force writes although a run looks alive.
	Force bool
	// Watch is the time for which the log is watched for a run that is alive, before
	// it is written.
	Watch time.Duration
}

// command is what the epoch's record says.
const command = "set-offsets"

// Run plans the query's next batch as one that reads nothing and ends at the
// offsets, in an epoch of its own: nothing that is there is changed, and a run that
// is alive after all is deposed. The state stays as it is. It is refused while the
// query looks alive, and where a batch is planned and not committed.
func (o SetOffsets) Run(ctx context.Context, w io.Writer, s store.Store) error {
	h, err := load(ctx, s)
	if err != nil {
		return err
	}
	last, err := o.lastPlan(ctx, s, h)
	if err != nil {
		return err
	}
	to, err := o.merged(h.meta, last.To)
	if err != nil {
		return err
	}
	if !o.Force {
		if err := o.refuseAlive(ctx, s, h); err != nil {
			return err
		}
	}
	pins := o.unpinned(last.Pins)
	tell(w, s, h, last, to, pins)
	if !o.Yes {
		_, err := fmt.Fprintln(w, "nothing was written; do it with --yes")
		return err
	}
	if err := write(ctx, s, h, last, to, pins); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "written; batch %d sets the offsets when the query next runs\n", h.last+1)
	return err
}

func (o SetOffsets) lastPlan(ctx context.Context, s store.Store, h history) (checkpoint.Plan, error) {
	if h.last == checkpoint.NoBatch {
		return checkpoint.Plan{}, fmt.Errorf("the query has committed no batch in %s, so it begins at its startingOffsets; set those", s)
	}
	if n := h.batches[len(h.batches)-1]; n > h.last {
		return checkpoint.Plan{}, fmt.Errorf("batch %d is planned in %s and not committed, and its plan cannot be changed; run the query until it is committed (with failOnDataLoss=false if its data is gone), and stop it", n, s)
	}
	b, err := loadBatch(ctx, s, h, h.last)
	return b.Offsets, err
}

// merged puts the wishes into the offsets of all sources.
func (o SetOffsets) merged(m checkpoint.Meta, last []json.RawMessage) ([]json.RawMessage, error) {
	to := slices.Clone(last)
	for _, i := range slices.Sorted(maps.Keys(o.Offsets)) {
		if i < 1 || i > len(last) {
			return nil, fmt.Errorf("there is no source %d; the query has %s", i, sources(m, len(last)))
		}
		old, err := parse(last[i-1])
		if err != nil {
			return nil, fmt.Errorf("the offsets of source %d in the checkpoint: %w", i, err)
		}
		wish, err := parse(o.Offsets[i])
		if err != nil {
			return nil, fmt.Errorf("the offsets given for source %d are no JSON: %w; it is at %s", i, err, last[i-1])
		}
		value, err := merge(old, wish, "")
		if err != nil {
			return nil, fmt.Errorf("source %d: %w; it is at %s", i, err, last[i-1])
		}
		if to[i-1], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func sources(m checkpoint.Meta, n int) string {
	if len(m.Sources) == 0 {
		return fmt.Sprint(n)
	}
	var out []string
	for i, text := range m.Sources {
		out = append(out, fmt.Sprintf("%d (%s)", i+1, text))
	}
	return strings.Join(out, ", ")
}

// merge replaces values of old by those of wish, which has the same shape.
func merge(old, wish any, path string) (any, error) {
	was, isObject := old.(map[string]any)
	is, wishObject := wish.(map[string]any)
	switch {
	case isObject != wishObject, fmt.Sprintf("%T", old) != fmt.Sprintf("%T", wish):
		return nil, fmt.Errorf("%s cannot stand where %s is", compact(wish), compact(old))
	case !isObject:
		return wish, nil
	}
	out := maps.Clone(was)
	for _, key := range slices.Sorted(maps.Keys(is)) {
		before, ok := was[key]
		if !ok {
			return nil, fmt.Errorf("it has no %s%s%s", path, key, types.DidYouMean(key, slices.Sorted(maps.Keys(was))))
		}
		value, err := merge(before, is[key], path+key+".")
		if err != nil {
			return nil, err
		}
		out[key] = value
	}
	return out, nil
}

// refuseAlive looks for a run that is alive: its process on this machine, or a log
// that grows.
func (o SetOffsets) refuseAlive(ctx context.Context, s store.Store, h history) error {
	if len(h.epochs) > 0 {
		run, err := read[checkpoint.Epoch](ctx, s, checkpoint.EpochName(h.epochs[len(h.epochs)-1]))
		if err != nil {
			return err
		}
		if host, err := os.Hostname(); err == nil && run.Command == "" && host == run.Host && processAlive(run.PID) {
			return fmt.Errorf("run %d of the query looks alive: there is a process %d; stop it first, or use --force if that is another program", run.Epoch, run.PID)
		}
	}
	if !o.Yes {
		return nil
	}
	select {
	case <-time.After(o.Watch):
	case <-ctx.Done():
		return ctx.Err()
	}
	now, err := load(ctx, s)
	if err != nil {
		return err
	}
	if now.last != h.last || !slices.Equal(now.epochs, h.epochs) || !slices.Equal(now.batches, h.batches) {
		return fmt.Errorf("the query is alive: its log in %s has grown meanwhile; stop it first", s)
	}
	return nil
}

func processAlive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil || pid <= 0 {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}

func tell(w io.Writer, s store.Store, h history, last checkpoint.Plan, to, pins []json.RawMessage) {
	fmt.Fprintf(w, "query %s in %s, after batch %d:\n", h.meta.ID, s, h.last)
	for i := range to {
		if string(to[i]) == string(last.To[i]) {
			fmt.Fprintf(w, "  source %d stays at %s\n", i+1, to[i])
			continue
		}
		fmt.Fprintf(w, "  source %d moves from %s\n              to %s\n", i+1, last.To[i], to[i])
	}
	tellPins(w, last.Pins, pins)
	fmt.Fprintln(w, "Records that are read again count again, those that are left out are missing: the state and what the sink has stay as they are.")
	fmt.Fprintln(w, "A run of the query that is alive elsewhere will be ended by this.")
}

// tellPins says which offsets will be taken as they are.
func tellPins(w io.Writer, old, now []json.RawMessage) {
	for i := range old {
		if now == nil || string(old[i]) != string(now[i]) {
			fmt.Fprintf(w, "  source %d was pinned to %s; whatever has these names when the query next runs is read\n", i+1, old[i])
		}
	}
}

// write claims an epoch and plans the batch.
func write(ctx context.Context, s store.Store, h history, last checkpoint.Plan, to, pins []json.RawMessage) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	e := int64(1)
	if len(h.epochs) > 0 {
		e = h.epochs[len(h.epochs)-1] + 1
	}
	nonce := rand.Text()[:12]
	prior, err := read[checkpoint.Epoch](ctx, s, checkpoint.EpochName(last.Epoch))
	if err != nil {
		return err
	}
	run := checkpoint.Epoch{Epoch: e, Nonce: nonce, RunID: command, Host: host, PID: os.Getpid(), Command: command,
		Plan: prior.Plan, Operators: prior.Operators}
	if err := create(ctx, s, checkpoint.EpochName(e), run); err != nil {
		return err
	}
	next := last
	next.Epoch, next.Nonce, next.Batch = e, nonce, h.last+1
	next.From, next.To, next.Pins = to, to, pins
	next.Time = max(last.Time, time.Now().UnixMicro())
	next.Late = last.Watermark
	return create(ctx, s, checkpoint.OffsetsName(next.Batch), next)
}

func create[R checkpoint.Record](ctx context.Context, s store.Store, name string, r R) error {
	data, err := checkpoint.Encode(r)
	if err != nil {
		return err
	}
	_, created, err := s.PutIfAbsent(ctx, name, data)
	if err == nil && !created {
		err = fmt.Errorf("a run of the query has written %s meanwhile, and the offsets were not set; stop it first", name)
	}
	return err
}
