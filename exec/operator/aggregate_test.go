package operator

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

func TestCountByKey(t *testing.T) {
	b := table(parse(t, types.String, `["x", "y", null, "x", null, ""]`), parse(t, types.Long, `[1, null, 3, 4, null, 6]`))
	agg, err := NewAggregation(refs(b, 0), []expr.Expr{call(t, b, "count"), call(t, b, "count", 1)}, true)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`"" | 1 | 1`, `"x" | 2 | 2`, `"y" | 1 | 0`, `(null) | 2 | 1`}
	for size := 6; size >= 1; size-- {
		whole, err := agg.Complete(stream(b, size), testEnv, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if got := sorted(read(t, whole)); !slices.Equal(got, want) {
			t.Errorf("complete, cut at %d: %q", size, got)
		}
		part, err := agg.Partial(stream(b, size), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		final, err := agg.Final(part, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if got := sorted(read(t, final)); !slices.Equal(got, want) {
			t.Errorf("partial and final, cut at %d: %q", size, got)
		}
	}
}

func TestAggregateWithoutKeys(t *testing.T) {
	b := table(random(rand.New(rand.NewPCG(1, 1)), types.Long, 10, 5))
	agg, err := NewAggregation(nil, []expr.Expr{call(t, b, "count")}, true)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "0", 10: "10"} {
		s, err := agg.Complete(stream(b.Slice(0, n), 3), testEnv, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, s); !slices.Equal(got, []string{want}) {
			t.Errorf("%d rows: %q", n, got)
		}
	}
}

func TestAggregateBudget(t *testing.T) {
	b := table(random(rand.New(rand.NewPCG(1, 1)), types.Long, 10000, 5000))
	agg, err := NewAggregation(refs(b, 0), []expr.Expr{call(t, b, "count")}, true)
	if err != nil {
		t.Fatal(err)
	}
	s, err := agg.Complete(stream(b, 1000), testEnv, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	_, err = readAll(s)
	want := "HashAggregate(keys=[a], functions=[count()]): 2243 groups need more than the 100000 bytes allowed; " +
		"raise riffle.state.bytes, or group by columns with fewer values"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, not %s", err, want)
	}
}
