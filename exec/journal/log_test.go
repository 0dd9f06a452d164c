package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/journal"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
	"github.com/riffledata/riffle/exec/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var meta = checkpoint.Meta{
	ID: "q", Hash: "xxh3", KeyGroups: 4096, Sources: []string{"kafka dns"}, Mode: "update", Sink: "memory",
	Operators: []json.RawMessage{json.RawMessage(`{"operator":"aggregate-0"}`)},
}

// run is a run of a query that counts: the state after a batch is the number of
// batches, and the commit's Written has it.
type run struct {
	log   *journal.Log
	start journal.Start
	state int64
	last  *checkpoint.Commit
}

func begin(t testing.TB, s store.Store, opts journal.Options) *run {
	t.Helper()
	l := journal.Open(s, opts)
	t.Cleanup(func() { l.Close() })
	start, err := l.Begin(t.Context(), meta, checkpoint.Epoch{RunID: t.Name(), Operators: meta.Operators})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{log: l, start: start, last: start.Last}
	return r
}

// step does what is next, and returns it.
func (r *run) step(ctx context.Context) (checkpoint.Action, error) {
	a := r.log.Next()
	var err error
	switch a.Step {
	case checkpoint.Restore:
		r.state = 0
		if r.last != nil {
			r.state = r.last.Written
		}
		err = r.log.Did(a.Step)
	case checkpoint.MakePlan:
		_, err = r.log.Plan(ctx, checkpoint.Plan{Time: a.Batch})
	case checkpoint.Execute:
		r.state++
		err = r.log.Did(a.Step)
	case checkpoint.Confirm:
		err = r.log.Confirm(ctx)
	case checkpoint.CommitBatch:
		files := checkpoint.Manifest{Deltas: []string{checkpoint.StateName(r.log.Epoch(), a.Batch, "d")}}
		var c checkpoint.Commit
		c, _, err = r.log.Commit(ctx, checkpoint.Commit{Written: r.state, State: files})
		if err == nil {
			r.last = &c
		}
	case checkpoint.AskSinks:
		err = r.log.SinksShow(checkpoint.NoBatch)
	case checkpoint.Exit:
		err = r.log.Deposed(ctx)
	default:
		err = r.log.Did(a.Step)
	}
	return a, err
}

// until steps up to and with a step.
func (r *run) until(t testing.TB, step checkpoint.Step) {
	t.Helper()
	for {
		a, err := r.step(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		if a.Step == step {
			return
		}
	}
}

// A run does the steps of the protocol in their order, and the next one goes on
// where it ended, wherever that was.
func TestSteps(t *testing.T) {
	s := memory.New()
	r := begin(t, s, journal.Options{})
	var got []string
	for range 8 {
		a, err := r.step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.String())
	}
	want := "restore -1, plan 0, execute 0, confirm 0, sink 0, commit 0, plan 1, execute 1"
	if strings.Join(got, ", ") != want {
		t.Errorf("steps:\n%s\nwant\n%s", strings.Join(got, ", "), want)
	}
	r = begin(t, s, journal.Options{})
	if r.start.Epoch != 2 || r.start.Last.Batch != 0 || r.start.LastPlan.Batch != 0 || r.start.Open.Batch != 1 || r.start.Open.Epoch != 1 {
		t.Errorf("the second run starts with %+v", r.start)
	}
	r.until(t, checkpoint.CommitBatch)
	if r.last.Batch != 1 || r.last.Written != 2 || r.last.Epoch != 2 {
		t.Errorf("its commit is %+v", r.last)
	}
}

// A staged query publishes what is committed and not shown before it plans.
func TestStagedSteps(t *testing.T) {
	s := memory.New()
	r := begin(t, s, journal.Options{Staged: true})
	r.until(t, checkpoint.CommitBatch)
	r = begin(t, s, journal.Options{Staged: true})
	var got []string
	for range 6 {
		a, err := r.step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.String())
	}
	if want := "restore 0, ask sinks, publish 0, plan 1, execute 1, confirm 1"; strings.Join(got, ", ") != want {
		t.Errorf("steps:\n%s\nwant\n%s", strings.Join(got, ", "), want)
	}
}

