package exec_test

import (
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/fn"
)

// Groups of a time and of windows that it is in are final together, by the time, so
// that what is counted above them by that time is not torn.
func TestGroupsOfATimeAndItsWindows(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", "at TIMESTAMP")
	inner := df.WithWatermark("at", "0 seconds").GroupBy(fn.SlidingWindow(fn.Col("at"), "6 seconds", "3 seconds").Alias("w"), fn.Col("at")).Count()
	q := start(t, inner.GroupBy(fn.Window(fn.Col("at"), "5 seconds").Alias("w")).Agg(fn.Sum(fn.Col("count")).Alias("n")).Select(fn.Expr("cast(w.start AS STRING)"), fn.Col("n")).
		WriteStream().Format("memory").QueryName("groups"))
	for _, second := range []int{21, 25, 26, 29, 40} {
		in.Append(record(t, "at TIMESTAMP", []any{time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC)}))
		settle(t, q)
	}
	want(t, "groups", sorted(t, b.Table("groups")), "[[2026-01-01 00:00:20,2] [2026-01-01 00:00:25,6]]")
}
