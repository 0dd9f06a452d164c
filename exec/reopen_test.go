package exec_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/recovery"
	"github.com/riffledata/riffle/exec/exectest/statetest"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
)

// fewCrashes tells whether there is to be less of what is slow under the race detector,
// as opening a database is.
func fewCrashes() bool { return os.Getenv("RIFFLE_TEST_CRASHES") != "" }

// onDisk keeps state on a disk, and writes it there with each batch.
func onDisk(d *statetest.FullDisk) exec.Option {
	return exec.StateDisk(func(o *disk.Options) { o.FS, o.FlushEvery = d.FS(vfs.Default), time.Nanosecond })
}

const (
	openedAnew = "the state is opened anew"
	waits      = "the query waits for space"
)

// State whose disk is full, wherever it is being written, and however long there is no
// space, is opened anew, and the query gives what it gives with space: where the state
// begins on disk, and where it goes over there.
func TestReopen(t *testing.T) {
	for name, c := range crashed {
		if slices.Contains([]string{"rows", "staged", "union"}, name) {
			continue // without state
		}
		if fewCrashes() && !slices.Contains([]string{"aggregates", "dedup", "join", "limit of windows", "processor", "sessions", "staged counts", "table"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := recovery.Query{Inputs: []recovery.Input{visitsOf(1, 120), visitsOf(2, 120)}, Mode: c.mode, Build: c.build}
			batches, table, _ := spilled(t, q, t.TempDir())
			random, reopened := rand.New(rand.NewPCG(1, uint64(len(name)))), 0
			runs := 3
			if fewCrashes() {
				runs = 2
			}
			for i := 0; i < runs || reopened == 0 && i < runs+6; i++ { // how much is written depends on the database, too
				q.Conf = map[string]string{"riffle.state.backend": []string{"disk", "auto"}[i%2], "riffle.checkpoint.deltas": "2"}
				if i < 2 {
					q.Conf["riffle.state.dir"] = t.TempDir()
				}
				var d statetest.FullDisk
				after, tries := random.IntN(20), random.IntN(3)
				d.Fill(after, tries, syscall.ENOSPC)
				again, left, log := spilled(t, q, t.TempDir(), onDisk(&d), exec.SpillAfter(2))
				reopened += strings.Count(log, openedAnew)
				if fmt.Sprint(again) != fmt.Sprint(batches) || !slices.Equal(left, table) {
					t.Errorf("full after %d writes, for %d openings: gives\n%s\n%s\nand with space\n%s\n%s", after, tries, strings.Join(left, "\n"), again, strings.Join(table, "\n"), batches)
				}
			}
			if reopened == 0 && !strings.Contains(name, "limit") { // which may have been reached before
				t.Error("the state was never opened anew")
			}
		})
	}
}

// A query is crashed while its state waits for space, and before and after that.
func TestReopenCrash(t *testing.T) {
	names := []string{"aggregates", "sessions", "outer join", "processor", "staged counts"}
	if fewCrashes() {
		names = []string{"aggregates", "processor"}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, random := crashed[name], rand.New(rand.NewPCG(1, 1))
			var d statetest.FullDisk
			recovery.Check(t, recovery.Query{Inputs: []recovery.Input{visitsOf(1, 100), visitsOf(2, 100)}, Mode: c.mode,
				Build: func(in ...frame) frame {
					d.Fill(random.IntN(20), 1+random.IntN(2), syscall.ENOSPC)
					return c.build(in...)
				},
				Backends: []string{"disk", "auto"}, Points: []string{"R", "R", "R", "R"}, Options: []exec.Option{onDisk(&d), exec.SpillAfter(2)},
				Conf: map[string]string{"riffle.state.dir": t.TempDir(), "riffle.checkpoint.deltas": "2"}}, recovery.Settings{Crashes: 4})
			if d.Times() == 0 {
				t.Error("the disk was never full")
			}
		})
	}
}

