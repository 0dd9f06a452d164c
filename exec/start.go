package exec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/stream"
)

// starting is a streaming query on its way to run: what has been opened so far,
// to be closed again if the start fails.
type starting struct {
	l    *local
	w    *plan.Write
	conf engine.Conf
	plan *physical.Plan
	// tasks is how many run at once: as many as the engine has cores, or as had the
	// run whose last batch is to be run again.
	tasks int
	dir   string // of the state on disk, once it was opened; "" before
	opened
	config stream.Config
}

// opened are things to be closed where a start fails, latest first.
type opened []func() error

func (o *opened) add(close func() error) { *o = append(*o, close) }

func (o *opened) fail(err error) error {
	for i := len(*o) - 1; i >= 0; i-- {
		err = errors.Join(err, (*o)[i]())
	}
	return err
}

// start checks and prepares a query: first what can be wrong with it, then its
// checkpoint, then what it reads and writes.
func (l *local) start(ctx context.Context, w *plan.Write, conf engine.Conf) (engine.Query, error) {
	w, conf, err := l.travel(w, conf)
	if err != nil {
		return nil, err
	}
	l.memory.set(memoryOf(conf))
	s := &starting{l: l, w: w, conf: conf, tasks: l.tasks}
	if err := s.prepare(ctx); err != nil {
		return nil, s.fail(err)
	}
	return stream.Start(s.config), nil
}

func (s *starting) prepare(ctx context.Context) error {
	if s.l.crash != nil {
		ctx = sink.WithCrashPoints(ctx, s.l.crash)
	}
	wanted, err := s.sinks()
	if err != nil {
		return err
	}
	files, err := s.openStore(ctx, wanted[0])
	if err != nil {
		return err
	}
	if err := s.build(); err != nil {
		return err
	}
	s.config.Files = files
	if err := s.resume(ctx); err != nil {
		return err
	}
	for _, scan := range s.plan.Scans {
		scan.QueryID = s.queryID()
	}
	if err := connect(ctx, s.plan); err != nil {
		return err
	}
	s.add(func() error { return disconnect(s.plan) })
	if err := s.keep(ctx); err != nil {
		return err
	}
	for _, static := range s.plan.Static {
		static.Report = stream.NewReport(s.conf.MaxBadRate())
	}
	if err := s.openSinks(ctx, wanted); err != nil {
		return err
	}
	s.config.Explained.Physical += s.guarantees()
	s.spillable()
	s.reopenable()
	return nil
}

// openSinks opens what the query writes to, those of one format together where
// they can share their commits.
func (s *starting) openSinks(ctx context.Context, wanted []wanted) error {
	sinks := make([]sink.Sink, len(wanted))
	for i := range wanted {
		want := &wanted[i]
		want.spec.QueryID, want.spec.Role, want.spec.Epoch, want.spec.Committed = s.queryID(), want.role, s.config.Resume.Epoch, s.config.Resume.Committed()
	}
	for i, want := range wanted {
		if sinks[i] != nil {
			continue
		}
		if err := s.openShared(ctx, wanted[i:], sinks[i:]); err != nil {
			return err
		}
		if sinks[i] == nil {
			out, err := want.provider.Open(ctx, want.spec)
			if err != nil {
				return want.wrap(err)
			}
			s.add(out.Close)
			sinks[i] = out
		}
	}
	for i, want := range wanted {
		s.config.Outputs = append(s.config.Outputs, stream.Output{Role: want.role, Sink: sinks[i], Name: want.name})
	}
	return nil
}

// openShared opens the first of the sinks with the others of its format, if there
// are such and their provider knows how.
func (s *starting) openShared(ctx context.Context, wanted []wanted, sinks []sink.Sink) error {
	sharer, ok := wanted[0].provider.(sink.Sharer)
	if !ok {
		return nil
	}
	var at []int
	var specs []sink.Spec
	for i, want := range wanted {
		if want.provider.Format() == wanted[0].provider.Format() {
			at, specs = append(at, i), append(specs, want.spec)
		}
	}
	if len(at) < 2 {
		return nil
	}
	opened, err := sharer.OpenShared(ctx, specs)
	if err != nil {
		return err
	}
	for i, out := range opened {
		s.add(out.Close)
		sinks[at[i]] = out
	}
	return nil
}

// build makes the physical plan.
func (s *starting) build() error {
	b := s.l.builder(s.conf, s.w)
	b.Tasks = s.tasks
	p, err := b.Build(s.w.Input)
	if err != nil {
		return err
	}
	if s.l.replace != nil {
		for i, op := range p.State {
			p.State[i] = s.l.replace(op)
		}
	}
	s.plan = p
	s.config = stream.Config{Plan: p, QueryName: s.w.QueryName, Trigger: s.w.Trigger, Conf: s.conf, Log: s.l.log, Table: s.l.snapshot,
		Staged: !deterministic(s.w.Input), PlanHash: fingerprint(s.w.Input), Crash: s.l.crash, Events: s.l.bus.send,
		Explained: engine.Explained{Optimized: plan.Format(s.w.Input), Physical: plan.Format(p.Root)}}
	return nil
}

// queryID is the query's UUID if it has a checkpoint, else "".
func (s *starting) queryID() string {
	if s.config.Journal == nil {
		return ""
	}
	return s.config.Resume.ID
}

// guarantees says for each sink what it promises, and why.
func (s *starting) guarantees() string {
	text := ""
	for _, out := range s.config.Outputs {
		g, why := out.Sink.Guarantee()
		if s.config.Journal == nil {
			why = "the query has no checkpoint: after a restart it begins anew"
		}
		if s.config.Staged && s.config.Journal != nil {
			why += "; rows are staged, since the plan has functions that are not deterministic"
		}
		text += fmt.Sprintf("%s %s: %s (%s)\n", out.Role, out.Name, g, why)
	}
	return text
}

// fingerprint is a hash of an optimized plan.
func fingerprint(n plan.Node) string {
	sum := sha256.Sum256([]byte(plan.Format(n)))
	return hex.EncodeToString(sum[:8])
}

// wanted is a sink that was checked and is to be opened.
type wanted struct {
	role, name string
	provider   sink.Provider
	spec       sink.Spec
}

func (w wanted) wrap(err error) error {
	if w.role == "sink" {
		return err
	}
	return fmt.Errorf("%s: %w", w.role, err)
}

// sinks checks what the query writes to: the result first.
func (s *starting) sinks() ([]wanted, error) {
	p, spec, err := s.l.findSink(s.w, s.conf)
	if err != nil {
		return nil, err
	}
	out := []wanted{{"sink", sinkName(s.w), p, spec}}
	for _, side := range []struct {
		role string
		to   *plan.SideSink
		spec sink.Spec
	}{
		{"quarantine", s.w.Quarantine, sink.Spec{Schema: plan.QuarantineSchema}},
		{"late", s.w.Late, sink.Spec{Schema: plan.LateSchema}},
	} {
		if side.to == nil {
			continue
		}
		side.spec.Mode, side.spec.QueryName, side.spec.Zone = sink.Append, side.to.Name, s.conf.Zone()
		side.spec.Role, side.spec.Committed = side.role, sink.NoBatch
		w := wanted{role: side.role, name: strings.TrimSpace(side.to.Format + " " + side.to.Name)}
		if w.provider, w.spec, err = s.l.checkSink(side.to.Format, side.to.Options, side.spec, s.conf); err != nil {
			return nil, w.wrap(err)
		}
		out = append(out, w)
	}
	return out, nil
}
