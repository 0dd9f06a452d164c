package operator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
)

// sessionParts adds the part of a session that each row of k, t, v brings: from
// its time, as long as the gap.
func sessionParts(b batch.Batch, gap int64) batch.Batch {
	ts := arrow.FixedWidthTypes.Timestamp_us
	start, end := []int64{}, []int64{}
	for _, t := range batch.Values[int64](b.Record.Column(1)) {
		start, end = append(start, t), append(end, t+gap)
	}
	dt := arrow.StructOf(arrow.Field{Name: "start", Type: ts, Nullable: true}, arrow.Field{Name: "end", Type: ts, Nullable: true})
	w := array.MakeFromData(array.NewData(dt, len(start), []*memory.Buffer{nil}, []arrow.ArrayData{newFixed(ts, start, nil).Data(), newFixed(ts, end, nil).Data()}, 0, 0))
	out := table(append(slices.Clone(b.Record.Columns()), w)...)
	out.Changes = b.Changes
	return out
}

func newSessions(t rapid.TB, tt testing.TB, retract bool) *Sessions {
	b := sessionParts(batch.Batch{Record: must(storySchemaRecord(nil))}, 1)
	agg, err := NewAggregation([]expr.Expr{ref(b, 3), ref(b, 0)}, []expr.Expr{call(tt, b, "count"), call(tt, b, "sum", 2)}, true)
	noError(t, err)
	if retract {
		agg, err = agg.WithRetract()
		noError(t, err)
	}
	s, err := agg.Sessions(0)
	noError(t, err)
	return s
}

// sessionStory is a file of testdata/sessions.
type sessionStory struct {
	sessions *Sessions
	state    *SessionState
}

func (s *sessionStory) aggregate(t *testing.T, d *datadriven.TestData) (string, error) {
	var emit string
	d.ScanArgs(t, "emit", &emit)
	o := StateOptions{Budget: state.NewBudget(1 << 20), Emit: emits[emit], Time: GroupTime{Column: -1}}
	if d.HasArg("time") {
		o.Time.Column = 0
	}
	s.sessions = newSessions(t, t, d.HasArg("retract"))
	var err error
	s.state, err = s.sessions.NewState(o)
	return "", err
}

func (s *sessionStory) batch(t *testing.T, d *datadriven.TestData) (string, error) {
	wm := int64(NoWatermark)
	if d.HasArg("wm") {
		d.ScanArgs(t, "wm", &wm)
		wm *= 1e6
	}
	var in batch.Stream = NewValues(s.sessions.Parts().PartialSchema())
	if d.Input != "" {
		in = partial(t, s.sessions.Parts(), sessionParts(storyRows(t, d.Input), 10e6), 2)
	}
	rows, err := readAll(s.state.Stream(in, wm))
	for i := range rows {
		rows[i] = strings.NewReplacer("1970-01-01T00:", "", `"`, "", "{start:", "[", ",end:", ",", "}", ")").Replace(rows[i])
	}
	if err != nil || d.HasArg("rollback") {
		s.state.Rollback()
		return strings.Join(rows, "\n"), err
	}
	if err := s.state.Commit(); err != nil {
		return "", err
	}
	return strings.Join(append(rows, fmt.Sprintf("(parts=%d)", s.state.Stats().Rows)), "\n"), nil
}

func TestSessionStories(t *testing.T) {
	exectest.Golden(t, "testdata/sessions", func(*testing.T) map[string]exectest.Command {
		s := &sessionStory{}
		return map[string]exectest.Command{
			"sessions": s.aggregate,
			"batch":    s.batch,
			"due": func(t *testing.T, d *datadriven.TestData) (string, error) {
				var wm int64
				d.ScanArgs(t, "wm", &wm)
				return fmt.Sprint(s.state.Due(wm * 1e6)), nil
			},
		}
	})
}

