package operator

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	alloc "github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/state/memory"
)

// valueRows has rows of some groups in turn; value says which value the j-th row of
// each group has.
func valueRows(groups, rows int, value func(j int) int) batch.Batch {
	k, v := array.NewStringBuilder(alloc.DefaultAllocator), array.NewStringBuilder(alloc.DefaultAllocator)
	for i := range rows {
		k.Append(fmt.Sprintf("host%d.example.org", i%groups))
		v.Append(fmt.Sprintf("domain%07d.example.com", value(i/groups)))
	}
	return table(k.NewArray(), v.NewArray())
}

// from counts up from a number.
func from(n int) func(j int) int { return func(j int) int { return n + j } }

// stateIn opens the state of an aggregation in an empty store.
func stateIn(t testing.TB, agg *Aggregation, backend string) (state.Store, *AggregateState) {
	store, limit := state.Store(memory.New(state.NewBudget(1<<40))), int64(1)<<40
	if backend == "disk" {
		var err error
		store, err = disk.Open(t.TempDir(), disk.Options{CacheBytes: 32 << 20})
		noError(t, err)
		limit = 256 << 20
	}
	s, err := agg.NewState(StateOptions{Budget: state.NewBudget(limit), Emit: EmitUpdate, Time: GroupTime{Column: -1}, Disk: backend == "disk"})
	noError(t, err)
	table, err := store.Table(agg.StateSpec("aggregate-0"), state.AllGroups, s.Kind())
	noError(t, err)
	noError(t, s.Attach(table))
	return store, s
}

// deltaOf runs a batch to its commit and returns the bytes of the pairs that it
// changed.
func deltaOf(t testing.TB, store state.Store, s *AggregateState, b batch.Batch, version int64) int {
	var pieces []batch.Batch
	for at := 0; at < b.NumRows(); at += batch.MaxRows {
		pieces = append(pieces, b.Slice(at, min(at+batch.MaxRows, b.NumRows())))
	}
	out, err := s.StreamRows(NewValues(b.Record.Schema(), pieces...), NoWatermark, testEnv)
	noError(t, err)
	_, err = readAll(out)
	noError(t, err)
	noError(t, s.Flush())
	n := 0
	noError(t, store.Changes(func(_ string, key, value []byte) error {
		n += len(key) + len(value)
		return nil
	}))
	noError(t, s.Commit())
	noError(t, store.Commit(version))
	return n
}

// callsOf are an aggregation by a of one call over b, as rows that only come have
// it, or as those that may be taken back.
func callsOf(t testing.TB, name string, distinct, retract bool) *Aggregation {
	sample := valueRows(1, 1, from(0))
	c := call(t, sample, name, 1).(*expr.Call)
	c.Distinct = distinct
	agg, err := NewAggregation(refs(sample, 0), []expr.Expr{c}, true)
	noError(t, err)
	if retract {
		agg, err = agg.WithRetract()
		noError(t, err)
	}
	return agg
}

// BenchmarkLargeGroups adds batches of 8192 rows, one in 8 with a new value, to 10
// groups of 100000 values each.
func BenchmarkLargeGroups(b *testing.B) {
	const groups, size, rows = 10, 100_000, 8192
	for _, c := range []struct {
		name              string
		distinct, retract bool
	}{{"count", true, false}, {"count", true, true}, {"max", false, true}} {
		for _, backend := range []string{"memory", "disk"} {
			b.Run(fmt.Sprintf("%s/distinct=%t/retract=%t/%s", c.name, c.distinct, c.retract, backend), func(b *testing.B) {
				store, s := stateIn(b, callsOf(b, c.name, c.distinct, c.retract), backend)
				version := int64(0)
				for ; version < 10; version++ {
					deltaOf(b, store, s, valueRows(groups, groups*size/10, from(int(version)*size/10)), version)
				}
				var batches []batch.Batch
				for i := range 64 {
					batches = append(batches, valueRows(groups, rows, func(j int) int {
						if j%8 == 0 {
							return size + i*1000 + j
						}
						return (j*131 + i*7919) % size
					}))
				}
				delta, first := 0, version
				begun := userTime()
				b.ResetTimer()
				for b.Loop() {
					delta += deltaOf(b, store, s, batches[version%64], version)
					version++
				}
				n := float64(version - first)
				b.ReportMetric((userTime()-begun)/n*1e3, "cpu-ms/batch")
				b.ReportMetric(n*rows/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(float64(delta)/n, "delta-B/batch")
				noError(b, s.Close())
				noError(b, store.Close())
			})
		}
	}
}

// userTime is the time in seconds that this process has computed.
func userTime() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()) / 1e9
}
