package operator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// consume reads a stream to its end.
func consume(b *testing.B, s batch.Stream, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	for !batch.IsEnd(err) {
		if _, err = s.Next(context.Background()); err != nil && !batch.IsEnd(err) {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGroupBy counts by three string keys: address, domain, type.
func BenchmarkGroupBy(b *testing.B) {
	const rows = 1 << 20
	for _, groups := range []int{1e2, 1e4, 1e5, 1e6} {
		keys, bytes := dnsKeys(groups, rows)
		var batches []batch.Batch
		for _, k := range keys {
			batches = append(batches, table(k[0].Array, k[1].Array, k[2].Array))
		}
		in := batches[0]
		agg, err := NewAggregation(refs(in, 0, 1, 2), []expr.Expr{call(b, in, "count")}, true)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) {
			measure(b, rows, bytes, func() {
				s, err := agg.Complete(NewValues(in.Record.Schema(), batches...), testEnv, 1<<40)
				consume(b, s, err)
			})
		})
		if groups == 1e5 {
			b.Run(fmt.Sprintf("groups=%d/partial+exchange+final", groups), func(b *testing.B) {
				measure(b, rows, bytes, func() {
					p, err := agg.Partial(NewValues(in.Record.Schema(), batches...), testEnv)
					if err != nil {
						b.Fatal(err)
					}
					outs := HashExchange([]batch.Stream{p}, 3, 2, 1<<40)
					for _, out := range outs {
						f, err := agg.Final(out, 1<<40)
						consume(b, f, err)
					}
				})
			})
		}
	}
}

// BenchmarkGroupByKeys counts by other kinds and numbers of keys, 10000 groups.
func BenchmarkGroupByKeys(b *testing.B) {
	const rows, groups = 1 << 20, 10_000
	rng := rand.New(rand.NewPCG(1, 2))
	ints := array.NewInt64Builder(memory.DefaultAllocator)
	text := array.NewStringBuilder(memory.DefaultAllocator)
	var g []int
	for range rows {
		g = append(g, rng.IntN(groups))
	}
	for _, k := range g {
		ints.Append(int64(k) * 1_000_003)
		text.Append(fmt.Sprintf("key-%d", k%100))
	}
	i, s := ints.NewArray(), text.NewArray()
	for name, columns := range map[string][]arrow.Array{"int": {i}, "int+string": {i, s}, "int*6": {i, i, i, i, i, i}} {
		b.Run(name, func(b *testing.B) {
			whole := table(columns...)
			in := stream(whole, batch.MaxRows)
			keys := make([]int, len(columns))
			for c := range keys {
				keys[c] = c
			}
			agg, err := NewAggregation(refs(whole, keys...), []expr.Expr{call(b, whole, "sum", 0)}, true)
			if err != nil {
				b.Fatal(err)
			}
			measure(b, rows, 8*rows*int64(len(columns)), func() {
				s, err := agg.Complete(NewValues(whole.Record.Schema(), in.batches...), testEnv, 1<<40)
				consume(b, s, err)
			})
		})
	}
}

// events is a million rows: a number, a text, a double.
func events(b *testing.B) (batch.Batch, []batch.Batch) {
	rng := rand.New(rand.NewPCG(1, 2))
	ints, text := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	floats := array.NewFloat64Builder(memory.DefaultAllocator)
	for range 1 << 20 {
		k := rng.IntN(1 << 20)
		ints.Append(int64(k))
		text.Append(fmt.Sprintf("site%d.example.com", k))
		floats.Append(rng.Float64())
	}
	whole := table(ints.NewArray(), text.NewArray(), floats.NewArray())
	return whole, stream(whole, batch.MaxRows).batches
}

func BenchmarkFilterProject(b *testing.B) {
	whole, batches := events(b)
	cond := bind(b, whole, expr.NewCall(">", ref(whole, 0), lit(int64(1<<19), types.Long)))
	list := []expr.Expr{ref(whole, 1), bind(b, whole, expr.NewCall("+", ref(whole, 0), lit(int64(1), types.Long)))}
	measure(b, 1<<20, 8<<20, func() {
		f, err := NewFilter(NewValues(whole.Record.Schema(), batches...), cond, testEnv)
		if err != nil {
			b.Fatal(err)
		}
		p, err := NewProject(f, list, testEnv)
		consume(b, p, err)
	})
}

func BenchmarkSort(b *testing.B) {
	whole, batches := events(b)
	for name, key := range map[string]int{"int": 0, "string": 1, "double": 2} {
		keys := []*expr.Order{{Child: ref(whole, key), NullsFirst: true}}
		b.Run(name, func(b *testing.B) {
			measure(b, 1<<20, 0, func() {
				s, err := NewSort(NewValues(whole.Record.Schema(), batches...), keys, testEnv, 1<<40)
				consume(b, s, err)
			})
		})
		b.Run(name+"/top=20", func(b *testing.B) {
			measure(b, 1<<20, 0, func() {
				s, err := NewTopK(NewValues(whole.Record.Schema(), batches...), keys, 20, 0, testEnv, 1<<40)
				consume(b, s, err)
			})
		})
	}
}
