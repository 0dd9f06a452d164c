package operator

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// everyAggregate are aggregations of every kind of store there is.
func everyAggregate(t testing.TB, b batch.Batch) *Aggregation {
	var aggs []expr.Expr
	for _, c := range []struct {
		name string
		col  int
	}{{"count", 1}, {"sum", 1}, {"avg", 1}, {"min", 2}, {"max", 1}, {"first", 2}, {"last", 2}, {"collect_list", 2}, {"collect_set", 1}, {"stddev", 1}, {"bool_or", 3}, {"any_value", 3}, {"approx_count_distinct", 2}, {"max_by", 1}} {
		cols := []int{c.col}
		if c.name == "max_by" {
			cols = []int{2, 1}
		}
		aggs = append(aggs, call(t, b, c.name, cols...))
	}
	distinct := call(t, b, "count", 1).(*expr.Call)
	distinct.Distinct = true
	agg, err := NewAggregation(refs(b, 0), append(aggs, distinct), true)
	if err != nil {
		t.Fatal(err)
	}
	return agg
}

// State that lives over many batches, some of them aborted half-way, gives in
// each mode what a whole aggregation over all batches so far gives.
func TestStateOverBatches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		rng := rand.New(rand.NewPCG(seed, 0))
		n := rapid.IntRange(1, 200).Draw(rt, "rows")
		b := table(random(rng, types.String, n, 20), random(rng, types.Int, n, 10), random(rng, types.String, n, 30), random(rng, types.Boolean, n, 5))
		agg := everyAggregate(t, b)
		budget := state.NewBudget(1 << 30)
		s, err := agg.NewState(StateOptions{Budget: budget, Emit: EmitUpdate, Time: GroupTime{Column: -1}})
		if err != nil {
			rt.Fatal(err)
		}
		shown, before := map[string]string{}, []string(nil)
		for from := 0; from < n; {
			to := min(n, from+1+rng.IntN(60))
			part := b.Slice(from, to)
			if rng.IntN(2) == 0 {
				abort(rt, s, agg, part, rng)
				if got := sorted(read(t, rowsBy(s, EmitComplete))); !slices.Equal(got, before) {
					rt.Fatalf("after an abort:\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
				}
			}
			before = commit(rt, s, agg, part, 1+rng.IntN(20), shown)
			whole, err := agg.Complete(stream(b.Slice(0, to), 50), testEnv, 1<<30)
			if err != nil {
				rt.Fatal(err)
			}
			if want := sorted(read(t, whole)); !slices.Equal(before, want) {
				rt.Fatalf("after %d rows:\n%s\nnot\n%s", to, strings.Join(before, "\n"), strings.Join(want, "\n"))
			}
			from = to
		}
		if got := sorted(values(shown)); !slices.Equal(got, before) {
			rt.Fatalf("the updates add up to\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
		}
		if err := s.Close(); err != nil || budget.Used() != 0 {
			rt.Fatalf("%v, %d bytes left", err, budget.Used())
		}
	})
}

// rowsBy reads the rows of a state as another way to emit would give them.
func rowsBy(s *AggregateState, e Emit) batch.Stream {
	saved := s.opts.Emit
	s.opts.Emit = e
	defer func() { s.opts.Emit = saved }()
	return s.Rows()
}

