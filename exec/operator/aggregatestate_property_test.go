package operator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
)

// aggregates are aggregations one after the other, each divided among tasks, over one
// store.
type aggregates struct {
	aggs   []*Aggregation
	opts   []StateOptions
	tasks  int
	most   int // entries of a group in memory, if not as many as usual
	store  *exectest.State
	states [][]*AggregateState
}

func (c *aggregates) tasksOf(agg *Aggregation) int {
	if agg.NumKeys() == 0 {
		return 1
	}
	return c.tasks
}

// open makes the states of a chain from what was committed at a version; nil is
// nothing.
func (c *aggregates) open(t rapid.TB, committed map[[2]string]string) {
	c.store, c.states = exectest.NewState(committed), nil
	for i, agg := range c.aggs {
		var states []*AggregateState
		for _, r := range state.Ranges(c.tasksOf(agg)) {
			o := c.opts[i]
			o.Budget = state.NewBudget(1 << 30)
			s, err := agg.NewState(o)
			noError(t, err)
			if c.most > 0 {
				s.most = c.most
			}
			table, err := c.store.Table(state.Spec{Operator: fmt.Sprintf("aggregate-%d", i)}, r, s.Kind())
			noError(t, err)
			noError(t, s.Attach(table))
			states = append(states, s)
		}
		c.states = append(c.states, states)
	}
}

// run runs a batch to the end of its flush and returns the rows, task by task.
func (c *aggregates) run(t rapid.TB, b batch.Batch, size int, wm int64) []batch.Batch {
	in := []batch.Stream{stream(b, size)}
	for i, agg := range c.aggs {
		for k, s := range in {
			p, err := agg.Partial(s, testEnv)
			noError(t, err)
			in[k] = p
		}
		in = HashExchange(in, agg.NumKeys(), c.tasksOf(agg), 1<<30)
		for k, s := range in {
			in[k] = c.states[i][k].Stream(s, wm)
		}
	}
	var out []batch.Batch
	for _, s := range in {
		out = append(out, allOf(t, s)...)
	}
	for _, states := range c.states {
		for _, s := range states {
			noError(t, s.Flush())
		}
	}
	return out
}

// allOf reads a stream and closes it.
func allOf(t rapid.TB, s batch.Stream) (out []batch.Batch) {
	for {
		b, err := s.Next(context.Background())
		if batch.IsEnd(err) {
			noError(t, s.Close())
			return out
		}
		noError(t, err)
		out = append(out, b)
	}
}

func (c *aggregates) rollback(t rapid.TB) {
	for _, states := range c.states {
		for _, s := range states {
			s.Rollback()
		}
	}
	noError(t, c.store.Rollback())
}

func (c *aggregates) commit(t rapid.TB, version int64) {
	for _, states := range c.states {
		for _, s := range states {
			noError(t, s.Commit())
		}
	}
	noError(t, c.store.Commit(version))
}

// exact renders rows with their changes, floats to the bit.
func exact(list []batch.Batch) []string {
	var out []string
	for _, b := range list {
		for i := range b.NumRows() {
			line := fmt.Sprintf("%+d", b.Change(i))
			for _, a := range b.Record.Columns() {
				text := a.ValueStr(i)
				if f, ok := a.(*array.Float64); ok && f.IsValid(i) {
					text = fmt.Sprintf("%b", f.Value(i))
				}
				line += "|" + text
			}
			out = append(out, line)
		}
	}
	return out
}

// changeRows draws changes of rows (k, t, v, d), of which never more are taken
// back than have come.
func changeRows(t *rapid.T, n int, retract bool) ([][]any, []int8) {
	var rows, live [][]any
	var changes []int8
	for range n {
		if retract && len(live) > 0 && rapid.IntRange(0, 2).Draw(t, "take back") == 0 {
			k := rapid.IntRange(0, len(live)-1).Draw(t, "row")
			rows, changes = append(rows, live[k]), append(changes, -1)
			live = slices.Delete(live, k, k+1)
			continue
		}
		v := rapid.IntRange(-3, 3).Draw(t, "v")
		row := []any{fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "k")), rapid.IntRange(0, 3).Draw(t, "t"), v, float64(v) * 0.1}
		if v == 3 {
			row[2] = nil
		}
		rows, live, changes = append(rows, row), append(live, row), append(changes, 1)
	}
	return rows, changes
}