// An older run ends at its next record, whichever that is, and does nothing more.
func TestDeposed(t *testing.T) {
	for _, step := range []checkpoint.Step{checkpoint.Restore, checkpoint.MakePlan, checkpoint.Execute, checkpoint.Confirm, checkpoint.Sink} {
		t.Run(step.String(), func(t *testing.T) {
			s := memory.New()
			old := begin(t, s, journal.Options{})
			old.until(t, checkpoint.CommitBatch)
			old.state = 1
			if step != checkpoint.Restore {
				old.until(t, step)
			}
			young := begin(t, s, journal.Options{})
			young.until(t, checkpoint.CommitBatch)
			var err error
			for err == nil {
				_, err = old.step(t.Context())
			}
			if !errors.Is(err, journal.ErrDeposed) || !strings.Contains(err.Error(), "this is run 1") {
				t.Errorf("the old run ends with %v", err)
			}
			if _, err := old.step(t.Context()); !errors.Is(err, journal.ErrDeposed) {
				t.Errorf("after that: %v", err)
			}
			young.until(t, checkpoint.CommitBatch)
			if young.last.Written != young.last.Batch+1 {
				t.Errorf("batch %d has state %d", young.last.Batch, young.last.Written)
			}
		})
	}
}

// What an older run still writes is adopted by the later one.
func TestAdopts(t *testing.T) {
	s := memory.New()
	old := begin(t, s, journal.Options{})
	old.until(t, checkpoint.Confirm)
	young := begin(t, s, journal.Options{})
	young.until(t, checkpoint.Sink) // adopts plan 0 of run 1
	old.until(t, checkpoint.CommitBatch)
	young.until(t, checkpoint.CommitBatch)
	if young.last.Epoch != 1 || young.log.Next().Step != checkpoint.Restore {
		t.Errorf("the young run goes on from %+v with %s", young.last, young.log.Next())
	}
	young.until(t, checkpoint.CommitBatch)
	if young.last.Batch != 1 || young.last.Written != 2 {
		t.Errorf("its commit is %+v", young.last)
	}
}

// A refused query has written nothing, and deposes nobody.
func TestRefused(t *testing.T) {
	s := memory.New()
	r := begin(t, s, journal.Options{})
	r.until(t, checkpoint.CommitBatch)
	changed := meta
	changed.Mode = "complete"
	l := journal.Open(s, journal.Options{})
	defer l.Close()
	_, err := l.Begin(t.Context(), changed, checkpoint.Epoch{})
	if err == nil || !strings.Contains(err.Error(), "output mode was update and is now complete; set it back") {
		t.Errorf("a changed mode: %v", err)
	}
	if names, err := s.List(t.Context(), checkpoint.EpochsPrefix); err != nil || len(names) != 1 {
		t.Errorf("epochs %q, %v", names, err)
	}
	r.until(t, checkpoint.CommitBatch)
}

