package operator

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
)

// absent is a value that is missing in a joinRow.
const absent = math.MinInt32

// joinRow is a row of either side: a key, a value and a time in microseconds.
type joinRow struct{ k, v, t int }

// values are those of the input: the key, maybe the time, the columns.
func (r joinRow) values(timed bool) []any {
	at := []int{r.k, r.k, r.v, r.t}
	if timed {
		at = []int{r.k, r.t, r.k, r.v, r.t}
	}
	out := make([]any, len(at))
	for i, v := range at {
		if v != absent {
			out[i] = int64(v)
		}
	}
	return out
}

func (r joinRow) String() string {
	out := make([]string, 3)
	for i, v := range []int{r.k, r.v, r.t} {
		if out[i] = fmt.Sprint(v); v == absent {
			out[i] = "(null)"
		}
	}
	return strings.Join(out, " | ")
}

// joinFields are the columns of an input: the key, maybe the time, then k, v and
// t. The time is a plain number here.
func joinFields(timed bool) *types.Schema {
	names := []string{"key", "k", "v", "t"}
	if timed {
		names = []string{"key", "time", "k", "v", "t"}
	}
	var fields []types.Field
	for _, n := range names {
		fields = append(fields, types.Field{Name: n, Type: types.Long, Nullable: true})
	}
	return types.NewSchema(fields...)
}

// joinKind is a type of join as the tests name it.
type joinKind struct {
	name   string
	output JoinOutput
	outer  [2]bool
}

var joinKinds = []joinKind{
	{"inner", JoinPairs, [2]bool{}}, {"left", JoinPairs, [2]bool{true, false}}, {"right", JoinPairs, [2]bool{false, true}},
	{"full", JoinPairs, [2]bool{true, true}}, {"semi", JoinExists, [2]bool{}}, {"anti", JoinMissing, [2]bool{}},
}

// streamJoinSpec is a join by key with an optional condition.
func streamJoinSpec(kind joinKind, cond expr.Expr, nullSafe bool) *StreamJoinSpec {
	in := joinFields(false).Arrow()
	fields := in.Fields()[1:]
	if kind.output == JoinPairs {
		fields = slices.Concat(fields, fields)
	}
	return &StreamJoinSpec{Inputs: [2]*arrow.Schema{in, in}, Keys: 1, NullSafe: []bool{nullSafe}, Cond: cond, Output: kind.output, Outer: kind.outer,
		Schema: arrow.NewSchema(fields, nil), Name: "Join", Table: NoSide}
}

