package operator

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/kernel"
)

var timesSchema = types.NewSchema(
	types.Field{Name: "at", Type: types.Timestamp, Nullable: true},
	types.Field{Name: "id", Type: types.Long, Nullable: true},
	types.Field{Name: "gap", Type: types.String, Nullable: true})

// timesOf makes a batch of times in microseconds, nil being null, numbered from 0.
func timesOf(t testing.TB, times []any, gaps []any) batch.Batch {
	t.Helper()
	rows := make([][]any, len(times))
	for i, at := range times {
		rows[i] = []any{at, int64(i), nil}
		if us, ok := at.(int64); ok {
			rows[i][0] = time.UnixMicro(us).UTC()
		}
		if gaps != nil {
			rows[i][2] = gaps[i]
		}
	}
	rec, err := types.Record(timesSchema, rows)
	if err != nil {
		t.Fatal(err)
	}
	return batch.Batch{Record: rec}
}

func bound(t testing.TB, text string) expr.Expr {
	t.Helper()
	e, err := sql.ParseExpr(text)
	if err == nil {
		e, err = (&expr.Scope{Schema: timesSchema}).Bind(e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestWindowStories reads testdata/timewindow: "window WIDTH [SLIDE [START]]" over
// the times of the lines, and "session" with a gap behind each time.
func TestWindowStories(t *testing.T) {
	exectest.Golden(t, "testdata/timewindow", func(*testing.T) map[string]exectest.Command {
		return map[string]exectest.Command{
			"window": func(t *testing.T, d *datadriven.TestData) (string, error) {
				var args []expr.Expr
				for _, a := range d.CmdArgs {
					args = append(args, &expr.Literal{Value: strings.Join(a.Vals, " "), T: types.String})
				}
				width, slide, start, err := expr.Spans(args)
				if err != nil {
					return "", err
				}
				in, err := storyTimes(t, d.Input)
				if err != nil {
					return "", err
				}
				w, err := NewTimeWindow(stream(in, 3), bound(t, "at"), kernel.Windows{Width: width, Slide: slide, Start: start}, "window", testEnv)
				if err != nil {
					return "", err
				}
				return strings.Join(exectest.Lines(t, w), "\n"), nil
			},
			"session": func(t *testing.T, d *datadriven.TestData) (string, error) {
				in, err := storyTimes(t, d.Input)
				if err != nil {
					return "", err
				}
				s, err := NewSessionPart(stream(in, 2), bound(t, "at"), bound(t, "CAST(gap AS INTERVAL)"), "session_window", testEnv)
				if err != nil {
					return "", err
				}
				return strings.Join(exectest.Lines(t, s), "\n"), nil
			},
		}
	})
}

// storyTimes reads lines of a time, and perhaps a gap behind a bar; a dot is null.
func storyTimes(t *testing.T, text string) (batch.Batch, error) {
	var times, gaps []any
	for line := range strings.Lines(text) {
		at, gap, _ := strings.Cut(strings.TrimSpace(line), " | ")
		times, gaps = append(times, nil), append(gaps, nil)
		if gap != "" && gap != "." {
			gaps[len(gaps)-1] = gap
		}
		if at == "." {
			continue
		}
		parsed, err := time.Parse("2006-01-02 15:04:05.999999", at)
		if err != nil {
			return batch.Batch{}, err
		}
		times[len(times)-1] = parsed.UnixMicro()
	}
	return timesOf(t, times, gaps), nil
}

// windowsOf finds all windows of a time by trying those around it, the latest
// first.
func windowsOf(t, width, slide, start int64) []int64 {
	var out []int64
	n := (t - start) / slide
	for k := n + 2; k > n-width/slide-3; k-- {
		if s := start + k*slide; s <= t && t < s+width {
			out = append(out, s)
		}
	}
	return out
}

// Windows are those found by trying all, for any width, slide and start, wherever
// the input is cut and whatever is selected; changes stay with their rows.
func TestWindowsLikeNaive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		slide := rapid.Int64Range(1, 40).Draw(rt, "slide")
		width := slide + rapid.Int64Range(0, 100).Draw(rt, "more")
		if rapid.Bool().Draw(rt, "tumbling") {
			width = slide
		}
		start := rapid.Int64Range(-slide+1, slide-1).Draw(rt, "start")
		n := rapid.IntRange(1, 60).Draw(rt, "rows")
		times := make([]any, n)
		for i := range times {
			if rapid.IntRange(0, 5).Draw(rt, "null") > 0 {
				times[i] = rapid.Int64Range(-300, 300).Draw(rt, "time")
			}
		}
		in := timesOf(t, times, nil)
		in.Changes = make([]int8, n)
		var want []string
		for i := range times {
			in.Changes[i] = int8(1 - 2*rapid.IntRange(0, 1).Draw(rt, "change"))
			if rapid.IntRange(0, 3).Draw(rt, "selected") == 0 {
				continue
			}
			in.Sel = append(in.Sel, int32(i))
			if at, ok := times[i].(int64); ok {
				for _, s := range windowsOf(at, width, slide, start) {
					want = append(want, fmt.Sprint(i, in.Changes[i], s, s+width))
				}
			}
		}
		if in.Sel == nil {
			return
		}
		w, err := NewTimeWindow(stream(in, rapid.IntRange(1, n).Draw(rt, "cut")), bound(t, "at"), kernel.Windows{Width: width, Slide: slide, Start: start}, "window", testEnv)
		if err != nil {
			rt.Fatal(err)
		}
		var got []string
		for _, b := range exectest.Batches(t, w) {
			starts, ends := windowColumns(b.Record.Column(3))
			ids := batch.Values[int64](b.Record.Column(1))
			for j := range b.NumRows() {
				i := row(rowsOf(b), j)
				got = append(got, fmt.Sprint(ids[i], b.Change(i), starts[i], ends[i]))
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("width %d, slide %d, start %d: got %v, want %v", width, slide, start, got, want)
		}
	})
}

func windowColumns(a arrow.Array) (starts, ends []int64) {
	times, _ := eventTimes(a)
	return batch.Values[int64](kernel.WindowStarts(a)), batch.Values[int64](times)
}

// A row of more windows than a batch has rows comes in several batches, and the
// next one goes on where it ended.
func TestManyWindows(t *testing.T) {
	in := timesOf(t, []any{int64(0), int64(5)}, nil)
	w, err := NewTimeWindow(stream(in, 2), bound(t, "at"), kernel.Windows{Width: 20_000, Slide: 1}, "window", testEnv)
	if err != nil {
		t.Fatal(err)
	}
	last, rows := int64(1), 0
	for _, b := range exectest.Batches(t, w) {
		if b.NumRows() > batch.MaxRows {
			t.Errorf("a batch of %d rows", b.NumRows())
		}
		starts, _ := windowColumns(b.Record.Column(3))
		for _, s := range starts {
			if s != last-1 && s != 5 {
				t.Fatalf("the window at %d follows that at %d", s, last)
			}
			last = s
		}
		rows += b.NumRows()
	}
	if rows != 40_000 {
		t.Errorf("%d rows", rows)
	}
}

// A window beyond the range of timestamps holds nothing.
func TestWindowsAtTheEnds(t *testing.T) {
	in := timesOf(t, []any{int64(0), int64(0), int64(0)}, nil)
	copy(batch.Values[int64](in.Record.Column(0)), []int64{math.MinInt64, math.MaxInt64, 7})
	for _, w := range []kernel.Windows{{Width: 1000, Slide: 1000, Start: 3}, {Width: 1000, Slide: 700, Start: -3}} {
		s, err := NewTimeWindow(stream(in, 3), bound(t, "at"), w, "window", testEnv)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range exectest.Batches(t, s) {
			starts, ends := windowColumns(b.Record.Column(3))
			for j := range b.NumRows() {
				if i := row(rowsOf(b), j); ends[i]-starts[i] != 1000 || ends[i] < starts[i] {
					t.Errorf("window from %d to %d", starts[i], ends[i])
				}
			}
		}
	}
}

// Late rows are those at or before a horizon; they are counted, and told of once.
func TestLateFilter(t *testing.T) {
	in := timesOf(t, []any{int64(1), int64(5), nil, int64(9), int64(5), int64(6)}, nil)
	windows := func(in *given) batch.Stream {
		w, err := NewTimeWindow(in, bound(t, "at"), kernel.Windows{Width: 4, Slide: 4}, "window", testEnv)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for _, c := range []struct {
		what       string
		in         func(*given) batch.Stream
		horizons   []Horizon
		want, late string
	}{
		{"by time", func(g *given) batch.Stream { return g }, []Horizon{{0, 5}}, "2 3 5", "0 1 4"},
		{"before any watermark", func(g *given) batch.Stream { return g }, []Horizon{{0, NoWatermark}}, "0 1 2 3 4 5", ""},
		{"all", func(g *given) batch.Stream { return g }, []Horizon{{0, 100}}, "2", "0 1 3 4 5"},
		{"by the window's end", windows, []Horizon{{3, 4}}, "1 3 4 5", "0"},
		{"by the window's end, later", windows, []Horizon{{3, 8}}, "3", "0 1 4 5"},
		{"by both", windows, []Horizon{{0, 5}, {3, 8}}, "3", "0 1 4 5"},
	} {
		for size := 1; size <= 6; size++ {
			var dropped atomic.Int64
			var late, kept []string
			ids := func(b batch.Batch, i int) string {
				return strconv.FormatInt(batch.Values[int64](b.Record.Column(1))[i], 10)
			}
			f := NewLateFilter(c.in(stream(in, size)), c.horizons, &dropped, func(b batch.Batch, rows []int32) error {
				for _, i := range rows {
					late = append(late, ids(b, int(i)))
				}
				return nil
			})
			for _, b := range exectest.Batches(t, f) {
				for j := range b.NumRows() {
					kept = append(kept, ids(b, row(rowsOf(b), j)))
				}
			}
			slices.Sort(late)
			if got := strings.Join(kept, " "); got != c.want || strings.Join(late, " ") != c.late || int(dropped.Load()) != len(late) {
				t.Errorf("%s, cut into %d: kept %s, late %v, %d dropped; want %s and %s", c.what, size, got, late, dropped.Load(), c.want, c.late)
			}
		}
	}
}

// A watermark sees the times of the rows that count.
func TestWatermarkStats(t *testing.T) {
	in := timesOf(t, []any{int64(7), nil, int64(-3), int64(1_700_000_000_000_000), int64(2)}, nil)
	in.Sel = []int32{0, 1, 2, 4}
	all := NoEvents()
	w := NewWatermark(stream(in, 2), 0, func(s EventStats) { all = all.Add(s) })
	if rows := exectest.Lines(t, w); len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
	if all.Count != 3 || all.Min != -3 || all.Max != 7 || all.Avg() != 2 {
		t.Errorf("%+v, mean %d", all, all.Avg())
	}
	s := NoEvents()
	big := timesOf(t, []any{int64(1_700_000_000_000_000), int64(1_700_000_000_000_010)}, nil)
	for range 10_000 {
		s.add(big.Record.Column(0), kernel.Rows{N: 2})
	}
	if s.Avg() != 1_700_000_000_000_005 || NoEvents().Avg() != 0 {
		t.Errorf("the mean is %d", s.Avg())
	}
}
