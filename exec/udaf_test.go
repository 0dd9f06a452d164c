package exec_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/fn"
)

// medianOf keeps all values. It cannot take one back.
type medianOf struct{}

func (medianOf) Zero() []int64                  { return nil }
func (medianOf) Add(b []int64, v int64) []int64 { return append(b, v) }
func (medianOf) Merge(a, b []int64) []int64     { return append(a, b...) }
func (medianOf) Result(b []int64) (median *int64) {
	if len(b) > 0 {
		slices.Sort(b)
		m := (b[(len(b)-1)/2] + b[len(b)/2]) / 2
		median = &m
	}
	return median
}

// most is the largest product of two values.
type most struct{}

type mostBuffer struct {
	N   int
	Max int64
}

func (most) Zero() mostBuffer { return mostBuffer{Max: math.MinInt64} }
func (most) Add(b mostBuffer, p fn.Pair[int64, int64]) mostBuffer {
	return mostBuffer{b.N + 1, max(b.Max, p.First*p.Second)}
}
func (most) Merge(a, b mostBuffer) mostBuffer { return mostBuffer{a.N + b.N, max(a.Max, b.Max)} }
func (most) Result(b mostBuffer) int64        { return b.Max }

type failing struct{ medianOf }

func (failing) Add([]int64, int64) []int64 { panic("no more") }

var (
	testMedian     = fn.UDAF("test_median", medianOf{})
	testMaxProduct = fn.UDAF2("test_max_product", most{})
	testPanics     = fn.UDAF("test_panics", failing{})
)

func TestUserDefinedAggregates(t *testing.T) {
	b := open(t)
	df := b.frame("k BIGINT, n BIGINT, m BIGINT", []any{1, 5, 2}, []any{1, 7, 1}, []any{2, 3, nil}, []any{1, 6, -1}, []any{2, nil, 4})
	rows, err := df.GroupBy(fn.Col("k")).Agg(testMedian(fn.Col("n")).Alias("a"), testMaxProduct(fn.Col("n"), fn.Col("m")).Alias("b")).
		OrderBy(fn.Col("k")).Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(rows[0].Values(), rows[1].Values()), "[1 6 10] [2 3 -9223372036854775808]"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	_, err = df.Agg(testPanics(fn.Col("n"))).Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the user-defined aggregate test_panics panicked: no more") {
		t.Errorf("a panic gave %v", err)
	}
}