// bindPair binds a condition over lk, lv, lt, rk, rv and rt.
func bindPair(t testing.TB, text func(col func(string) expr.Expr) expr.Expr) expr.Expr {
	t.Helper()
	var fields []types.Field
	for _, n := range []string{"lk", "lv", "lt", "rk", "rv", "rt"} {
		fields = append(fields, types.Field{Name: n, Type: types.Long, Nullable: true})
	}
	bound, err := (&expr.Scope{Schema: types.NewSchema(fields...)}).Bind(text(func(n string) expr.Expr { return &expr.Name{Parts: []string{n}} }))
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

// lessThan is the condition lv < rv.
func lessThan(t testing.TB) expr.Expr {
	return bindPair(t, func(col func(string) expr.Expr) expr.Expr { return expr.NewCall("<", col("lv"), col("rv")) })
}

// joinChange is a row that appears or disappears on a side.
type joinChange struct {
	side int
	row  joinRow
	n    int8
}

// joinBench runs a join: tasks over one store.
type joinBench struct {
	t       rapid.TB
	spec    *StreamJoinSpec
	store   *exectest.State
	tasks   []*JoinState
	held    bool // rows are held in memory, where that can be
	version int64
	// net is what was given so far, out what came out, as counts.
	net [2]map[joinRow]int
	out map[string]int
}

func newJoinBench(t rapid.TB, spec *StreamJoinSpec, tasks int, held bool) *joinBench {
	b := &joinBench{t: t, spec: spec, held: held, net: [2]map[joinRow]int{{}, {}}, out: map[string]int{}}
	b.open(exectest.NewState(nil), tasks)
	return b
}

func (b *joinBench) open(store *exectest.State, tasks int) {
	b.store, b.tasks = store, nil
	for _, r := range state.Ranges(tasks) {
		s, err := openJoin(b.spec, store, r, b.held)
		if err != nil {
			b.t.Fatal(err)
		}
		b.tasks = append(b.tasks, s)
	}
}

// openJoin opens the state of a join in a store: held in memory, where that can be,
// or not.
func openJoin(spec *StreamJoinSpec, store state.Store, groups state.Range, held bool) (*JoinState, error) {
	kind := spec.Kind(!held)
	table, err := store.Table(spec.State("join-0"), groups, kind)
	if err != nil {
		return nil, err
	}
	if kind == state.Journal {
		return NewHeldJoinState(spec, table, state.NewBudget(1<<30))
	}
	return NewJoinState(spec, table)
}

// restart goes on from the last version at another parallelism.
func (b *joinBench) restart(tasks int) {
	b.open(exectest.NewState(b.store.Versions[b.version]), tasks)
}

// joinInput is a stream of one side's changes, cut into batches of a size.
func joinInput(t rapid.TB, changes []joinChange, side, size int, timed bool) *given {
	fields := joinFields(timed)
	s := &given{schema: fields.Arrow()}
	var rows [][]any
	var signs []int8
	flush := func() {
		if len(rows) == 0 {
			return
		}
		rec, err := types.Record(fields, rows)
		if err != nil {
			t.Fatal(err)
		}
		out := batch.Batch{Record: rec}
		if slices.Contains(signs, -1) {
			out.Changes = signs
		}
		s.batches, rows, signs = append(s.batches, out), nil, nil
	}
	for _, c := range changes {
		if c.side != side {
			continue
		}
		if rows, signs = append(rows, c.row.values(timed)), append(signs, c.n); len(rows) == size {
			flush()
		}
	}
	flush()
	return s
}

// run gives a micro-batch to all tasks and returns their rows.
func (b *joinBench) run(changes []joinChange, wm int64, size int) []string {
	var out []string
	var left, right []batch.Stream
	for _, one := range []struct {
		side int
		to   *[]batch.Stream
	}{{LeftSide, &left}, {RightSide, &right}} {
		in := joinInput(b.t, changes, one.side, size, b.spec.Bounds != nil)
		*one.to = HashExchange([]batch.Stream{in}, b.spec.Keys, len(b.tasks), 1<<30)
	}
	for k, task := range b.tasks {
		rows, err := readAll(task.Stream(left[k], right[k], wm, testEnv))
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, rows...)
	}
	return out
}

// apply runs a micro-batch and commits it.
func (b *joinBench) apply(changes []joinChange, wm int64, size int) []string {
	rows := b.run(changes, wm, size)
	for _, task := range b.tasks {
		if err := task.Flush(); err != nil {
			b.t.Fatal(err)
		}
	}
	b.version++
	if err := b.store.Commit(b.version); err != nil {
		b.t.Fatal(err)
	}
	for _, task := range b.tasks {
		task.Commit()
	}
	for _, c := range changes {
		b.net[c.side][c.row] += int(c.n)
	}
	if b.spec.Emit == EmitComplete {
		b.out = map[string]int{}
	}
	addRows(b.out, rows)
	return rows
}

// fail runs a micro-batch and rolls it back.
func (b *joinBench) fail(changes []joinChange, wm int64, size int) []string {
	rows := b.run(changes, wm, size)
	if err := b.store.Rollback(); err != nil {
		b.t.Fatal(err)
	}
	for _, task := range b.tasks {
		task.Rollback()
	}
	return rows
}

// addRows counts rows, taken back ones as less.
func addRows(out map[string]int, rows []string) {
	for _, r := range rows {
		n := 1
		if cut, back := strings.CutSuffix(r, " | -1"); back {
			r, n = cut, -1
		}
		if out[r] += n; out[r] == 0 {
			delete(out, r)
		}
	}
}

