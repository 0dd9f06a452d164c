package exec_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/plan"
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

// kept are aggregates whose values lie beside the rows of their groups.
var kept = map[string]struct {
	mode  plan.OutputMode
	build func(in ...frame) frame
}{
	"values": {dataframe.Update, func(in ...frame) frame {
		n := fn.Col("n")
		return in[0].GroupBy(fn.Col("host")).Agg(fn.CountDistinct(n).Alias("d"), fn.Expr("collect_list(n)").Alias("l"), fn.Expr("collect_set(n)").Alias("s"),
			fn.Expr("percentile(n, 0.5)").Alias("p"), fn.Expr("mode(n)").Alias("m"), fn.Expr("max_by(id, n)").Alias("b"))
	}},
	"values of counts": {dataframe.Update, func(in ...frame) frame {
		return in[0].GroupBy(fn.Col("host"), fn.Col("n")).Count().GroupBy(fn.Col("n")).
			Agg(fn.Expr("collect_list(count)").Alias("l"), fn.Expr("max(count)").Alias("m"), fn.Expr("min(host)").Alias("h"), fn.Expr("count(DISTINCT count)").Alias("d"))
	}},
	"sessions with values": {dataframe.Append, func(in ...frame) frame {
		return in[0].WithWatermark("ts", "5 seconds").GroupBy(fn.SessionWindow(fn.Col("ts"), "4 seconds"), fn.Col("host")).
			Agg(fn.Expr("collect_list(n)").Alias("l"), fn.CountDistinct(fn.Col("n")).Alias("d"))
	}},
}

// State that goes over to disk in the middle of a stream gives what state in memory
// does, batch by batch, with a checkpoint and without.
func TestSpill(t *testing.T) {
	for _, name := range []string{"aggregates", "complete", "retraction", "dedup", "windows", "sessions", "processor", "outer join", "join of counts", "table", "values", "values of counts", "sessions with values"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, ok := crashed[name]
			if !ok {
				c = kept[name]
			}
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
	for _, name := range []string{"aggregates", "windows", "sessions", "outer join"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crashed[name]
			recovery.Check(t, recovery.Query{Inputs: []recovery.Input{visitsOf(1, 100), visitsOf(2, 100)}, Mode: c.mode, Build: c.build,
				Backends: []string{"auto"}, Points: []string{"M", "N"}, Options: []exec.Option{exec.SpillAfter(2)},
				Conf: map[string]string{"riffle.state.dir": t.TempDir()}}, recovery.Settings{Crashes: 5})
		})
	}
}

// hosts are rows of so many hosts of their own.
func hosts(from, n int) [][]any {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = []any{fmt.Sprintf("host-%d-%s", from+i, strings.Repeat("x", 30)), int64(i)}
	}
	return rows
}

// growing runs a query over hosts, of which each batch brings new ones, so many, with
// a limit for the memory of state.
func growing(t *testing.T, build func(frame) frame, sizes []int, dir string, conf map[string]string, opts ...exec.Option) (rows int, log string, err error) {
	t.Helper()
	var text strings.Builder
	streams, out := memory.NewStreams(), exectest.NewCollect()
	in, from := streams.Add("hits", schemaOf(t, hits)), 0
	for _, n := range sizes {
		in.Append(record(t, hits, hosts(from, n)...))
		from += n
	}
	b := again(t, streams, out, append(opts, exec.Cores(2), exec.Log(slog.New(slog.NewTextHandler(&text, nil))))...)
	for key, value := range conf {
		must(t, b.Conf().Set(key, value))
	}
	w := build(b.ReadStream().Format("memory").Option("name", "hits").Option("maxBatchesPerTrigger", 1).Load()).
		WriteStream().Format("collect").OutputMode(dataframe.Update).Trigger(dataframe.AvailableNow())
	if dir != "" {
		w = w.Checkpoint(dir)
	}
	q, err := w.Start(t.Context())
	if err == nil {
		err = q.AwaitTermination(t.Context())
	}
	must(t, b.Close())
	table, failed := out.Table()
	must(t, failed)
	return len(table), text.String(), err
}

func counted(in frame) frame { return in.GroupBy(fn.Col("host")).Count() }

func latest(in frame) frame { return in.AsTable("host") }

// State goes over to disk once it takes half of what it may, or once a batch does
// not fit beside it, unless it has to stay in memory.
func TestSpillLimits(t *testing.T) {
	small := slices.Repeat([]int{1000}, 10)
	for name, c := range map[string]struct {
		build   func(frame) frame
		sizes   []int
		bytes   string
		backend string
		moves   bool
		fails   string
	}{
		"grows":          {counted, small, "1500000", "auto", true, ""},
		"stays":          {counted, small, "15000000", "auto", false, ""},
		"grows at once":  {latest, []int{5000, 5000, 100}, "1200000", "auto", true, ""},
		"kept in memory": {counted, small, "900000", "memory", false, "raise riffle.state.bytes, keep the state on disk (riffle.state.backend=disk)"},
	} {
		for _, dir := range []string{"", t.TempDir()} {
			t.Run(fmt.Sprintf("%s/checkpoint=%t", name, dir != ""), func(t *testing.T) {
				rows, log, err := growing(t, c.build, c.sizes, dir, map[string]string{"riffle.state.bytes": c.bytes, "riffle.state.backend": c.backend, "riffle.state.dir": t.TempDir()})
				if moved := strings.Contains(log, "state moved to disk"); moved != c.moves {
					t.Errorf("moved: %t; log %s", moved, log)
				}
				if c.fails != "" {
					if err == nil || !strings.Contains(err.Error(), c.fails) {
						t.Errorf("got %v", err)
					}
					return
				}
				sum := 0
				for _, n := range c.sizes {
					sum += n
				}
				if err != nil || rows != sum {
					t.Errorf("%d rows of %d, %v: %s", rows, sum, err, log)
				}
			})
		}
	}
}

// State that cannot be moved stays where it is, and the query goes on.
func TestSpillNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	rows, log, err := growing(t, counted, []int{1000, 1000, 1000}, "", map[string]string{"riffle.state.bytes": "600000", "riffle.state.dir": file})
	if err != nil || rows != 3000 || !strings.Contains(log, "could not be moved to disk") {
		t.Errorf("%d rows, %v: %s", rows, err, log)
	}
}

// A query whose checkpoint holds more than fits into memory begins on disk, whether
// or not its last run had it there.
func TestSpillAtStart(t *testing.T) {
	for _, backend := range []string{"memory", "disk"} {
		dir, streams, out := t.TempDir(), memory.NewStreams(), exectest.NewCollect()
		in := streams.Add("hits", schemaOf(t, hits))
		for run, conf := range []map[string]string{{"riffle.state.backend": backend}, {"riffle.state.bytes": "2000000"}} {
			in.Append(record(t, hits, hosts(9000*run, 9000-7000*run)...))
			b := again(t, streams, out)
			for key, value := range conf {
				must(t, b.Conf().Set(key, value))
			}
			l := b.ReadStream().Format("memory").Option("name", "hits").Load()
			q, err := l.Alias("l").Join(l.Alias("r"), fn.Expr("l.host = r.host"), dataframe.Inner).Select(fn.Expr("l.host AS host")).
				WriteStream().Format("collect").Checkpoint(dir).OutputMode(dataframe.Append).Trigger(dataframe.AvailableNow()).Start(t.Context())
			must(t, err)
			must(t, q.AwaitTermination(t.Context()))
			must(t, b.Close())
		}
		if table, err := out.Table(); err != nil || len(table) != 11000 {
			t.Errorf("%s: %d rows, %v", backend, len(table), err)
		}
	}
}
