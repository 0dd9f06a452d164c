package exec_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
)

// fixture is a case of the manifest.
type fixture struct {
	ID, Golden, Output string
	Inputs             []struct{ Table, File string }
	Key                []string
	FinalRows          int `json:"final_rows"`
}

// fixtures reads the manifest of the streaming fixtures.
func fixtures(t *testing.T) (dir string, list []fixture) {
	t.Helper()
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA is not set to the folder of the test data")
	}
	dir = filepath.Join(root, "conformance", "streaming")
	for _, line := range lines(t, filepath.Join(dir, "cases.jsonl")) {
		var f fixture
		must(t, json.Unmarshal([]byte(line), &f))
		list = append(list, f)
	}
	return dir, list
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	var out []string
	scan := bufio.NewScanner(file)
	for scan.Buffer(nil, 1<<20); scan.Scan(); {
		if len(scan.Bytes()) > 0 {
			out = append(out, scan.Text())
		}
	}
	must(t, scan.Err())
	return out
}

// sources reads the inputs of a case, by the names of their tables.
type sources struct{ b *bench }

// text is a table's lines, in a column "value".
func (s sources) text(table string) *dataframe.DataFrame {
	return s.b.ReadStream().Format("memory").Option("name", table).Option("maxBatchesPerTrigger", 1).Load()
}

// read parses a table's lines.
func (s sources) read(table, ddl string) *dataframe.DataFrame {
	return s.text(table).Select(fn.FromJSON(fn.Col("value"), ddl).Alias("r")).Select(fn.Col("r.*"))
}

// TestStreamingFixtures computes each fixture as a stream: whole, cut anywhere
// into batches, and stopped and resumed at other parallelisms.
func TestStreamingFixtures(t *testing.T) {
	dir, list := fixtures(t)
	input := map[string][]string{}
	for _, f := range list {
		for _, in := range f.Inputs {
			if input[in.File] == nil {
				input[in.File] = lines(t, filepath.Join(dir, in.File))
			}
		}
	}
	for _, f := range list {
		c, ok := conformance[f.ID]
		if !ok {
			t.Errorf("the fixture %s is not computed", f.ID)
			continue
		}
		t.Run(f.ID, func(t *testing.T) {
			want := f.expected(t, lines(t, filepath.Join(dir, f.Golden)), c.without)
			for name, run := range map[string]ride{"whole": {}, "cut": {cuts: 12}, "cut finely": {cuts: 50}, "resumed": {cuts: 9, stops: 3}} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					got, err := f.run(t, c, input, run)
					must(t, err)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%d rows, want %d:\n%.3000s", len(got), len(want), diff)
					}
				})
			}
		})
	}
}

// ride says how a case is run: its inputs in about so many batches (0: one), and
// stopped and started again so many times.
type ride struct{ cuts, stops int }

// run returns the rows that a case has in the end.
func (f fixture) run(t *testing.T, c conformanceCase, input map[string][]string, how ride) ([]string, error) {
	seed := fnv.New64()
	_, _ = fmt.Fprint(seed, f.ID, how)
	rng := seeded(seed.Sum64())
	streams, out := memory.NewStreams(), exectest.NewCollect()
	pieces, feeds := map[string][][]string{}, map[string]*memory.Stream{}
	for _, in := range f.Inputs {
		feeds[in.Table] = streams.Add(in.Table, schemaOf(t, "value STRING"))
		rows := input[in.File]
		for at := 0; at < len(rows); {
			n := len(rows) - at
			if how.cuts > 0 {
				n = min(n, 1+rng.IntN(2*len(rows)/how.cuts))
			}
			pieces[in.Table] = append(pieces[in.Table], rows[at:at+n])
			at += n
		}
		if c.last != "" {
			pieces[in.Table] = append(pieces[in.Table], []string{c.last})
		}
	}
	checkpoint := ""
	if how.stops > 0 {
		checkpoint = t.TempDir()
	}
	for stop := 0; stop <= how.stops; stop++ {
		for _, in := range f.Inputs {
			all := pieces[in.Table]
			for _, piece := range all[len(all)*stop/(how.stops+1) : len(all)*(stop+1)/(how.stops+1)] {
				rows := make([][]any, len(piece))
				for i, line := range piece {
					rows[i] = []any{line}
				}
				feeds[in.Table].Append(record(t, "value STRING", rows...))
			}
		}
		f.leg(t, c, streams, out, checkpoint, stop)
	}
	return out.Relation(f.Key != nil, func(r exectest.Collected) (string, string) {
		object := map[string]any{}
		for i, v := range r.Row.Values() {
			object[r.Row.Schema().Field(i).Name] = v
		}
		return keyAndRow(object, f.Key)
	})
}

