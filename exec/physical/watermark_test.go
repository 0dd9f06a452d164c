package physical

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	jsonformat "github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
)

// events is a source of records {"at": "...", "k": "..."} in JSON; the split of a
// range is a list of the seconds of its times.
type events struct{ raw *types.Schema }

func (events) Format() string                       { return "events" }
func (events) Options() []option.Spec               { return jsonformat.OptionSpecs() }
func (e events) Schema() *types.Schema              { return e.raw }
func (events) Close() error                         { return nil }
func (events) Decoding(source.Spec) (string, error) { return "json", nil }
func (e events) Describe(context.Context, source.Spec) (*types.Schema, error) {
	return e.raw, nil
}
func (e events) Open(context.Context, source.Spec) (source.Source, error) { return opened{e}, nil }

type opened struct{ events }

func (opened) Bounds(context.Context) (from, to source.Offset, err error) { return nil, nil, nil }
func (opened) Initial(context.Context) (source.Offset, error)             { return nil, nil }
func (opened) Next(_ context.Context, from source.Offset) (source.Offset, error) {
	return from, nil
}
func (opened) Wait(context.Context, source.Offset) error { return nil }
func (opened) Plan(context.Context, source.Offset, source.Offset) ([]source.Range, error) {
	return nil, nil
}

func (o opened) Open(_ context.Context, r source.Range) (batch.Stream, error) {
	var seconds []int64
	if err := json.Unmarshal(r.Split, &seconds); err != nil {
		return nil, err
	}
	l := &listed{name: "events", schema: o.raw.Arrow()}
	for _, s := range seconds { // a batch a record: decoders gather them
		text := fmt.Sprintf(`{"at":%q,"k":%q}`, time.Unix(s, 0).UTC().Format(time.RFC3339), r.Partition)
		rec, err := types.Record(o.raw, [][]any{{[]byte(text)}})
		if err != nil {
			return nil, err
		}
		l.left = append(l.left, batch.Batch{Record: rec})
	}
	return l, nil
}

type silent struct{}

func (silent) Records(int64, int64) error                            { return nil }
func (silent) BadRecord(arrow.RecordBatch, int, []byte, error) error { return nil }