// Sessions of any changes, cut anywhere, rolled back and restored, are those of
// the rows that are left.
func TestSessionsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		retract := rapid.Bool().Draw(rt, "retract")
		rows, changes := sessionRowsDrawn(rt, rapid.IntRange(0, 40).Draw(rt, "rows"), retract)
		b := batch.Batch{Record: must(storySchemaRecord(rows))}
		if retract {
			b.Changes = changes
		}
		b = sessionParts(b, 3)
		sessions := newSessions(rt, t, retract)
		emit := rapid.SampledFrom([]Emit{EmitChanges, EmitUpdate, EmitComplete}).Draw(rt, "emit")
		out := &shown{keys: -1, rows: map[string]string{}, n: map[string]int{}}
		if emit == EmitUpdate {
			out.keys = 2
		}
		store := exectest.NewState(nil)
		states, tasks := []*SessionState(nil), 0
		open := func(version int64) {
			store, states = exectest.NewState(store.Versions[version]), nil
			tasks = rapid.IntRange(1, 2).Draw(rt, "tasks")
			disk := rapid.Bool().Draw(rt, "disk")
			for _, r := range state.Ranges(tasks) {
				s, err := sessions.NewState(StateOptions{Budget: state.NewBudget(1 << 30), Emit: emit, Time: GroupTime{Column: 0}, Disk: disk})
				noError(rt, err)
				table, err := store.Table(state.Spec{Operator: "session-0"}, r, s.Kind())
				noError(rt, err)
				noError(rt, s.Attach(table))
				states = append(states, s)
			}
		}
		run := func(part batch.Batch) (lines []string) {
			p, err := sessions.Parts().Partial(stream(part, 5), testEnv)
			noError(rt, err)
			in := HashExchange([]batch.Stream{p}, 1, tasks, 1<<30)
			for i, s := range states {
				lines = append(lines, exact(allOf(rt, s.Stream(in[i], NoWatermark)))...)
			}
			for _, s := range states {
				noError(rt, s.Flush())
			}
			return lines
		}
		open(-1)
		for from, version := 0, int64(0); from < b.NumRows(); version++ {
			to := min(b.NumRows(), from+rapid.IntRange(1, 20).Draw(rt, "batch"))
			part := b.Slice(from, to)
			got := run(part)
			switch rapid.SampledFrom([]string{"", "rollback", "restart"}).Draw(rt, "again") {
			case "rollback":
				for _, s := range states {
					s.Rollback()
				}
				noError(rt, store.Rollback())
				if again := run(part); !slices.Equal(got, again) {
					rt.Fatalf("again the batch gives\n%s\nand not\n%s", strings.Join(again, "\n"), strings.Join(got, "\n"))
				}
			case "restart":
				open(version - 1)
				got = run(part)
			}
			for _, s := range states {
				noError(rt, s.Commit())
			}
			noError(rt, store.Commit(version))
			if emit == EmitComplete {
				clear(out.n)
			}
			out.apply(rt, got)
			from = to
			if want := naiveSessions(rows[:to], changes[:to], 3); !slices.Equal(out.list(), want) {
				rt.Fatalf("batch %d leads to\n%s\nand not\n%s", version, strings.Join(out.list(), "\n"), strings.Join(want, "\n"))
			}
		}
	})
}

func storySchemaRecord(rows [][]any) (arrow.RecordBatch, error) {
	return types.Record(storySchema, rows)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sessionRowsDrawn draws changes of rows (k, t, v).
func sessionRowsDrawn(t *rapid.T, n int, retract bool) ([][]any, []int8) {
	drawn, changes := changeRows(t, n, retract)
	var rows [][]any
	for i, r := range drawn {
		at := 10 * int(r[3].(float64)*10+3) // the same for rows that are taken back
		rows = append(rows, []any{fmt.Sprint(len(r[0].(string)) % 2), time.UnixMicro(int64(at/4 + 2*r[1].(int))).UTC(), r[2]})
		_ = i
	}
	return rows, changes
}

// naiveSessions computes sessions row by row.
func naiveSessions(rows [][]any, changes []int8, gap int64) []string {
	type part struct {
		k      string
		t, v   int64
		null   bool
		change int8
	}
	var parts []part
	for i, r := range rows {
		p := part{k: r[0].(string), t: r[1].(time.Time).UnixMicro(), change: changes[i]}
		if v, ok := r[2].(int); ok {
			p.v = int64(v)
		} else {
			p.null = true
		}
		if at := slices.IndexFunc(parts, func(o part) bool { o.change = -o.change; return o == p }); at >= 0 {
			parts = slices.Delete(parts, at, at+1)
			continue
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(strings.Compare(a.k, b.k), cmp.Compare(a.t, b.t)) })
	var out []string
	for i := 0; i < len(parts); {
		start, end, n, sum, some := parts[i].t, parts[i].t, 0, int64(0), false
		j := i
		for ; j < len(parts) && parts[j].k == parts[i].k && (j == i || parts[j].t <= end); j++ {
			end, n = parts[j].t+gap, n+1
			if !parts[j].null {
				sum, some = sum+parts[j].v, true
			}
		}
		total := fmt.Sprint(sum)
		if !some {
			total = "(null)"
		}
		w := sessionParts(batch.Batch{Record: must(storySchemaRecord([][]any{{"", time.UnixMicro(start).UTC(), nil}}))}, end-start).Record.Column(3)
		out = append(out, fmt.Sprintf("%s|%s|%d|%s", w.ValueStr(0), parts[i].k, n, total))
		i = j
	}
	slices.Sort(out)
	return out
}
