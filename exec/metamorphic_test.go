package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/file"
	"github.com/riffledata/riffle/exec/format/json"
)

const eventDDL = "id BIGINT, host STRING, kind STRING, n INT, x DOUBLE"

// events are rows with few hosts, some nulls, and ids that count up.
func events(rng *rand.Rand, n int) [][]any {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = []any{i, fmt.Sprintf("h%d.example.com", rng.IntN(40)), []string{"A", "AAAA", "TXT"}[rng.IntN(3)], rng.IntN(1000), float64(rng.IntN(64)) / 4}
		for c := 1; c < 5; c++ {
			if rng.IntN(20) == 0 {
				rows[i][c] = nil
			}
		}
	}
	return rows
}

// question is a query whose answer may not depend on how it is computed.
type question struct {
	name string
	ask  func(*dataframe.DataFrame) *dataframe.DataFrame
	// ordered: the rows come in one order. stream: a stream can compute it, in
	// the mode complete if it aggregates, else append.
	ordered, stream, aggregates bool
}

func questions() []question {
	col := fn.Col
	return []question{
		{"all", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d }, true, true, false},
		{"one column", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Select(col("host")) }, true, true, false},
		{"few pass", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Filter("id % 1000 = 7").WithColumn("m", col("n").Plus(1)).Drop("x")
		}, true, true, false},
		{"a run passes", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Filter(col("id").Between(9000, 9100)).SelectExpr("id", "upper(host) AS h")
		}, true, true, false},
		{"the last passes", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Filter("id = 14999") }, true, true, false},
		{"none pass", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Filter("id < 0") }, true, true, false},
		{"first rows", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Filter("n > 500").Limit(17) }, true, false, false},
		{"later rows", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Offset(14_000).Limit(5) }, true, false, false},
		{"no rows", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Limit(0) }, true, false, false},
		{"counts", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.GroupBy(col("host"), col("kind")).Count() }, false, true, true},
		{"aggregates", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Filter("n > 100").GroupBy(col("kind")).Agg(fn.Sum(col("n")), fn.Avg(col("x")), fn.Min(col("host")), fn.Max(col("x")), fn.CountDistinct(col("host")))
		}, false, true, true},
		{"many groups", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.GroupBy(col("id")).Agg(fn.Max(col("n"))) }, false, true, true},
		{"whole", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Agg(fn.Count(), fn.Sum(col("n")), fn.CountDistinct(col("kind")))
		}, false, true, true},
		{"none counted", func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Filter("id < 0").Agg(fn.Count()) }, false, false, true},
		{"having", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.GroupBy(col("host")).Count().Filter("count > 360").OrderBy(col("count").Desc(), col("host"))
		}, true, true, true},
		{"top", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.OrderBy(col("n").Desc(), col("id")).Limit(25)
		}, true, false, false},
		{"sorted", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Sort(col("x"), col("kind"), col("id").Desc())
		}, true, false, false},
		{"distinct", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Select(col("host"), col("kind")).Distinct()
		}, false, true, false},
		{"union", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Filter("n < 20").Select(col("id"), col("host")).Union(d.Filter("n > 980").Select(col("id"), col("kind")))
		}, true, true, false},
		{"union counted", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.Union(d.Filter("id % 2 = 0")).GroupBy(col("kind")).Agg(fn.Count().Alias("c"), fn.Sum(col("id")).Alias("s"))
		}, false, true, true},
		{"twice", func(d *dataframe.DataFrame) *dataframe.DataFrame {
			return d.GroupBy(col("host")).Count().GroupBy(col("count")).Count()
		}, false, false, true},
	}
}

// way is one way to compute a question.
type way struct {
	cores     int
	plain     bool // without the optimizer
	cuts      []int
	split     int64 // a file in ranges of so many bytes; 0: memory
	streaming bool
}

func (w way) String() string {
	return fmt.Sprintf("cores=%d plain=%t cuts=%v split=%d streaming=%t", w.cores, w.plain, w.cuts, w.split, w.streaming)
}

func ways(rng *rand.Rand) []way {
	cuts := func() []int {
		out := []int{1 + rng.IntN(9000)}
		for range rng.IntN(4) {
			out = append(out, 1+rng.IntN(3000))
		}
		return out
	}
	return []way{
		{cores: 1, cuts: cuts()}, {cores: 2, cuts: cuts()}, {cores: 4, cuts: []int{8192, 8192, 100}}, {cores: 3, plain: true, cuts: cuts()},
		{cores: 4, cuts: []int{250}}, {cores: 1, split: 30_000}, {cores: 4, split: 1 + rng.Int64N(400_000)}, {cores: 2, plain: true, split: 1 << 30},
		{cores: 1, cuts: cuts(), streaming: true}, {cores: 4, cuts: cuts(), streaming: true}, {cores: 2, split: 100_000, streaming: true},
	}
}

// world holds the same rows as a record and as files.
type world struct {
	rec arrow.RecordBatch
	dir string
}