// timed builds a query over the source events, named e and with a watermark of 10
// seconds m.
func timed(t *testing.T, query string, tasks int, mode sink.Mode) *Plan {
	t.Helper()
	raw, own := events{must(types.ParseDDL("value BINARY"))}, must(types.ParseDDL("at TIMESTAMP, k STRING"))
	var e plan.Node = plan.NewScan("events", nil, own, own, true)
	cat := catalog{"e": e, "m": must(plan.NewWatermark(e, "at", 10*time.Second))}
	n, err := must(sql.Parse(query)).Bind(cat)
	if err != nil {
		t.Fatal(err)
	}
	b := &Builder{Tasks: tasks, Streaming: true, Mode: mode, Settings: Settings{StateBytes: 1 << 20, SortBytes: 1 << 20}, Sources: NewSources(raw)}
	p, err := b.Build(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Scans {
		s.Report = silent{}
		if err := s.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

type catalog map[string]plan.Node

func (c catalog) Table(name string) (plan.Node, bool) { n, ok := c[name]; return n, ok }
func (c catalog) Names() []string                     { return nil }

// part is a range of a partition with events at some seconds.
func part(name string, seconds ...int64) source.Range {
	text, _ := json.Marshal(seconds)
	return source.Range{Split: text, Rows: int64(len(seconds)), Partition: name}
}

// late collects rows that came too late.
type late struct {
	mu   sync.Mutex
	rows []string
}

func (l *late) add(op string, b batch.Batch, rows []int32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range rows {
		l.rows = append(l.rows, op+" "+b.Record.Column(0).ValueStr(int(i)))
	}
	return nil
}

// run runs a micro-batch over ranges and returns its rows.
func run(t *testing.T, p *Plan, r *Run, ranges ...source.Range) []string {
	t.Helper()
	r.Env = &kernel.Env{ANSI: true, Zone: time.UTC, Bad: &kernel.BadFields{}}
	r.Ranges = map[*Scan][]source.Range{}
	for _, s := range p.Scans {
		r.Ranges[s] = ranges
	}
	parts, err := p.Root.Open(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, part := range parts {
		for {
			b, err := part.Next(t.Context())
			if err == io.EOF { //nolint:errorlint // wrapped, it is no end
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			b, err = kernel.Compact(b)
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.NumRows() {
				line := fmt.Sprintf("%+d", b.Change(i))
				for _, c := range b.Record.Columns() {
					line += " " + c.ValueStr(i)
				}
				out = append(out, line)
			}
		}
		if err := part.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range p.State {
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

// A watermark tells the greatest time of each partition, however the ranges are
// shared out, and whatever a decoder would gather.
func TestObservedByPartition(t *testing.T) {
	many := []source.Range{part("t/0", 5, 90, 3), part("t/0", 7), part("t/1", 40, 41), part("t/2"), part("t/0", 8), part("u/0", 1)}
	for tasks := 1; tasks <= 4; tasks++ {
		for _, query := range []string{"SELECT k FROM m WHERE k IS NOT NULL", "SELECT k, count(*) FROM m GROUP BY k"} {
			p := timed(t, query, tasks, sink.Update)
			r := &Run{Watermark: NoWatermark, Late: NoWatermark}
			run(t, p, r, many...)
			w := p.Timers[0]
			want := map[string]int64{"t/0": 90e6, "t/1": 41e6, "u/0": 1e6}
			if got := w.Observed(); !maps.Equal(got, want) || w.ID() != "watermark-0" || w.Delay() != 10e6 {
				t.Errorf("%s with %d tasks: %s observed %v behind by %d", query, tasks, w.ID(), got, w.Delay())
			}
			if s := w.Stats(); s.Count != 8 || s.Min != 1e6 || s.Max != 90e6 || s.Avg() != 195e6/8 {
				t.Errorf("%s with %d tasks: %+v, mean %d", query, tasks, s, s.Avg())
			}
			run(t, p, r, part("t/1", 2))
			if got := w.Observed(); !maps.Equal(got, map[string]int64{"t/1": 2e6}) {
				t.Errorf("the next run observed %v", got)
			}
		}
	}
}

// Above a union the partitions are not known.
func TestObservedAboveUnion(t *testing.T) {
	p := timed(t, "SELECT at FROM m UNION ALL SELECT at FROM m", 2, sink.Append)
	run(t, p, &Run{Watermark: NoWatermark, Late: NoWatermark}, part("t/0", 5), part("t/1", 6))
	var ids []string
	for _, w := range p.Timers {
		ids = append(ids, w.ID())
		if got := w.Observed(); !maps.Equal(got, map[string]int64{"t/0": 5e6, "t/1": 6e6}) {
			t.Errorf("%s observed %v", w.ID(), got)
		}
	}
	if strings.Join(ids, " ") != "watermark-0 watermark-1" {
		t.Error(ids)
	}
}

// Windows close when the watermark has passed their end, rows of closed ones are
// late, and those older than the watermark in an open one are not.
func TestWindowsClose(t *testing.T) {
	for tasks := 1; tasks <= 3; tasks++ {
		p := timed(t, "SELECT window.end, count(*) FROM m GROUP BY window(at, '10 seconds')", tasks, sink.Append)
		none := &Run{Watermark: NoWatermark, Late: NoWatermark}
		if got := run(t, p, none, part("a", 1, 12, 25)); len(got) != 0 || LateRows(p.State[0]) != 0 {
			t.Errorf("before any watermark: %v", got)
		}
		var l late
		second := &Run{Watermark: 15e6, Late: NoWatermark, LateRow: l.add}
		if got := run(t, p, second, part("a", 2)); strings.Join(got, ";") != "+1 1970-01-01T00:00:10Z 2" {
			t.Errorf("at 15 s: %v", got)
		}
		third := &Run{Watermark: 30e6, Late: 15e6, LateRow: l.add}
		got := run(t, p, third, part("a", 3, 11, 29), part("b", 9))
		if strings.Join(got, ";") != "+1 1970-01-01T00:00:20Z 2;+1 1970-01-01T00:00:30Z 2" || LateRows(p.State[0]) != 2 {
			t.Errorf("at 30 s: %v, %d late", got, LateRows(p.State[0]))
		}
		if slices.Sort(l.rows); strings.Join(l.rows, ";") != "aggregate-0 1970-01-01T00:00:03Z;aggregate-0 1970-01-01T00:00:09Z" {
			t.Errorf("late: %v", l.rows)
		}
	}
}

// Filters of late rows stand below the first op with state alone.
func TestWhereLateRowsAreLeftOut(t *testing.T) {
	const chained = "SELECT window.end, max(n) FROM (SELECT window, k, count(*) AS n FROM m GROUP BY window(at, '5 seconds'), k) GROUP BY window(window, '10 seconds')"
	for mode, want := range map[sink.Mode]int{sink.Append: 1, sink.Update: 1, sink.Complete: 0} {
		if got := strings.Count(plan.Format(timed(t, chained, 2, mode).Root), "LateFilter [window]"); got != want {
			t.Errorf("%s: %d filters of late rows, want %d", mode, got, want)
		}
	}
	if text := plan.Format(timed(t, "SELECT k, count(*) FROM m GROUP BY k", 1, sink.Update).Root); strings.Contains(text, "LateFilter") {
		t.Errorf("rows are late for\n%s", text)
	}
}

// The watermark of a query: the least of its inputs, or the greatest, never back.
func TestNextWatermark(t *testing.T) {
	type maxima = map[string]map[string]int64
	two := map[string]int64{"watermark-0": 10, "watermark-1": 100}
	for _, c := range []struct {
		what   string
		prev   int64
		delays map[string]int64
		maxima maxima
		idle   map[string][]string
		most   bool
		want   int64
	}{
		{"one", NoWatermark, map[string]int64{"a": 10}, maxima{"a": {"": 50}}, nil, false, 40},
		{"nothing seen", NoWatermark, map[string]int64{"a": 10}, nil, nil, false, NoWatermark},
		{"no timers", 7, nil, nil, nil, false, 7},
		{"never back", 45, map[string]int64{"a": 10}, maxima{"a": {"": 50}}, nil, false, 45},
		{"the slowest partition", 0, map[string]int64{"a": 10}, maxima{"a": {"0": 90, "1": 30}}, nil, false, 20},
		{"which is idle", 0, map[string]int64{"a": 10}, maxima{"a": {"0": 90, "1": 30}}, map[string][]string{"a": {"1"}}, false, 80},
		{"all are idle", 5, map[string]int64{"a": 10}, maxima{"a": {"0": 90}}, map[string][]string{"a": {"0"}}, false, 5},
		{"the slower input", 0, two, maxima{"watermark-0": {"": 500}, "watermark-1": {"": 500}}, nil, false, 400},
		{"the faster input", 0, two, maxima{"watermark-0": {"": 500}, "watermark-1": {"": 500}}, nil, true, 490},
		{"an input not seen yet", 0, two, maxima{"watermark-0": {"": 500}}, nil, false, 0},
		{"not waited for", 0, two, maxima{"watermark-0": {"": 500}}, nil, true, 490},
		{"an idle input", 0, two, maxima{"watermark-0": {"": 500}, "watermark-1": {"": 1}}, map[string][]string{"watermark-1": {""}}, false, 490},
		{"at the beginning of time", NoWatermark, map[string]int64{"a": 10}, maxima{"a": {"": NoWatermark + 3}}, nil, false, NoWatermark + 1},
	} {
		if got := NextWatermark(c.prev, c.delays, c.maxima, c.idle, c.most); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}