var changeSchema = types.NewSchema(
	types.Field{Name: "k", Type: types.String, Nullable: true}, types.Field{Name: "t", Type: types.Long, Nullable: true},
	types.Field{Name: "v", Type: types.Long, Nullable: true}, types.Field{Name: "d", Type: types.Double, Nullable: true})

// countOfCounts are an aggregation by k, or by k and t, and one by its counts.
func countOfCounts(t rapid.TB, b batch.Batch, keys []int, retract bool, calls ...expr.Expr) []*Aggregation {
	first, err := NewAggregation(refs(b, keys...), calls, true)
	noError(t, err)
	if retract {
		first, err = first.WithRetract()
		noError(t, err)
	}
	at := len(keys)
	count := &expr.Ref{Index: at, Name: "count", T: types.Long}
	bound, err := (&expr.Scope{Schema: changeSchema}).Bind(expr.NewCall("count"))
	noError(t, err)
	second, err := NewAggregation([]expr.Expr{count}, []expr.Expr{bound}, true)
	noError(t, err)
	second, err = second.WithRetract()
	noError(t, err)
	return []*Aggregation{first, second}
}

// shown applies what leaves to what was shown: changes to a multiset of rows,
// updates to a map by key.
type shown struct {
	keys int // columns of the key of updates; -1 for changes
	rows map[string]string
	n    map[string]int
}

func (s *shown) apply(t rapid.TB, lines []string) {
	for _, l := range lines {
		minus, row := l[0] == '-', l[3:]
		if s.keys < 0 {
			if s.n[row]++; minus {
				s.n[row] -= 2
			}
			if s.n[row] < 0 {
				t.Fatalf("%s is taken back and was not there", row)
			}
			continue
		}
		key := strings.Join(strings.Split(row, "|")[:s.keys], "|")
		if old, is := s.rows[key]; minus && (!is || old != row) {
			t.Fatalf("%s is taken back and %q was there", row, old)
		}
		if s.rows[key] = row; minus {
			delete(s.rows, key)
		}
	}
}

func (s *shown) list() []string {
	var out []string
	for _, r := range s.rows {
		out = append(out, r)
	}
	for r, n := range s.n {
		for range n {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// What leaves adds up to the aggregation of what has come, whatever was taken
// back, wherever the input is cut, however often a batch is rolled back or the
// query begins anew with other tasks: one aggregation, or one over another.
func TestChangesAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		retract := rapid.Bool().Draw(rt, "retract")
		rows, changes := changeRows(rt, rapid.IntRange(0, 60).Draw(rt, "rows"), retract)
		rec, err := types.Record(changeSchema, rows)
		noError(rt, err)
		b := batch.Batch{Record: rec}
		if retract {
			b.Changes = changes
		}
		keys := [][]int{{}, {0}, {0, 1}}[rapid.IntRange(0, 2).Draw(rt, "keys")]
		aggs := countOfCounts(rt, b, keys, retract, call(t, b, "count"), call(t, b, "sum", 2), call(t, b, "min", 2), call(t, b, "avg", 2), call(t, b, "max", 0))
		depth := rapid.IntRange(1, 2).Draw(rt, "depth")
		c := &aggregates{aggs: aggs[:depth], tasks: rapid.IntRange(1, 3).Draw(rt, "tasks")}
		update := rapid.Bool().Draw(rt, "update")
		out := &shown{keys: -1, rows: map[string]string{}, n: map[string]int{}}
		for i := range depth {
			o := StateOptions{Emit: EmitChanges, Time: GroupTime{Column: -1}}
			if o.Disk = rapid.Bool().Draw(rt, "disk"); update && i == depth-1 {
				o.Emit, out.keys = EmitUpdate, c.aggs[i].NumKeys()
			}
			c.opts = append(c.opts, o)
		}
		c.open(rt, nil)
		version := int64(0)
		for from := 0; from < b.NumRows() || version == 0; version++ {
			to := min(b.NumRows(), from+rapid.IntRange(1, 30).Draw(rt, "batch"))
			size := rapid.IntRange(1, 10).Draw(rt, "size")
			part := b.Slice(from, to)
			got := exact(c.run(rt, part, size, NoWatermark))
			again := rapid.SampledFrom([]string{"", "rollback", "restart", "rescale"}).Draw(rt, "again")
			switch again {
			case "rollback":
				c.rollback(rt)
			case "rescale":
				c.tasks = rapid.IntRange(1, 3).Draw(rt, "tasks")
				fallthrough
			case "restart":
				c.open(rt, c.store.Versions[version-1])
			}
			if again != "" {
				replay := exact(c.run(rt, part, size, NoWatermark))
				if again != "rescale" && !slices.Equal(got, replay) {
					rt.Fatalf("after a %s the batch gives\n%s\nand not\n%s", again, strings.Join(replay, "\n"), strings.Join(got, "\n"))
				}
				got = replay
			}
			c.commit(rt, version)
			out.apply(rt, got)
			from = to
			if want := expected(rt, aggs[:depth], b.Slice(0, to)); !slices.Equal(out.list(), want) {
				rt.Fatalf("batch %d leads to\n%s\nand not\n%s", version, strings.Join(out.list(), "\n"), strings.Join(want, "\n"))
			}
		}
	})
}

