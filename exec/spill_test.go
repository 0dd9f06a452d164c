package exec_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/recovery"
)

// spilled runs a query over all its inputs, some rows of each in a batch, and
// returns what each batch gave, what is left, and what was logged.
func spilled(t *testing.T, q recovery.Query, dir string, opts ...exec.Option) (batches [][]string, table []string, log string) {
	t.Helper()
	var text strings.Builder
	streams, out := memory.NewStreams(), exectest.NewCollect()
	for i, in := range q.Inputs {
		s := streams.Add(fmt.Sprint("in", i), schemaOf(t, in.Schema))
		for rows := range slices.Chunk(in.Rows, 12) {
			s.Append(record(t, in.Schema, rows...))
		}
	}
	opts = append(opts, exec.Cores(2), exec.Log(slog.New(slog.NewTextHandler(&text, nil))))
	b := again(t, streams, out, append(opts, q.Options...)...)
	for key, value := range q.Conf {
		must(t, b.Conf().Set(key, value))
	}
	var in []*dataframe.DataFrame
	for i := range q.Inputs {
		in = append(in, b.ReadStream().Format("memory").Option("name", fmt.Sprint("in", i)).Option("maxBatchesPerTrigger", 1).Load())
	}
	w := q.Build(in...).WriteStream().Format("collect").OutputMode(q.Mode).Trigger(dataframe.AvailableNow())
	if dir != "" {
		w = w.Checkpoint(dir)
	}
	run, err := w.Start(t.Context())
	must(t, err)
	must(t, run.AwaitTermination(t.Context()))
	must(t, b.Close())
	table, err = out.Table()
	must(t, err)
	return out.Batches(), table, text.String()
}

// State that goes over to disk in the middle of a stream gives what state in memory
// does, batch by batch, with a checkpoint and without.
func TestSpill(t *testing.T) {
	for name, c := range crashed {
		if name == "rows" || name == "union" || strings.HasPrefix(name, "staged") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			q := recovery.Query{Inputs: []recovery.Input{visitsOf(1, 100), visitsOf(2, 100)}, Mode: c.mode, Build: c.build}
			batches, table, _ := spilled(t, q, "")
			for _, checkpoint := range []bool{false, true} {
				dir, base := "", t.TempDir()
				if checkpoint {
					dir = t.TempDir()
				}
				q.Conf = map[string]string{"riffle.state.dir": base}
				again, left, log := spilled(t, q, dir, exec.SpillAfter(4))
				if !strings.Contains(log, "state moved to disk") {
					t.Errorf("checkpoint %t: the state stayed in memory", checkpoint)
				}
				if name == "complete" { // equal rows come in another order
					batches, again = nil, nil
				}
				if fmt.Sprint(again) != fmt.Sprint(batches) || !slices.Equal(left, table) {
					t.Errorf("checkpoint %t: gives\n%s\n%s\nand in memory\n%s\n%s", checkpoint, strings.Join(left, "\n"), again, strings.Join(table, "\n"), batches)
				}
				files, err := filepath.Glob(filepath.Join(base, "*"))
				must(t, err)
				if want := map[bool]int{true: 1}[checkpoint]; len(files) != want {
					t.Errorf("checkpoint %t: the state leaves %v", checkpoint, files)
				}
			}
		})
	}
}

// A query is crashed before its state goes over to disk, in the middle of that, and
// after it.
func TestSpillCrash(t *testing.T) {
	for _, name := range []string{"aggregates", "windows", "sessions", "retraction", "dedup"} {
		c := crashed[name]
		t.Run(name, func(t *testing.T) {
			recovery.Check(t, recovery.Query{Inputs: []recovery.Input{visitsOf(1, 100), visitsOf(2, 100)}, Mode: c.mode, Build: c.build,
				Backends: []string{"auto"}, Points: []string{"M", "N"}, Options: []exec.Option{exec.SpillAfter(2)},
				Conf: map[string]string{"riffle.state.dir": t.TempDir()}}, recovery.Settings{Crashes: 5})
		})
	}
}
