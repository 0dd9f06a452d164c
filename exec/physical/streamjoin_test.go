package physical

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/state"
	statememory "github.com/riffledata/riffle/exec/state/memory"
)

// noReport counts nothing.
type noReport struct{}

func (noReport) Records(int64, int64) error                            { return nil }
func (noReport) BadRecord(arrow.RecordBatch, int, []byte, error) error { return nil }

// joinBed runs a plan over memory streams batch by batch, with state.
type joinBed struct {
	t       *testing.T
	streams *memory.Streams
	inputs  map[string]*memory.Stream
	plan    *Plan
	store   *statememory.Store
	at      map[*Scan]source.Offset
	version int64
	late    int64
}

var joinSchema = must(types.ParseDDL("k BIGINT, v BIGINT, ts TIMESTAMP"))

// side is a stream l, r or x with a watermark of no delay, under its own name.
func (b *joinBed) side(name string) plan.Node {
	b.inputs[name] = b.streams.Add(name, joinSchema)
	scan := plan.NewScan("memory", map[string]string{"name": name}, nil, joinSchema, true)
	return &plan.Alias{Input: must(plan.NewWatermark(scan, "ts", 0)), Name: name}
}

func joinOn(t *testing.T, left, right plan.Node, cond string, how plan.JoinType) plan.Node {
	t.Helper()
	list, err := sql.ParseList(cond)
	if err != nil {
		t.Fatal(err)
	}
	j, err := plan.NewJoin(left, right, list[0], how)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func newJoinBed(t *testing.T) *joinBed {
	return &joinBed{t: t, streams: memory.NewStreams(), inputs: map[string]*memory.Stream{}, store: statememory.New(state.NewBudget(1 << 30)), at: map[*Scan]source.Offset{}, late: NoWatermark}
}

func (b *joinBed) build(n plan.Node, mode sink.Mode, tasks int) {
	builder := &Builder{Tasks: tasks, Streaming: true, Mode: mode, Settings: Settings{ANSI: true, Zone: time.UTC, StateBytes: 1 << 30, SortBytes: 1 << 30, JoinBytes: 1 << 30},
		Sources: NewSources(b.streams)}
	p, err := builder.Build(n)
	if err != nil {
		b.t.Fatal(err)
	}
	b.plan = p
	for _, s := range p.Scans {
		s.Report = noReport{}
		if err := s.Connect(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, op := range p.State {
		ranges, kind := op.StateTasks()
		var tables []state.Table
		for _, r := range ranges {
			tables = append(tables, must(b.store.Table(op.StateSpec(), r, kind)))
		}
		if err := op.Attach(tables); err != nil {
			b.t.Fatal(err)
		}
	}
}

// add puts a row "k v seconds" into a stream.
func (b *joinBed) add(stream string, rows ...[3]int64) {
	b.t.Helper()
	var in [][]any
	for _, r := range rows {
		in = append(in, []any{r[0], r[1], time.Unix(r[2], 0).UTC()})
	}
	b.inputs[stream].Append(must(types.Record(joinSchema, in)))
}

// run gives what came since the last run to the plan, at a watermark in seconds.
func (b *joinBed) run(wm int64) []string {
	ctx := b.t.Context()
	r := &Run{Env: &kernel.Env{ANSI: true, Zone: time.UTC}, Ranges: map[*Scan][]source.Range{}, Batch: b.version, Watermark: wm * 1e6, Late: b.late}
	for _, s := range b.plan.Scans {
		from, ok := b.at[s]
		if !ok {
			from = must(s.Source.Initial(ctx))
		}
		to := must(s.Source.Next(ctx, from))
		r.Ranges[s] = must(s.Source.Plan(ctx, from, to))
		b.at[s] = to
	}
	parts := must(b.plan.Root.Open(ctx, r))
	var rows []string
	for _, p := range parts {
		rows = append(rows, exectest.Rows(b.t, p.Stream)...)
	}
	for _, op := range b.plan.State {
		if err := op.Flush(); err != nil {
			b.t.Fatal(err)
		}
	}
	b.version++
	if err := b.store.Commit(b.version); err != nil {
		b.t.Fatal(err)
	}
	for _, op := range b.plan.State {
		if err := op.Commit(); err != nil {
			b.t.Fatal(err)
		}
	}
	b.late = r.Watermark
	for i := range rows {
		rows[i] = strings.ReplaceAll(strings.ReplaceAll(rows[i], "1970-01-01T00:", ""), "Z", "")
	}
	return slices.Sorted(slices.Values(rows))
}

func (b *joinBed) expect(wm int64, want ...string) {
	b.t.Helper()
	if got := b.run(wm); !slices.Equal(got, want) {
		b.t.Errorf("at watermark %d came\n%s\nnot\n%s", wm, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A bounded left join in mode append, in one task and in several: pairs leave when
// they meet, rows without a match when none can come, late rows are left out.
func TestStreamJoinInModeAppend(t *testing.T) {
	for tasks := 1; tasks <= 3; tasks++ {
		b := newJoinBed(t)
		n := joinOn(t, b.side("l"), b.side("r"), "l.k = r.k AND r.ts >= l.ts AND r.ts <= l.ts + INTERVAL 10 SECONDS", plan.Left)
		b.build(n, sink.Append, tasks)
		b.add("l", [3]int64{1, 10, 100}, [3]int64{2, 20, 100})
		b.expect(0)
		b.add("r", [3]int64{1, 11, 105})
		b.expect(105, "1 | 10 | 01:40 | 1 | 11 | 01:45")
		b.add("l", [3]int64{3, 30, 104})
		b.expect(110, "2 | 20 | 01:40 | NULL | NULL | NULL")
		join := b.plan.State[0].(*StreamJoin)
		if l, r := join.Rows(); l != 0 || r != 0 || join.Progress().Late != 1 {
			t.Errorf("%d tasks: %d left rows and %d right ones stay, %+v", tasks, l, r, join.Progress())
		}
	}
}

// A second join waits as long as the first one may hold rows back.
func TestChainedStreamJoins(t *testing.T) {
	for _, tasks := range []int{1, 2} {
		b := newJoinBed(t)
		first := joinOn(t, b.side("l"), b.side("r"), "l.k = r.k AND r.ts >= l.ts AND r.ts <= l.ts + INTERVAL 10 SECONDS", plan.Left)
		n := joinOn(t, first, b.side("x"), "l.k = x.k AND x.ts >= l.ts AND x.ts <= l.ts + INTERVAL 5 SECONDS", plan.Left)
		b.build(n, sink.Append, tasks)
		b.add("l", [3]int64{1, 10, 100})
		b.add("x", [3]int64{1, 12, 103})
		b.expect(100)
		b.expect(108)
		b.expect(110, "1 | 10 | 01:40 | NULL | NULL | NULL | 1 | 12 | 01:43")
		b.add("l", [3]int64{2, 20, 120})
		b.expect(110)
		b.expect(130, "2 | 20 | 02:00 | NULL | NULL | NULL | NULL | NULL | NULL")
	}
}

// A stream looks a table up in mode append; in mode update changes of the table
// take back what they made wrong.
func TestStreamTableJoin(t *testing.T) {
	for _, mode := range []sink.Mode{sink.Append, sink.Update} {
		b := newJoinBed(t)
		left, right := b.side("l"), b.side("r")
		table := &plan.Alias{Input: must(plan.NewUpsert(right, []string{"k"})), Name: "r"}
		n := joinOn(t, left, table, "l.k = r.k", plan.Inner)
		b.build(n, mode, 2)
		b.add("r", [3]int64{1, 11, 1})
		b.add("l", [3]int64{1, 10, 1})
		b.expect(0, "1 | 10 | 00:01 | 1 | 11 | 00:01")
		b.add("r", [3]int64{1, 12, 2})
		if mode == sink.Append {
			b.expect(0)
		} else {
			b.expect(0, "+ 1 | 10 | 00:01 | 1 | 12 | 00:02", "- 1 | 10 | 00:01 | 1 | 11 | 00:01")
		}
	}
}

// Explain says how long rows stay.
func TestStreamJoinExplain(t *testing.T) {
	for _, c := range []struct {
		cond string
		how  plan.JoinType
		want string
	}{
		{"l.k = r.k", plan.Inner, "StreamJoin Inner, (k = k), emit=changes, state unbounded"},
		{"l.k = r.k AND r.ts >= l.ts", plan.Inner, "left state unbounded, right until ts"},
		{"l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL 1 MINUTE AND l.ts + INTERVAL 2 MINUTES", plan.Full, "left until ts + 2m0s, right until ts + 1m0s"},
	} {
		b := newJoinBed(t)
		b.build(joinOn(t, b.side("l"), b.side("r"), c.cond, c.how), sink.Update, 2)
		if got := b.plan.State[0].String(); !strings.Contains(got, c.want) {
			t.Errorf("%s does not say %s", got, c.want)
		}
	}
}
