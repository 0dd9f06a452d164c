package operator

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// benchSide is a table of n rows: a random key out of keys ones, as a number or as
// text, and a number. Where keys is n each comes once.
func benchSide(n, keys int, text bool) batch.Batch {
	numbers, texts, values := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	random := rand.New(rand.NewPCG(1, uint64(n)))
	all := random.Perm(keys)
	for i := range n {
		key := all[i%keys]
		if n != keys {
			key = random.IntN(keys)
		}
		numbers.Append(int64(key))
		texts.Append(fmt.Sprintf("host-%012d", key))
		values.Append(int64(i))
	}
	if text {
		return table(texts.NewArray(), values.NewArray())
	}
	return table(numbers.NewArray(), values.NewArray())
}

// BenchmarkHashJoin joins rows with a table of distinct keys that half of them
// find, and by a Go map of the same rows for comparison.
func BenchmarkHashJoin(b *testing.B) {
	const rows = 1 << 20
	for _, keys := range []int{1000, 100_000, 1_000_000} {
		for _, text := range []bool{false, true} {
			kind := map[bool]string{false: "int64", true: "text"}[text]
			probe, build := benchSide(rows, 2*keys, text), benchSide(keys, keys, text)
			spec := &JoinSpec{ProbeKeys: []expr.Expr{ref(probe, 0)}, BuildKeys: []expr.Expr{ref(build, 0)}, NullSafe: []bool{false}, Name: "HashJoin",
				Schema: arrow.NewSchema(append(probe.Record.Schema().Fields(), build.Record.Schema().Fields()...), nil)}
			b.Run(fmt.Sprintf("build/%s/keys=%d", kind, keys), func(b *testing.B) {
				for b.Loop() {
					if _, err := BuildJoin(b.Context(), stream(build, batch.MaxRows), spec, testEnv, 1<<40); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(keys)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
			b.Run(fmt.Sprintf("probe/%s/keys=%d", kind, keys), func(b *testing.B) {
				tab, err := BuildJoin(b.Context(), stream(build, batch.MaxRows), spec, testEnv, 1<<40)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(sizeOf(probe.Record.Columns()))
				for b.Loop() {
					j, err := NewHashJoin(stream(probe, batch.MaxRows), spec, tab, testEnv)
					if err != nil {
						b.Fatal(err)
					}
					for err == nil {
						_, err = j.Next(b.Context())
					}
					if !batch.IsEnd(err) {
						b.Fatal(err)
					}
				}
				b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
			b.Run(fmt.Sprintf("gomap/%s/keys=%d", kind, keys), func(b *testing.B) { benchMap(b, probe, build, text) })
		}
	}
}

// benchMap is the probe by hand: a map of lists of rows, and columns taken.
func benchMap(b *testing.B, probe, build batch.Batch, text bool) {
	numbers, texts := map[int64][]int32{}, map[string][]int32{}
	if text {
		for i := range build.NumRows() {
			k := build.Record.Column(0).(*array.String).Value(i)
			texts[k] = append(texts[k], int32(i))
		}
	} else {
		for i, k := range build.Record.Column(0).(*array.Int64).Int64Values() {
			numbers[k] = append(numbers[k], int32(i))
		}
	}
	b.SetBytes(sizeOf(probe.Record.Columns()))
	b.ResetTimer()
	for range b.N {
		for from := 0; from < probe.NumRows(); from += batch.MaxRows {
			part := probe.Slice(from, min(from+batch.MaxRows, probe.NumRows()))
			var left, right []int32
			for i := range part.NumRows() {
				var found []int32
				if text {
					found = texts[part.Record.Column(0).(*array.String).Value(i)]
				} else {
					found = numbers[part.Record.Column(0).(*array.Int64).Value(i)]
				}
				for _, r := range found {
					left, right = append(left, int32(i)), append(right, r)
				}
			}
			for c := range 2 {
				if _, err := kernel.Take(part.Record.Column(c), left); err != nil {
					b.Fatal(err)
				}
				if _, err := kernel.Take(build.Record.Column(c), right); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric(float64(probe.NumRows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
