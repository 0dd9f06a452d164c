package kernel

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
)

// benchBatch is a batch of DNS-like rows: 2 % of the names null or empty, 4 %
// local.
func benchBatch(b *testing.B) (arrow.RecordBatch, int) {
	rnd := rand.New(rand.NewSource(1))
	rows := make([][]any, batch.MaxRows)
	size := 0
	for i := range rows {
		row := randomRow(rnd)
		row[0], row[2], row[4] = int32(rnd.Intn(1000)), rnd.Int63n(1e6), rnd.Float64()
		name := fmt.Sprintf("host%d.example%d.com", rnd.Intn(100000), rnd.Intn(500))
		switch k := rnd.Intn(100); {
		case k < 4:
			name = fmt.Sprintf("printer%d.local", rnd.Intn(100))
		case k == 4:
			name = ""
		}
		row[6], row[7] = name, "A"
		if rnd.Intn(100) == 0 {
			row[6] = nil
		}
		size += len(name)
		rows[i] = row
	}
	return record(b, rows), size
}

func report(b *testing.B, bytes int) {
	b.SetBytes(int64(bytes))
	b.ReportMetric(float64(batch.MaxRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
}

func BenchmarkPredicate(b *testing.B) {
	for _, text := range []string{
		"s is not null and s <> '' and not (s like '%.local')",
		"s is not null", "s <> ''", "s like '%.local'", "s like 'host1%'", "s = 'host1.example2.com'", "s in ('a', 'b', 'printer1.local')",
		"a > 500", "l = 7", "d < 0.5D", "a > 100 and a < 900 or l = 7", "a + 1 > 500",
	} {
		b.Run(text, func(b *testing.B) {
			rec, size := benchBatch(b)
			p, err := CompilePredicate(bindText(b, text))
			if err != nil {
				b.Fatal(err)
			}
			env := testEnv()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := p.Select(env, rec, Rows{N: batch.MaxRows}); err != nil {
					b.Fatal(err)
				}
			}
			report(b, size)
		})
	}
}

func BenchmarkEval(b *testing.B) {
	for _, text := range []string{
		"a + 1", "l * 2 - a", "d / 3", "s = t", "s || '.'", "case when a > 500 then s else t end", "coalesce(s, t)", "cast(a as string)",
		"cast(a as bigint)", "cast(cast(a as string) as int)", "cast(l as decimal(20,2)) * 1.5", "cast(ts as string)", "a in (1, 2, 3)", "st.s",
	} {
		b.Run(text, func(b *testing.B) {
			rec, size := benchBatch(b)
			ev, err := Compile(bindText(b, text))
			if err != nil {
				b.Fatal(err)
			}
			env := testEnv()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := ev.Eval(env, rec, Rows{N: batch.MaxRows}); err != nil {
					b.Fatal(err)
				}
			}
			report(b, size)
		})
	}
}

// BenchmarkFilterProject is a filter and a projection of three columns, whose
// rows are then copied together.
func BenchmarkFilterProject(b *testing.B) {
	rec, size := benchBatch(b)
	p, err := CompilePredicate(bindText(b, "s is not null and s <> '' and not (s like '%.local')"))
	if err != nil {
		b.Fatal(err)
	}
	list, err := CompileList([]expr.Expr{bindText(b, "s"), bindText(b, "a + 1"), bindText(b, "l")})
	if err != nil {
		b.Fatal(err)
	}
	env := testEnv()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		sel, err := p.Select(env, rec, Rows{N: batch.MaxRows})
		if err != nil {
			b.Fatal(err)
		}
		out, err := list.Eval(env, rec, Rows{batch.MaxRows, sel})
		if err != nil {
			b.Fatal(err)
		}
		cols, fields := make([]arrow.Array, len(out)), make([]arrow.Field, len(out))
		for i, v := range out {
			cols[i], fields[i] = v.Array, arrow.Field{Name: "c", Type: v.Array.DataType(), Nullable: true}
		}
		full := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, batch.MaxRows)
		if _, err := Compact(batch.Batch{Record: full, Sel: sel}); err != nil {
			b.Fatal(err)
		}
	}
	report(b, size)
}
