package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/journal"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/stream"
)

// frozen are the settings that the state or the rows of a query depend on: a
// restart must have them as they were.
var frozen = []string{"riffle.ansi", "riffle.timeZone", "riffle.watermark.policy"}

// resume finds where the query begins: at the beginning where it has no
// checkpoint; else it claims the checkpoint and restores the state.
func (s *starting) resume(ctx context.Context) error {
	s.config.Resume = stream.Fresh()
	if s.config.Files == nil {
		s.config.Staged = false // there is nothing that a batch could be run again from
		return s.attach(ctx, checkpoint.Manifest{})
	}
	return s.begin(ctx)
}

// openStore opens the store of the checkpoint, nil for none, and sees where the
// state is to be kept: with the backend auto on disk once it has become half as
// large as what may be held in memory.
func (s *starting) openStore(ctx context.Context, result wanted) (store.Store, error) {
	location, err := s.location(result)
	if err != nil || location == "" {
		return nil, err
	}
	files, err := s.l.stores(location)
	if err != nil {
		return nil, fmt.Errorf("the checkpoint: %w", err)
	}
	s.add(files.Close)
	if open, err := journal.OpenTasks(ctx, files); err != nil {
		return nil, err
	} else if open > 0 {
		s.tasks = open
	}
	if s.conf.StateBackend() != "auto" {
		return files, nil
	}
	size, onDisk, err := journal.StateSize(ctx, files)
	if err == nil && (onDisk || size > s.spillAbove()) {
		err = s.useDisk()
	}
	return files, err
}

// useDisk makes the state of the query lie on disk from now on.
func (s *starting) useDisk() (err error) {
	s.conf, err = s.conf.Set(state.BackendSetting, "disk")
	return err
}

// location is where the query keeps its checkpoint, or "". Sinks that outlive the
// process need one.
func (s *starting) location(result wanted) (string, error) {
	if s.w.Checkpoint != "" {
		return s.w.Checkpoint, nil
	}
	if base := s.conf.Text("riffle.checkpoint.location"); base != "" && s.w.QueryName != "" {
		return strings.TrimSuffix(base, "/") + "/" + s.w.QueryName, nil
	}
	if v, ok := result.provider.(sink.Volatile); ok && v.Volatile() {
		return "", nil
	}
	return "", fmt.Errorf(`the %s sink keeps what is written beyond the query's life, and the query has no checkpoint: it could not go on where it ended; set Option("checkpointLocation", folder)`,
		result.provider.Format())
}

// begin claims the checkpoint for this run and restores what it holds.
func (s *starting) begin(ctx context.Context) error {
	log := journal.Open(s.config.Files, journal.Options{Keep: int(s.conf.Int("riffle.checkpoint.retain")), Staged: s.config.Staged,
		Changes: checkpoint.Changes{Diff: diffSpecs}})
	s.add(log.Close)
	meta, run, err := s.describe()
	if err != nil {
		return err
	}
	from, err := log.Begin(ctx, meta, run)
	if err != nil {
		return err
	}
	if s.l.crash != nil {
		s.l.crash("A1")
	}
	s.config.Journal = log
	s.config.Resume = stream.Resume{ID: from.Meta.ID, RunID: run.RunID, Epoch: from.Epoch, Last: from.Last, Done: from.LastPlan, Open: from.Open}
	manifest := checkpoint.Manifest{}
	if from.Last != nil {
		manifest = from.Last.State
	}
	if err := s.attach(ctx, manifest); err != nil {
		return err
	}
	return log.Did(checkpoint.Restore)
}

// describe makes the records of what the query is, and of this run.
func (s *starting) describe() (checkpoint.Meta, checkpoint.Epoch, error) {
	meta := checkpoint.Meta{ID: uuid.NewString(), Hash: state.HashName, KeyGroups: state.KeyGroups, Conf: map[string]string{},
		Mode: string(s.w.Mode), Sink: s.w.Format, Plan: plan.Format(s.w.Input)}
	for _, key := range frozen {
		meta.Conf[key] = s.conf.Text(key)
	}
	for _, scan := range s.plan.Scans {
		meta.Sources = append(meta.Sources, scan.Place())
	}
	for _, op := range s.plan.State {
		spec, err := json.Marshal(op.StateSpec())
		if err != nil {
			return meta, checkpoint.Epoch{}, err
		}
		meta.Operators = append(meta.Operators, spec)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	bytes, err := wire.EncodeWrite(s.w, s.conf.Values())
	return meta, checkpoint.Epoch{RunID: uuid.NewString(), Host: host, PID: os.Getpid(), Plan: meta.Plan, PlanBytes: bytes, Tasks: s.tasks, Operators: meta.Operators}, err
}

// diffSpecs tells why state of one spec cannot be used under another.
func diffSpecs(old, now json.RawMessage) error {
	var a, b state.Spec
	if err := errors.Join(json.Unmarshal(old, &a), json.Unmarshal(now, &b)); err != nil {
		return err
	}
	return a.Diff(b)
}

// attach opens the state of the query at a version and gives each op its tables:
// with the backend auto on disk where it is too much for memory.
func (s *starting) attach(ctx context.Context, m checkpoint.Manifest) error {
	err := s.attachOnce(ctx, m)
	if err == nil || !errors.Is(err, state.ErrBudget) || s.conf.StateBackend() != "auto" {
		return err
	}
	if err := s.useDisk(); err != nil {
		return err
	}
	if s.config.State != nil {
		if err := s.config.State.Close(); err != nil {
			return err
		}
		s.config.State = nil
	}
	if err := s.letGo(); err != nil {
		return err
	}
	return s.attachOnce(ctx, m)
}

func (s *starting) attachOnce(ctx context.Context, m checkpoint.Manifest) error {
	if len(s.plan.State) == 0 {
		return nil
	}
	if s.config.Files == nil && !s.keyed() {
		for _, op := range s.plan.State { // they hold all there is themselves
			ranges, _ := op.StateTasks()
			if err := op.Attach(make([]state.Table, len(ranges))); err != nil {
				return err
			}
		}
		return nil
	}
	var err error
	if s.config.State, err = s.openState(ctx, m); err != nil {
		return err
	}
	s.add(s.config.State.Close)
	return s.attachTo(s.config.State)
}

// attachTo gives each op its tables of a store.
func (s *starting) attachTo(store state.Store) error {
	for _, op := range s.plan.State {
		ranges, kind := op.StateTasks()
		tables := make([]state.Table, len(ranges))
		for i, r := range ranges {
			var err error
			if tables[i], err = store.Table(op.StateSpec(), r, kind); err != nil {
				return err
			}
		}
		if err := op.Attach(tables); err != nil {
			return fmt.Errorf("restoring the state of %s: %w", op, err)
		}
	}
	return nil
}

// keyed tells whether an op keeps its state in tables.
func (s *starting) keyed() bool {
	for _, op := range s.plan.State {
		if _, kind := op.StateTasks(); kind != state.Journal {
			return true
		}
	}
	return false
}