// Whatever the store does, a log of many batches is one chain without gap, and what
// was acknowledged stays.
func TestFaults(t *testing.T) {
	for seed := range uint64(20) {
		inner := memory.New()
		s := storetest.Faulty(inner, storetest.Random(seed, 0.2))
		last := int64(-1)
		for last < 20 {
			last = untilFailure(t, s, last)
		}
		for n := range last {
			if _, err := inner.Get(t.Context(), checkpoint.CommitsName(n)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}

func untilFailure(t *testing.T, s store.Store, last int64) int64 {
	l := journal.Open(s, journal.Options{Pause: time.Nanosecond})
	defer l.Close()
	start, err := l.Begin(t.Context(), meta, checkpoint.Epoch{Operators: meta.Operators})
	if err != nil {
		return last
	}
	if start.Last != nil && start.Last.Batch < last || start.Last == nil && last >= 0 {
		t.Fatalf("batch %d was committed, and a new run finds %+v", last, start.Last)
	}
	r := &run{log: l, start: start, last: start.Last}
	for last < 20 {
		_, err := r.step(t.Context())
		if r.last != nil {
			last = r.last.Batch
			if r.last.Written != last+1 {
				t.Fatalf("batch %d has state %d", last, r.last.Written)
			}
		}
		if err != nil {
			return last
		}
	}
	return last
}

// Records of old batches go, and files that only they named; what a kept commit
// names stays, and what dead runs left goes.
func TestGarbage(t *testing.T) {
	s := memory.New()
	ctx := t.Context()
	for _, name := range []string{"state/1/0-orphan", "staged/1/0-orphan", "state/9/5-later", "state/other"} {
		if _, _, err := s.PutIfAbsent(ctx, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	begin(t, s, journal.Options{}).log.Close() // epoch 1
	r := begin(t, s, journal.Options{Keep: 3})
	for n := range 40 {
		for _, suffix := range []string{"d", "own"} {
			if _, _, err := s.PutIfAbsent(ctx, checkpoint.StateName(2, int64(n), suffix), nil); err != nil {
				t.Fatal(err)
			}
		}
		r.until(t, checkpoint.CommitBatch)
	}
	var names []string // it is collected every 16 commits, whenever those come to it
	left := []string{"commits/38", "commits/39", "offsets/38", "offsets/39", "state/2/38-d", "state/2/39-d", "state/2/0-own", "state/9/5-later", "state/other", "meta"}
	gone := []string{"commits/0", "offsets/0", "state/2/0-d", "state/2/20-d", "commits/20", "state/1/0-orphan", "staged/1/0-orphan"}
	isThere := func(name string) bool { return slices.Contains(names, name) }
	for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(time.Millisecond) {
		_, err := r.log.Garbage()
		if err != nil {
			t.Fatal(err)
		}
		if names, err = s.List(ctx, ""); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(gone, isThere) {
			break
		}
	}
	for _, name := range left {
		if !isThere(name) {
			t.Errorf("%s is gone", name)
		}
	}
	for _, name := range gone {
		if isThere(name) {
			t.Errorf("%s is still there", name)
		}
	}
}

// A run that slept while others went on, and whose records are gone, ends before a
// row leaves it.
func TestSleeper(t *testing.T) {
	s := memory.New()
	old := begin(t, s, journal.Options{})
	old.until(t, checkpoint.CommitBatch)
	young := begin(t, s, journal.Options{Keep: 2})
	for range 20 {
		young.until(t, checkpoint.CommitBatch)
	}
	for removed := int64(0); removed == 0; removed, _ = young.log.Garbage() {
		time.Sleep(time.Millisecond)
	}
	var err error
	var steps []string
	for err == nil {
		var a checkpoint.Action
		a, err = old.step(t.Context())
		steps = append(steps, a.String())
	}
	if !errors.Is(err, journal.ErrDeposed) || steps[len(steps)-1] != "confirm 1" {
		t.Errorf("the sleeper did %q and ended with %v", steps, err)
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, kind := range []string{"memory", "dir"} {
		b.Run(kind, func(b *testing.B) {
			var s store.Store = memory.New()
			if kind == "dir" {
				var err error
				if s, err = dir.Open(b.TempDir()); err != nil {
					b.Fatal(err)
				}
			}
			defer s.Close()
			r := begin(b, s, journal.Options{})
			for b.Loop() {
				r.until(b, checkpoint.CommitBatch)
			}
			r.log.Close()
			if d, ok := s.(*dir.Store); ok {
				b.ReportMetric(float64(d.Syncs())/float64(b.N), "fsyncs/op")
			}
		})
	}
}

func ExampleLog() {
	ctx := context.Background()
	s := memory.New()
	l := journal.Open(s, journal.Options{})
	defer l.Close()
	if _, err := l.Begin(ctx, checkpoint.Meta{ID: "q"}, checkpoint.Epoch{RunID: "r"}); err != nil {
		fmt.Println(err)
		return
	}
	for range 7 {
		a := l.Next()
		fmt.Println(a)
		switch a.Step {
		case checkpoint.MakePlan:
			l.Plan(ctx, checkpoint.Plan{To: []json.RawMessage{json.RawMessage(`{"dns":{"0":17}}`)}})
		case checkpoint.Confirm:
			l.Confirm(ctx)
		case checkpoint.CommitBatch:
			l.Commit(ctx, checkpoint.Commit{Written: 17})
		default: // restore the state, run the batch, write to the sinks
			l.Did(a.Step)
		}
	}
	// Output:
	// restore -1
	// plan 0
	// execute 0
	// confirm 0
	// sink 0
	// commit 0
	// plan 1
}
