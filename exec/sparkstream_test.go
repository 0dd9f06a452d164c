package exec_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/store"
	storememory "github.com/riffledata/riffle/exec/store/memory"
)

// TestSparkStreams compares with what Spark 4 gives batch by batch: the rows and
// watermarks of testdata/sparkstream were computed by Spark 4.0 from these inputs,
// one line of a stream a batch. Where we differ on purpose, a comment tells.
//
// "stream" declares rows (ts, k, v), ts in seconds, and how late they may be; "view"
// names a query over them; "dedup" drops the duplicates of one. "run" reads what
// there is, batch after batch, and "live" lets the query come to rest between them.
func TestSparkStreams(t *testing.T) {
	exectest.Golden(t, "testdata/sparkstream", func(t *testing.T) map[string]exectest.Command {
		s := &sparkStreams{bench: open(t, exec.Stores(newStore)), frames: map[string]*dataframe.DataFrame{}, batches: map[string][]string{}, in: map[string]*memory.Stream{}}
		return map[string]exectest.Command{"set": s.set, "stream": s.stream, "view": s.view, "dedup": s.dedup, "run": s.run, "live": s.run}
	})
}

func newStore(string) (store.Store, error) { return storememory.New(), nil }

const sparkRows = "ts TIMESTAMP, k STRING, v BIGINT"

type sparkStreams struct {
	*bench
	frames  map[string]*dataframe.DataFrame
	names   []string
	batches map[string][]string // by stream, those that no query has read
	in      map[string]*memory.Stream
}

func (s *sparkStreams) set(_ *testing.T, d *datadriven.TestData) (string, error) {
	key, value, _ := strings.Cut(d.Input, "=")
	return "", s.Conf().Set(key, value)
}

func (s *sparkStreams) keep(name string, df *dataframe.DataFrame) error {
	if df.Err() != nil {
		return df.Err()
	}
	s.frames[name] = df
	return df.CreateOrReplaceTempView(name)
}

func (s *sparkStreams) stream(t *testing.T, d *datadriven.TestData) (string, error) {
	name := d.CmdArgs[0].Key
	in := s.streams.Add(name, schemaOf(t, sparkRows))
	s.in[name], s.names = in, append(s.names, name)
	s.batches[name] = strings.Split(d.Input, "\n")
	df := s.ReadStream().Format("memory").Option("name", name).Option("maxBatchesPerTrigger", 1).Load()
	if d.HasArg("delay") {
		var delay string
		d.ScanArgs(t, "delay", &delay)
		df = df.WithWatermark("ts", delay+" seconds")
	}
	return "", s.keep(name, df)
}

func (s *sparkStreams) view(_ *testing.T, d *datadriven.TestData) (string, error) {
	return "", s.keep(d.CmdArgs[0].Key, s.SQL(d.Input))
}

func (s *sparkStreams) dedup(t *testing.T, d *datadriven.TestData) (string, error) {
	var of string
	d.ScanArgs(t, "of", &of)
	by := strings.Split(d.Input, " ")
	if d.HasArg("within") {
		return "", s.keep(d.CmdArgs[0].Key, s.frames[of].DropDuplicatesWithinWatermark(by...))
	}
	return "", s.keep(d.CmdArgs[0].Key, s.frames[of].DropDuplicates(by...))
}

// run starts a query in an output mode and shows what its batches give.
func (s *sparkStreams) run(t *testing.T, d *datadriven.TestData) (string, error) {
	var mode string
	d.ScanArgs(t, "mode", &mode)
	df := s.SQL(d.Input)
	var given [][]types.Row
	w := df.WriteStream().OutputMode(plan.OutputMode(mode)).Checkpoint("new").ForeachBatch(func(ctx context.Context, df *dataframe.DataFrame, _ int64) error {
		rows, err := df.Collect(ctx)
		given = append(given, rows)
		return err
	})
	if d.Cmd == "run" {
		s.feed(t, -1)
		w = w.Trigger(dataframe.AvailableNow())
	}
	q, err := w.Start(t.Context())
	if err != nil {
		return "", errors.New(firstLine(placeless(err)))
	}
	for i := 0; d.Cmd == "live" && s.feed(t, i); i++ {
		settle(t, q)
	}
	if d.Cmd == "live" {
		must(t, q.Stop())
	} else if err := q.AwaitTermination(t.Context()); err != nil {
		return "", err
	}
	clear(s.batches)
	return sparkBatches(q.RecentProgress(), given, mode == "update"), nil
}

// feed appends the i-th batch of each stream, or with -1 all there are.
func (s *sparkStreams) feed(t *testing.T, i int) bool {
	fed := false
	for _, name := range s.names {
		for j, line := range s.batches[name] {
			if i < 0 || i == j {
				s.in[name].Append(record(t, sparkRows, sparkBatch(t, line)...))
				fed = true
			}
		}
	}
	return fed
}

// sparkDay is when the seconds of the rows begin.
var sparkDay = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// sparkBatch reads "5 a 1, 12 - 2": rows of seconds after midnight, key and
// number, "-" being null.
func sparkBatch(t *testing.T, line string) [][]any {
	var rows [][]any
	for part := range strings.SplitSeq(line, ",") {
		f := strings.Fields(part)
		row := []any{nil, nil, nil}
		if f[0] != "-" {
			at, err := strconv.ParseFloat(f[0], 64)
			must(t, err)
			row[0] = sparkDay.Add(time.Duration(at * float64(time.Second)))
		}
		if f[1] != "-" {
			row[1] = f[1]
		}
		if f[2] != "-" {
			n, err := strconv.Atoi(f[2])
			must(t, err)
			row[2] = n
		}
		rows = append(rows, row)
	}
	return rows
}

// sparkBatches is what each batch gave, and its watermark; the last column of
// changed rows is their change.
func sparkBatches(progress []dataframe.Progress, given [][]types.Row, changed bool) string {
	var b strings.Builder
	for i, p := range progress {
		fmt.Fprintf(&b, "batch %d", p.BatchID)
		if at, err := time.Parse(time.RFC3339, p.EventTime["watermark"]); err == nil && at.Year() > 1970 {
			b.WriteString(", watermark " + sparkText(at))
		}
		if p.Late.Rows > 0 {
			fmt.Fprintf(&b, ", %d late", p.Late.Rows)
		}
		b.WriteString("\n")
		var lines []string
		for _, r := range given[i] {
			values, gone := r.Values(), ""
			if changed {
				if fmt.Sprint(values[len(values)-1]) == "-1" {
					gone = "gone: "
				}
				values = values[:len(values)-1]
			}
			lines = append(lines, "  "+gone+sparkText(values)+"\n")
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	return b.String()
}

// sparkText is a value, and times as they are fed.
func sparkText(v any) string {
	var list []any
	switch v := v.(type) {
	case nil:
		return "-"
	case time.Time:
		return strconv.FormatFloat(v.Sub(sparkDay).Seconds(), 'f', -1, 64)
	case types.Row:
		list = v.Values()
	case []any:
		list = v
	default:
		return fmt.Sprint(v)
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = sparkText(e)
	}
	return "(" + strings.Join(parts, " ") + ")"
}