func newWorld(t *testing.T, rows [][]any) *world {
	w := &world{record(t, eventDDL, rows...), t.TempDir()}
	var parts [3]strings.Builder
	for i, r := range rows {
		out := &parts[i*3/len(rows)]
		out.WriteString("{")
		for c, name := range []string{"id", "host", "kind", "n", "x"} {
			if c > 0 {
				out.WriteString(",")
			}
			switch v := r[c].(type) {
			case nil:
				fmt.Fprintf(out, "%q:null", name)
			case string:
				fmt.Fprintf(out, "%q:%q", name, v)
			default:
				fmt.Fprintf(out, "%q:%v", name, v)
			}
		}
		out.WriteString("}\n")
	}
	for i := range parts {
		must(t, os.WriteFile(filepath.Join(w.dir, fmt.Sprintf("%d.json", i)), []byte(parts[i].String()), 0o644))
	}
	return w
}

// answer computes a question in one way.
func (w *world) answer(t *testing.T, q question, how way) []string {
	t.Helper()
	opts := []exec.Option{exec.Cores(how.cores)}
	if how.plain {
		opts = append(opts, exec.NoOptimizer())
	}
	if how.split > 0 {
		opts = append(opts, exec.WithSource(file.NewProvider("json", json.OptionSpecs(), file.SplitBytes(how.split))))
	}
	b := open(t, opts...)
	defer b.Close()
	read := b.Read()
	if how.streaming {
		read = b.ReadStream()
	}
	var d *dataframe.DataFrame
	if how.split > 0 {
		if how.streaming {
			read = read.Option("maxFilesPerTrigger", 1)
		}
		d = read.Format("json").Schema(eventDDL).Load(w.dir)
	} else {
		in, _ := b.stream("events", eventDDL)
		for i, at := 0, int64(0); at < w.rec.NumRows(); i++ {
			n := min(int64(how.cuts[i%len(how.cuts)]), w.rec.NumRows()-at)
			in.Append(w.rec.NewSlice(at, at+n))
			at += n
		}
		d = read.Format("memory").Option("name", "events").Load()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d = q.ask(d)
	if how.streaming {
		writer := d.WriteStream().Format("memory").QueryName("answer").Trigger(dataframe.AvailableNow())
		if q.aggregates {
			writer.OutputMode(dataframe.Complete)
		}
		query := start(t, writer)
		if err := query.AwaitTermination(ctx); err != nil {
			t.Fatalf("%s, %s: %v", q.name, how, err)
		}
		d = b.Table("answer")
	}
	rows, err := d.Collect(ctx)
	if err != nil {
		t.Fatalf("%s, %s: %v", q.name, how, err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.String()
	}
	if !q.ordered || how.streaming && !q.aggregates {
		slices.Sort(out)
	}
	return out
}

// The answer depends on nothing but the question and the rows.
func TestAnyWay(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) % 1000
	t.Logf("seed %d", seed)
	rng := seeded(seed)
	w := newWorld(t, events(rng, 15_000))
	for _, q := range questions() {
		var first []string
		for i, how := range ways(rng) {
			if how.streaming && !q.stream {
				continue
			}
			got := w.answer(t, q, how)
			if i == 0 {
				first = got
				continue
			}
			expected := slices.Clone(first)
			if q.ordered && how.streaming && !q.aggregates {
				slices.Sort(expected)
			}
			if diff := cmp.Diff(expected, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, %s: %d rows, want %d:\n%.2000s", q.name, how, len(got), len(expected), diff)
			}
		}
	}
}

// A run that ends early or fails ends, whatever waits for whom.
func TestEndsEarly(t *testing.T) {
	rows := events(seeded(1), 60_000)
	for cores := 1; cores <= 4; cores++ {
		b := open(t, exec.Cores(cores))
		in, _ := b.stream("events", eventDDL)
		for at := 0; at < len(rows); at += 2500 {
			in.Append(record(t, eventDDL, rows[at:at+2500]...))
		}
		d := b.Read().Format("memory").Option("name", "events").Load()
		for range 5 {
			want(t, "first rows", len(rowsOf(t, d.Filter("id >= 30000").Limit(3))), 3)
		}
		for _, bad := range []int{0, 20_000, 59_999} {
			_, err := d.Filter(fmt.Sprintf("10 / (id - %d) != 0", bad)).Collect(t.Context())
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), "zero") {
				t.Errorf("%d cores: a failing filter gives %v", cores, err)
			}
			_, err = d.Filter(fmt.Sprintf("10 / (id - %d) != 0", bad)).GroupBy(fn.Col("host")).Count().Collect(t.Context())
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), "zero") {
				t.Errorf("%d cores: an aggregate of a failing filter gives %v", cores, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		for rec, err := range d.Filter("id % 3 = 0").Batches(ctx) {
			if err != nil {
				break
			}
			seen += int(rec.NumRows())
			cancel()
		}
		if cancel(); seen == 0 || seen >= 20_000 {
			t.Errorf("%d cores: a cancelled run gave %d rows", cores, seen)
		}
		for range d.Batches(t.Context()) {
			break // the reader has had enough
		}
		must(t, b.Close())
	}
}