func values(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func partial(t rapid.TB, agg *Aggregation, b batch.Batch, size int) batch.Stream {
	p, err := agg.Partial(stream(b, size), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// added begins a batch with the rows of b: as partial results, or as they are.
func added(t rapid.TB, s *AggregateState, agg *Aggregation, b batch.Batch, size int) batch.Stream {
	if size%2 == 0 {
		return s.Stream(partial(t, agg, b, size), NoWatermark)
	}
	rows, err := s.StreamRows(stream(b, size), NoWatermark, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// abort adds some of a batch and gives it up.
func abort(t rapid.TB, s *AggregateState, agg *Aggregation, b batch.Batch, rng *rand.Rand) {
	read(t, added(t, s, agg, b, 9))
	for range rng.IntN(3) {
		p, err := partial(t, agg, b, 10).Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Merge(p); err != nil {
			t.Fatal(err)
		}
	}
	if rng.IntN(2) == 0 {
		s.Rollback()
	} else {
		s.Begin() // which rolls back
		s.Rollback()
	}
}

// commit merges a batch, applies its updates to what is shown by key, and
// returns the whole state.
func commit(t rapid.TB, s *AggregateState, agg *Aggregation, b batch.Batch, size int, shown map[string]string) []string {
	old := s.Stats().Rows
	update := added(t, s, agg, b, size)
	rows := read(t, update)
	for _, r := range rows {
		key, _, _ := strings.Cut(r, " | ")
		shown[key] = r
	}
	fresh := rows[len(s.saved):]
	all := sorted(read(t, rowsBy(s, EmitComplete)))
	noError(t, s.Commit())
	st := s.Stats()
	if st.Updated != int64(len(rows)) || st.Rows != int64(len(all)) || st.Rows-old != int64(len(fresh)) || st.Bytes <= 0 {
		t.Errorf("stats are %+v after %d updated, %d new of %d rows", st, len(rows), len(fresh), len(all))
	}
	return all
}

func TestStateBudget(t *testing.T) {
	b := table(random(rand.New(rand.NewPCG(1, 1)), types.Long, 10000, 9000))
	agg, err := NewAggregation(refs(b, 0), []expr.Expr{call(t, b, "count")}, true)
	if err != nil {
		t.Fatal(err)
	}
	budget := state.NewBudget(100_000)
	s, err := agg.NewState(StateOptions{Budget: budget, Emit: EmitUpdate, Time: GroupTime{Column: -1}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = readAll(s.Stream(partial(t, agg, b, 1000), NoWatermark))
	if err == nil || !strings.Contains(err.Error(), "StateStoreAggregate(keys=[a], functions=[count()]): the state of the query needs ") || !strings.HasSuffix(err.Error(), "raise riffle.state.bytes, or group by columns with fewer values") {
		t.Errorf("error %v", err)
	}
	s.Rollback()
	if got := read(t, rowsBy(s, EmitComplete)); len(got) != 0 {
		t.Errorf("%d groups after the rollback", len(got))
	}
}

// A state without keys has one row, from the first batch on.
func TestStateWithoutKeys(t *testing.T) {
	b := table(parse(t, types.Long, `[1, 2, 3]`))
	agg, err := NewAggregation(nil, []expr.Expr{call(t, b, "count")}, true)
	if err != nil {
		t.Fatal(err)
	}
	s, err := agg.NewState(StateOptions{Budget: state.NewBudget(1 << 20), Emit: EmitComplete, Time: GroupTime{Column: -1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0", "3", "6"} {
		in := batch.Stream(NewValues(agg.PartialSchema()))
		if want != "0" {
			in = partial(t, agg, b, 2)
		}
		if got := read(t, s.Stream(in, NoWatermark)); !slices.Equal(got, []string{want}) {
			t.Errorf("%q, not %s", got, want)
		}
		noError(t, s.Commit())
	}
}

// Distinct rows of a stream: each once, over all batches.
func TestStreamingDistinct(t *testing.T) {
	b := table(parse(t, types.String, `["x", "y", "x", null, null, "z"]`))
	schema, err := types.SchemaFromArrow(b.Record.Schema())
	if err != nil {
		t.Fatal(err)
	}
	agg, err := NewDistinct(schema)
	if err != nil {
		t.Fatal(err)
	}
	s, err := agg.NewState(StateOptions{Budget: state.NewBudget(1 << 20), Emit: EmitFinal, Time: GroupTime{Column: -1}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for from := 0; from < 6; from += 2 {
		got = append(got, strings.Join(read(t, s.Stream(partial(t, agg, b.Slice(from, from+2), 1), NoWatermark)), " "))
		noError(t, s.Commit())
	}
	if want := []string{`"x" "y"`, `(null)`, `"z"`}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// Lists and structs are keys as well; maps are refused.
func TestNestedKeys(t *testing.T) {
	list := types.Array{Elem: types.Int, ContainsNull: true}
	b := table(parse(t, list, `[[1], [], [1], null, [null], null]`),
		parse(t, types.Struct{Fields: []types.Field{{Name: "p", Type: types.Double, Nullable: true}}}, `[{"p": 0}, {"p": 1}, {"p": -0.0}, null, {"p": null}, null]`))
	agg, err := NewAggregation(refs(b, 0, 1), []expr.Expr{call(t, b, "count")}, true)
	if err != nil {
		t.Fatal(err)
	}
	for size := 6; size >= 1; size-- {
		p, err := agg.Final(partial(t, agg, b, size), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{`[1] | {"p":0} | 2`, `[] | {"p":1} | 1`, `(null) | (null) | 2`, `[null] | {"p":null} | 1`}
		if got := read(t, p); !slices.Equal(got, want) {
			t.Errorf("cut at %d: %q", size, got)
		}
	}
	m := types.ToArrow(types.Map{Key: types.String, Value: types.Int})
	if _, err := NewGroupTable([]arrow.DataType{m}); err == nil || !strings.Contains(err.Error(), "use parts of them") {
		t.Errorf("a map became a key: %v", err)
	}
}

func noError(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