// A query that waits for space for its state says so and can be stopped; started again,
// it goes on from there.
func TestReopenStop(t *testing.T) {
	dir, streams, out := t.TempDir(), memory.NewStreams(), exectest.NewCollect()
	conf := map[string]string{"riffle.state.backend": "disk", "riffle.state.dir": t.TempDir()}
	in := streams.Add("hits", schemaOf(t, hits))
	var d statetest.FullDisk
	d.Fill(3, 1<<30, syscall.ENOSPC)
	run := func() (*bench, *dataframe.StreamingQuery) {
		b := again(t, streams, out, onDisk(&d))
		for key, value := range conf {
			must(t, b.Conf().Set(key, value))
		}
		return b, start(t, counted(b.ReadStream().Format("memory").Option("name", "hits").Option("maxBatchesPerTrigger", 1).Load()).
			WriteStream().Format("collect").Checkpoint(dir).OutputMode(dataframe.Update))
	}
	b, q := run()
	n := 0
	waitFor(t, "the query to wait", func() bool {
		if n < 1000 {
			in.Append(record(t, hits, hosts(n, 10)...))
			n += 10
		}
		return strings.HasPrefix(q.Status().Message, "Waiting for space: ")
	})
	if text := q.Status().Message; !strings.Contains(text, "the state in "+conf["riffle.state.dir"]) || !strings.Contains(text, "no space left on its disk; make some") {
		t.Error(text)
	}
	must(t, q.Stop())
	must(t, b.Close())
	d.Empty()
	b, q = run()
	settle(t, q)
	must(t, b.Close())
	if table, err := out.Table(); err != nil || len(table) != n {
		t.Errorf("%d rows of %d, %v", len(table), n, err)
	}
}

// A disk that fails otherwise ends the query, and so does a full one where there is no
// checkpoint to open the state from.
func TestReopenRefused(t *testing.T) {
	for name, c := range map[string]struct {
		cause error
		dir   string
		want  string
	}{
		"broken":        {syscall.EIO, t.TempDir(), "input/output error; make room or repair the disk, and start the query again"},
		"no checkpoint": {syscall.ENOSPC, "", "no space left on its disk; make some: no space left on device: the state must be opened anew; the query has no checkpoint to go on from, and has to be started again"},
	} {
		t.Run(name, func(t *testing.T) {
			var d statetest.FullDisk
			d.Fill(0, 1<<30, c.cause)
			_, log, err := growing(t, counted, slices.Repeat([]int{10}, 200), c.dir, map[string]string{"riffle.state.backend": "disk", "riffle.state.dir": t.TempDir()}, onDisk(&d))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(log, openedAnew) {
				t.Errorf("got %v: %s", err, log)
			}
		})
	}
}

// State that must go over to disk, since a batch does not fit beside it, waits for
// space there.
func TestSpillWaits(t *testing.T) {
	for name, dir := range map[string]string{"checkpoint": t.TempDir(), "no checkpoint": ""} {
		t.Run(name, func(t *testing.T) {
			var d statetest.FullDisk
			d.Fill(-1, 2, syscall.ENOSPC)
			base := t.TempDir()
			rows, log, err := growing(t, latest, []int{5000, 5000, 100}, dir, map[string]string{"riffle.state.bytes": "1200000", "riffle.state.dir": base}, onDisk(&d))
			if err != nil || rows != 10100 || !strings.Contains(log, waits) || !strings.Contains(log, "state moved to disk") || !strings.Contains(log, "there is space again") {
				t.Errorf("%d rows, %v: %s", rows, err, log)
			}
		})
	}
}

// lapses is an op whose state finds in the middle of a batch that it must be opened
// anew.
type lapses struct {
	physical.Spiller
	flushes *atomic.Int64
}

func (l lapses) Flush() error {
	if err := l.Spiller.Flush(); err != nil || l.flushes.Add(1) != 4 {
		return err
	}
	return fmt.Errorf("%w: %w", syscall.ENOSPC, state.ErrReopen)
}

// A batch whose state must be opened anew before it is committed runs again from its
// plan.
func TestReopenInBatch(t *testing.T) {
	for _, name := range []string{"aggregates", "sessions", "outer join"} {
		c := crashed[name]
		q := recovery.Query{Inputs: []recovery.Input{visitsOf(1, 100), visitsOf(2, 100)}, Mode: c.mode, Build: c.build,
			Conf: map[string]string{"riffle.state.backend": "disk", "riffle.state.dir": t.TempDir()}}
		batches, table, _ := spilled(t, q, t.TempDir())
		var flushes atomic.Int64
		again, left, log := spilled(t, q, t.TempDir(), exec.Replace(func(op physical.Stateful) physical.Stateful {
			return lapses{op.(physical.Spiller), &flushes}
		}))
		if !strings.Contains(log, openedAnew) || fmt.Sprint(again) != fmt.Sprint(batches) || !slices.Equal(left, table) {
			t.Errorf("%s: gives\n%s\n%s\nand with space\n%s\n%s\n%s", name, strings.Join(left, "\n"), again, strings.Join(table, "\n"), batches, log)
		}
	}
}