// Values that depend on the order in which rows came, sets among them, are to the
// bit those of an unbroken run when the groups are read back after each batch,
// or lie on disk.
func TestOrderSurvives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		retract := rapid.Bool().Draw(rt, "retract")
		rows, changes := changeRows(rt, rapid.IntRange(0, 60).Draw(rt, "rows"), retract)
		b := batch.Batch{Record: must(types.Record(changeSchema, rows))}
		if retract {
			b.Changes = changes
		}
		calls := []expr.Expr{call(t, b, "max_by", 0, 2), call(t, b, "min_by", 2, 3)}
		for _, name := range []string{"collect_list", "collect_set", "first", "last", "any_value", "mode", "avg", "stddev", "sum", "median"} {
			calls = append(calls, call(t, b, name, 3))
		}
		calls = append(calls, call(t, b, "collect_set", 2), call(t, b, "collect_set", 0), call(t, b, "collect_list", 0))
		agg, err := NewAggregation(refs(b, 0), calls, true)
		noError(rt, err)
		if retract {
			agg, err = agg.WithRetract()
			noError(rt, err)
		}
		o := StateOptions{Emit: EmitChanges, Time: GroupTime{Column: -1}}
		disk := o
		disk.Disk = true
		unbroken := &aggregates{aggs: []*Aggregation{agg}, opts: []StateOptions{o}, tasks: 1}
		ways := map[string]*aggregates{
			"read back": {aggs: unbroken.aggs, opts: []StateOptions{o}, tasks: 1},
			"on disk":   {aggs: unbroken.aggs, opts: []StateOptions{disk}, tasks: 1},
			"cold":      {aggs: unbroken.aggs, opts: []StateOptions{disk}, tasks: 1},
		}
		unbroken.open(rt, nil)
		ways["on disk"].open(rt, nil)
		for from, v := 0, int64(0); from < b.NumRows(); v++ {
			to, size := min(b.NumRows(), from+rapid.IntRange(1, 30).Draw(rt, "batch")), rapid.IntRange(1, 10).Draw(rt, "size")
			want := exact(unbroken.run(rt, b.Slice(from, to), size, NoWatermark))
			unbroken.commit(rt, v)
			for name, w := range ways {
				if name != "on disk" && v == 0 {
					w.open(rt, nil)
				} else if name != "on disk" {
					w.open(rt, w.store.Versions[v-1])
				}
				got := exact(w.run(rt, b.Slice(from, to), size, NoWatermark))
				if w.commit(rt, v); !slices.Equal(got, want) {
					rt.Fatalf("%s, batch %d gives\n%s\nand not\n%s", name, v, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
			from = to
		}
	})
}

// expected computes the aggregations of the rows that are left.
func expected(t rapid.TB, aggs []*Aggregation, b batch.Batch) []string {
	var left []int32
	gone := map[string]int{}
	lines := exact([]batch.Batch{b})
	for i := len(lines) - 1; i >= 0; i-- {
		if row := lines[i][3:]; lines[i][0] == '-' {
			gone[row]++
		} else if gone[row] > 0 {
			gone[row]--
		} else {
			left = append([]int32{int32(i)}, left...)
		}
	}
	net, err := takeRows(batch.Batch{Record: b.Record}, left)
	noError(t, err)
	for _, agg := range aggs {
		plain, err := NewAggregation(agg.keys, agg.aggs, true)
		noError(t, err)
		whole, err := plain.Complete(NewValues(net.Record.Schema(), net), testEnv, 1<<30)
		noError(t, err)
		out, err := whole.Next(context.Background())
		if batch.IsEnd(err) {
			return nil
		}
		noError(t, err)
		net = out
	}
	out := exact([]batch.Batch{net})
	for i := range out {
		out[i] = out[i][3:]
	}
	slices.Sort(out)
	return out
}