// nestedLoop is the join of two multisets of rows, from its definition.
func nestedLoop(kind joinKind, in [2]map[joinRow]int, match func(l, r joinRow) bool) map[string]int {
	out := map[string]int{}
	none := joinRow{absent, absent, absent}
	matched := [2]map[joinRow]bool{{}, {}}
	for l, n := range in[LeftSide] {
		for r, m := range in[RightSide] {
			if n == 0 || m == 0 || !match(l, r) {
				continue
			}
			matched[LeftSide][l], matched[RightSide][r] = true, true
			if kind.output == JoinPairs {
				out[l.String()+" | "+r.String()] += n * m
			}
		}
	}
	for l, n := range in[LeftSide] {
		switch {
		case n == 0 || kind.output == JoinPairs && (!kind.outer[LeftSide] || matched[LeftSide][l]):
		case kind.output == JoinPairs:
			out[l.String()+" | "+none.String()] += n
		case matched[LeftSide][l] == (kind.output == JoinExists):
			out[l.String()] += n
		}
	}
	for r, n := range in[RightSide] {
		if n != 0 && kind.outer[RightSide] && !matched[RightSide][r] {
			out[none.String()+" | "+r.String()] += n
		}
	}
	return out
}

// matcher is what the tests' joins ask of two rows.
func matcher(nullSafe, less bool) func(l, r joinRow) bool {
	return func(l, r joinRow) bool {
		if l.k != r.k || l.k == absent && !nullSafe {
			return false
		}
		return !less || l.v != absent && r.v != absent && l.v < r.v
	}
}

// randomChanges draws the changes of a micro-batch: rows of few different values,
// some of which go again, maybe before they came.
func randomChanges(t *rapid.T, net [2]map[joinRow]int) []joinChange {
	now := [2]map[joinRow]int{maps.Clone(net[0]), maps.Clone(net[1])}
	var out []joinChange
	for range rapid.IntRange(0, 12).Draw(t, "changes") {
		side := rapid.IntRange(0, 1).Draw(t, "side")
		small := rapid.SampledFrom([]int{absent, 0, 1, 2})
		r := joinRow{small.Draw(t, "k"), small.Draw(t, "v"), 0}
		c := joinChange{side, r, 1}
		if now[side][r] > 0 && rapid.Bool().Draw(t, "goes") {
			c.n = -1
		}
		now[side][r] += int(c.n)
		out = append(out, c)
	}
	if rapid.Bool().Draw(t, "shuffled") { // what goes may come first
		out = rapid.Permutation(out).Draw(t, "order")
	}
	return out
}

// What a join has given adds up to the join of all it was given: for every type,
// any mix of changes, cut anywhere, any number of tasks, batches that failed, and
// restarts at another parallelism.
func TestStreamJoinIsJoinOfWhatCame(t *testing.T) {
	less := lessThan(t)
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(joinKinds).Draw(rt, "type")
		withCond, nullSafe := rapid.Bool().Draw(rt, "condition"), rapid.Bool().Draw(rt, "nullsafe")
		spec := streamJoinSpec(kind, nil, nullSafe)
		if withCond {
			spec.Cond = less
		}
		spec.Emit = rapid.SampledFrom([]Emit{EmitChanges, EmitUpdate, EmitComplete}).Draw(rt, "emit")
		b := newJoinBench(rt, spec, rapid.IntRange(1, 3).Draw(rt, "tasks"), rapid.Bool().Draw(rt, "held"))
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			changes := randomChanges(rt, b.net)
			size := rapid.IntRange(1, 13).Draw(rt, "size")
			var failed []string
			if rapid.IntRange(0, 3).Draw(rt, "fails") == 0 {
				failed = b.fail(changes, math.MinInt64, size)
			}
			if rapid.IntRange(0, 3).Draw(rt, "restarts") == 0 {
				b.held = rapid.Bool().Draw(rt, "held")
				b.restart(rapid.IntRange(1, 3).Draw(rt, "tasks"))
				failed = nil
			}
			got := b.apply(changes, math.MinInt64, size)
			if failed != nil && !slices.Equal(got, failed) {
				rt.Fatalf("a batch gives\n%s\nwhen it runs again, and gave\n%s", strings.Join(got, "\n"), strings.Join(failed, "\n"))
			}
			want := nestedLoop(kind, b.net, matcher(nullSafe, withCond))
			if !maps.Equal(b.out, want) {
				rt.Fatalf("%s: after %v\ncame %v\nnot %v\nthe batch gave\n%s", kind.name, changes, b.out, want, strings.Join(got, "\n"))
			}
		}
	})
}