// leg runs a case until it has read what there is: the first time with two tasks,
// then with three, then with one; with state in memory and on disk in turn.
func (f fixture) leg(t *testing.T, c conformanceCase, streams *memory.Streams, out *exectest.Collect, checkpoint string, stop int) {
	b := again(t, streams, out, exec.Cores([]int{2, 3, 1}[stop%3]))
	defer func() { must(t, b.Close()) }()
	must(t, b.Conf().Set("riffle.state.backend", []string{"memory", "disk"}[stop%2]))
	w := c.query(sources{b}).WriteStream().Format("collect").OutputMode(c.mode).Trigger(dataframe.AvailableNow())
	if checkpoint != "" {
		w.Checkpoint(checkpoint)
	}
	q, err := w.Start(t.Context())
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	must(t, q.AwaitTermination(ctx))
}

// expected returns the rows that a golden output has in the end.
func (f fixture) expected(t *testing.T, golden, without []string) []string {
	t.Helper()
	log := exectest.NewChangelog()
	add := func(object map[string]any, change int) {
		if object == nil {
			return
		}
		for _, column := range without {
			delete(object, column)
		}
		key, row := keyAndRow(object, f.Key)
		log.Add(key, row, change)
	}
	for _, line := range golden {
		if f.Output == "append" {
			var object map[string]any
			must(t, json.Unmarshal([]byte(line), &object))
			add(object, 1)
			continue
		}
		var change struct{ Before, After map[string]any }
		must(t, json.Unmarshal([]byte(line), &change))
		add(change.Before, -1)
		add(change.After, 1)
		must(t, log.Check(f.Key != nil))
	}
	rows := log.Rows()
	if len(rows) != f.FinalRows {
		t.Fatalf("the golden output has %d rows in the end, the manifest says %d", len(rows), f.FinalRows)
	}
	return rows
}

// keyAndRow returns a row's key, the whole row where none is named, and the row, as
// text that does not depend on who has written it.
func keyAndRow(object map[string]any, key []string) (string, string) {
	of := func(columns []string) string {
		var out []string
		for _, c := range columns {
			out = append(out, c+"="+plainText(object[c]))
		}
		return strings.Join(out, " ")
	}
	var all []string
	for c := range object {
		all = append(all, c)
	}
	slices.Sort(all)
	if key == nil {
		key = all
	}
	return of(key), of(all)
}

// plainText writes numbers to ten digits, and instants as the golden files have
// them.
func plainText(v any) string {
	switch v := v.(type) {
	case float64:
		if v == 0 || math.Abs(v) < 5e-5 {
			v = 0 // no sign
		}
		return strconv.FormatFloat(v, 'g', 10, 64)
	case float32:
		return plainText(float64(v))
	case int64:
		return plainText(float64(v))
	case int32:
		return plainText(float64(v))
	case time.Time:
		return strings.TrimSuffix(v.UTC().Format("2006-01-02T15:04:05.000"), ".000")
	case string:
		return strings.TrimSuffix(v, "+00:00")
	}
	return fmt.Sprint(v)
}

// conformanceCase is a fixture in the dataframe API.
type conformanceCase struct {
	mode  plan.OutputMode
	query func(sources) *dataframe.DataFrame
	// last is a line behind the input of each source, whose time closes all windows
	// that the fixture has; "" where there are none.
	last string
	// without are columns of the golden output that are not compared.
	without []string
}
