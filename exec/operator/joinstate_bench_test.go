package operator

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// benchRows makes a batch of an input: keys, times where timed, then k, v and t.
func benchRows(schema *arrow.Schema, keys []int64, time int64, timed bool) batch.Batch {
	column := func(f func(i int) int64) arrow.Array {
		vals := make([]int64, len(keys))
		for i := range vals {
			vals[i] = f(i)
		}
		return newFixed(arrow.PrimitiveTypes.Int64, vals, nil)
	}
	key := column(func(i int) int64 { return keys[i] })
	at := column(func(i int) int64 { return time + int64(i) })
	cols := []arrow.Array{key, key, column(func(i int) int64 { return int64(i) }), at}
	if timed {
		cols = []arrow.Array{key, at, key, cols[2], at}
	}
	return batch.Batch{Record: array.NewRecordBatch(schema, cols, int64(len(keys)))}
}

// benchJoin feeds a join micro-batches of 8 batches a side: each right row matches
// one left row of some batches before, so that about state rows are kept. What a
// batch changed is written as for a checkpoint.
func benchJoin(b *testing.B, spec *StreamJoinSpec, rows int, held bool) {
	const perBatch, batches = 8192, 8
	store := memory.New(state.NewBudget(8 << 30))
	join, err := openJoin(spec, store, state.AllGroups, held)
	if err != nil {
		b.Fatal(err)
	}
	timed := spec.Bounds != nil
	rng, n, version, out, changed, tip := rand.New(rand.NewPCG(1, 2)), int64(0), int64(0), 0, int64(0), state.Hash{}
	step := func(pairs bool) {
		var in [2]*given
		for side := range in {
			in[side] = &given{schema: spec.Inputs[side]}
		}
		for range batches {
			keys := make([]int64, perBatch)
			for i := range keys {
				keys[i] = n + int64(i)
			}
			rng.Shuffle(perBatch, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			in[LeftSide].batches = append(in[LeftSide].batches, benchRows(spec.Inputs[0], keys, n, timed))
			if pairs {
				old := make([]int64, perBatch)
				for i := range old {
					old[i] = keys[i] - int64(rows/2)
				}
				in[RightSide].batches = append(in[RightSide].batches, benchRows(spec.Inputs[1], old, n, timed))
			}
			n += perBatch
		}
		s := join.Stream(in[LeftSide], in[RightSide], n-int64(rows)/2-perBatch*batches, testEnv)
		got, err := drain(context.Background(), s, -1)
		if !batch.IsEnd(err) {
			b.Fatal(err)
		}
		out += got
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		if err := join.Flush(); err != nil {
			b.Fatal(err)
		}
		version++
		info, err := state.WriteDelta(io.Discard, version, tip, store.Changes)
		if err != nil {
			b.Fatal(err)
		}
		changed, tip = changed+info.Bytes, info.Tip
		if err := store.Commit(version); err != nil {
			b.Fatal(err)
		}
		join.Commit()
	}
	for n < int64(rows) {
		step(n >= int64(rows)/2)
	}
	b.ResetTimer()
	before := cpuTime()
	changed = 0
	for range b.N {
		step(true)
	}
	b.ReportMetric(float64(changed)/float64(2*perBatch*batches*b.N), "delta-B/row")
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(2*perBatch*batches*b.N), "cpu-ns/row")
	b.SetBytes(2 * perBatch * batches * 24)
	b.ReportMetric(float64(2*perBatch*batches*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(join.Stats().Left+join.Stats().Right), "state-rows")
	b.ReportMetric(float64(store.Stats("join-0").Bytes+join.Stats().Bytes)/float64(join.Stats().Left+join.Stats().Right), "B/state-row")
}

func BenchmarkStreamJoin(b *testing.B) {
	for _, kind := range joinKinds[:2] {
		for _, where := range []string{"held", "table"} {
			held := where == "held"
			b.Run(kind.name+"/state=1e6/"+where, func(b *testing.B) { benchJoin(b, streamJoinSpec(kind, nil, false), 1e6, held) })
			b.Run(kind.name+"/bounded/state=1e6/"+where, func(b *testing.B) {
				benchJoin(b, boundedSpec(b, kind, 0, 600_000, false), 1e6, held)
			})
		}
	}
}

// BenchmarkStreamJoinOfMaps is what a program by hand would do: a Go map for each
// side, rows as structs, inner.
func BenchmarkStreamJoinOfMaps(b *testing.B) {
	type row struct{ k, v, t int64 }
	const rows, step = 1_000_000, 65536
	sides := [2]map[int64][]row{{}, {}}
	n, out := int64(0), 0
	var pairs [][2]row
	add := func(side int, r row) {
		for _, o := range sides[1-side][r.k] {
			if pairs = append(pairs, [2]row{r, o}); len(pairs) == batch.MaxRows {
				out += len(pairs)
				pairs = pairs[:0]
			}
		}
		sides[side][r.k] = append(sides[side][r.k], r)
	}
	for ; n < rows; n++ {
		add(LeftSide, row{n, n, n})
		if n >= rows/2 {
			add(RightSide, row{n - rows/2, n, n})
		}
	}
	b.ResetTimer()
	before := cpuTime()
	defer func() { b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(2*step*b.N), "cpu-ns/row") }()
	for range b.N {
		for range step {
			add(LeftSide, row{n, n, n})
			add(RightSide, row{n - rows/2, n, n})
			n++
		}
	}
	b.ReportMetric(float64(2*step*b.N)/b.Elapsed().Seconds(), "rows/s")
}
