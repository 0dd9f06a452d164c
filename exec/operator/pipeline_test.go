package operator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// bind binds an expression over the columns of a batch.
func bind(t testing.TB, b batch.Batch, e expr.Expr) expr.Expr {
	t.Helper()
	schema, err := types.SchemaFromArrow(b.Record.Schema())
	if err != nil {
		t.Fatal(err)
	}
	bound, err := (&expr.Scope{Schema: schema}).Bind(e)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func lit(v any, t types.Type) expr.Expr { return &expr.Literal{Value: v, T: t} }

// The answer may not depend on where the input was cut.
func TestFilterAndProjectCutAnywhere(t *testing.T) {
	b := table(parse(t, types.Long, `[1, 2, null, 4, 5, 6]`), parse(t, types.String, `["a", "b", "c", null, "e", "f"]`))
	b.Changes = []int8{1, 1, 1, 1, 1, -1}
	cond := bind(t, b, expr.NewCall(">", ref(b, 0), lit(int64(1), types.Long)))
	list := []expr.Expr{ref(b, 1), expr.As(lit(int64(7), types.Long), "seven"), ref(b, 0)}
	for size := 6; size >= 1; size-- {
		f, err := NewFilter(stream(b, size), cond, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewProject(f, list, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{`"b" | 7 | 2`, `(null) | 7 | 4`, `"e" | 7 | 5`, `"f" | 7 | 6 | -1`}
		if got := read(t, p); !slices.Equal(got, want) {
			t.Errorf("cut at %d: %q", size, got)
		}
	}
}

// failing computes 10/a, which fails where a is 0.
func failing(t testing.TB, b batch.Batch) expr.Expr {
	return bind(t, b, expr.NewCall("div", lit(int64(10), types.Long), ref(b, 0)))
}

func TestRowErrors(t *testing.T) {
	for _, zeros := range []int{0, 1, 3, 20, 40} {
		text := make([]string, 40)
		for i := range text {
			if text[i] = "5"; i >= 40-zeros {
				text[i] = "0"
			}
		}
		b := table(parse(t, types.Long, "["+strings.Join(text, ",")+"]"))
		aside, env := 0, testEnv
		env.RowError = func(b batch.Batch, row int, cause error) error {
			if cell(b.Record.Column(0), row) != "0" || cause == nil {
				return fmt.Errorf("row %d was set aside because of %w", row, cause)
			}
			aside++
			return nil
		}
		p, err := NewProject(stream(b, 40), []expr.Expr{failing(t, b)}, env)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, p); len(got) != 40-zeros || aside != zeros {
			t.Errorf("%d zeros: %d rows, %d aside", zeros, len(got), aside)
		}
		p, err = NewProject(stream(b, 40), []expr.Expr{failing(t, b)}, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(p); (err == nil) != (zeros == 0) {
			t.Errorf("%d zeros without a hook: %v", zeros, err)
		}
	}
}

// A limit asks for no more than it needs, and closes its input early.
func TestLimitEarlyShutdown(t *testing.T) {
	b := table(parse(t, types.Long, `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`))
	for size := 10; size >= 1; size-- {
		for rows := -1; rows <= 11; rows++ {
			for offset := 0; offset <= 11; offset++ {
				in := stream(b, size)
				got := read(t, NewLimit(in, int64(rows), int64(offset)))
				from, to := min(offset, 10), 10
				if rows >= 0 {
					to = min(from+rows, 10)
				}
				var want []string
				for i := from; i < to; i++ {
					want = append(want, fmt.Sprint(i))
				}
				if !slices.Equal(got, want) {
					t.Fatalf("cut at %d, limit %d offset %d: %v", size, rows, offset, got)
				}
				needed := (offset + rows + size - 1) / size
				if rows == 0 {
					needed = 0
				}
				if rows >= 0 && needed < len(in.batches) && in.pulls > needed {
					t.Fatalf("cut at %d, limit %d offset %d: %d pulls", size, rows, offset, in.pulls)
				}
			}
		}
	}
}

func TestUnion(t *testing.T) {
	a, b := table(parse(t, types.Long, `[1, 2, 3]`)), table(parse(t, types.Long, `[4, null]`))
	u, err := NewUnion(a.Record.Schema(), stream(a, 2), stream(b, 1), stream(a, 3))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(read(t, u), " "); got != "1 2 3 4 (null) 1 2 3" {
		t.Error(got)
	}
	c := table(parse(t, types.String, `["x"]`))
	if _, err := NewUnion(a.Record.Schema(), stream(a, 1), stream(c, 1)); err == nil {
		t.Error("a union of bigint and string was made")
	}
}

// Sort and TopK give what a stable sort by comparators gives.
func TestSortAgainstComparators(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		n := rapid.IntRange(1, 200).Draw(rt, "rows")
		numbers := make([]string, n)
		for i := range numbers {
			numbers[i] = fmt.Sprint(i)
		}
		cols := []arrow.Array{parse(t, types.Int, "["+strings.Join(numbers, ",")+"]")}
		var keys []*expr.Order
		for range rapid.IntRange(1, 3).Draw(rt, "keys") {
			cols = append(cols, random(rng, rapid.SampledFrom(keyTypes).Draw(rt, "type"), n, rapid.IntRange(1, 30).Draw(rt, "distinct")))
		}
		b := table(cols...)
		for c := 1; c < len(cols); c++ {
			keys = append(keys, &expr.Order{Child: ref(b, c), Desc: rapid.Bool().Draw(rt, "desc"), NullsFirst: rapid.Bool().Draw(rt, "nulls first")})
		}
		want := sortedRows(rt, b, keys)
		size, limit, offset := rapid.IntRange(1, n).Draw(rt, "size"), rapid.IntRange(0, n+2).Draw(rt, "limit"), rapid.IntRange(0, n+2).Draw(rt, "offset")
		s, err := NewSort(stream(b, size), keys, testEnv, 1<<30)
		if err != nil {
			rt.Fatal(err)
		}
		if got := read(t, s); !slices.Equal(got, want) {
			rt.Fatalf("sorted by %s:\n%s\nnot\n%s", orders(keys), strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		k, err := NewTopK(stream(b, size), keys, int64(limit), int64(offset), testEnv, 1<<30)
		if err != nil {
			rt.Fatal(err)
		}
		from := min(offset, n)
		if got := read(t, k); !slices.Equal(got, want[from:min(from+limit, n)]) {
			rt.Fatalf("%s: %v", k, got)
		}
	})
}

func sortedRows(t rapid.TB, b batch.Batch, keys []*expr.Order) []string {
	rows := make([]int, b.NumRows())
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(i, j int) int {
		for _, k := range keys {
			col := b.Record.Column(k.Child.(*expr.Ref).Index)
			if ni, nj := col.IsNull(i), col.IsNull(j); ni || nj {
				if ni == nj {
					continue
				}
				if ni == k.NullsFirst {
					return -1
				}
				return 1
			}
			compare, err := kernel.NewComparator(col, col)
			if err != nil {
				t.Fatal(err)
			}
			if c := compare(i, j); c != 0 {
				if k.Desc {
					return -c
				}
				return c
			}
		}
		return 0
	})
	all := text(b)
	out := make([]string, len(rows))
	for k, i := range rows {
		out[k] = all[i]
	}
	return out
}

// Operators leave the batches they are given as they were.
func TestBatchesAreNotChanged(t *testing.T) {
	b := numbered(t, 100, 9)
	in := stream(b, 7)
	before := text(b)
	for n := range 8 {
		for range 2 {
			again := &given{schema: in.schema, batches: in.batches}
			if _, err := readAll(operators(t, again, b)[n]); err != nil {
				t.Fatal(err)
			}
		}
		var after []string
		for _, part := range in.batches {
			after = append(after, text(part)...)
		}
		if !slices.Equal(before, after) {
			t.Fatalf("operator %d changed its input", n)
		}
	}
}

// TopK keeps few rows of a long input.
func TestTopKKeepsFewRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	b := table(random(rng, types.Long, 100_000, 90_000), random(rng, types.String, 100_000, 1000))
	keys := []*expr.Order{{Child: ref(b, 0), Desc: true}, {Child: ref(b, 1), NullsFirst: true}}
	k, err := NewTopK(stream(b, 1000), keys, 10, 5, testEnv, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, k), sortedRows(t, b, keys)[5:15]; !slices.Equal(got, want) {
		t.Errorf("top rows are %q, not %q", got, want)
	}
}

func TestSortBudget(t *testing.T) {
	b := table(random(rand.New(rand.NewPCG(5, 6)), types.Long, 1000, 90))
	s, err := NewSort(stream(b, 100), []*expr.Order{{Child: ref(b, 0)}}, testEnv, 20_000)
	if err != nil {
		t.Fatal(err)
	}
	_, err = readAll(s)
	want := "Sort [a ASC NULLS LAST]: 500 rows need more than the 20000 bytes allowed; raise riffle.sort.bytes, or sort fewer rows or columns"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, not %s", err, want)
	}
}

// operators returns every operator over an input.
func operators(t testing.TB, in batch.Stream, b batch.Batch) []batch.Stream {
	t.Helper()
	agg, err := NewAggregation(refs(b, 0), []expr.Expr{call(t, b, "count")}, true)
	if err != nil {
		t.Fatal(err)
	}
	must := func(s batch.Stream, err error) batch.Stream {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	keys := []*expr.Order{{Child: ref(b, 0)}}
	f, err := NewFilter(in, lit(true, types.Boolean), testEnv)
	p, err2 := NewProject(in, refs(b, 0), testEnv)
	u, err3 := NewUnion(in.Schema(), in)
	s, err4 := NewSort(in, keys, testEnv, 1<<30)
	k, err5 := NewTopK(in, keys, 2, 0, testEnv, 1<<30)
	c, err6 := agg.Complete(in, testEnv, 1<<30)
	q, err7 := agg.Partial(in, testEnv)
	return []batch.Stream{must(f, err), must(p, err2), NewLimit(in, 100, 0), must(u, err3), must(s, err4), must(k, err5), must(c, err6), must(q, err7)}
}

// An error of the input comes out of every operator, again and again, and never
// looks like an end; Close closes the input and may be repeated.
func TestErrorsAndClose(t *testing.T) {
	b := table(parse(t, types.Long, `[1, 2, 3]`))
	broken := errors.New("broken")
	for n := range 8 {
		in := stream(b, 1)
		in.end = broken
		s := operators(t, in, b)[n]
		var err error
		for range 5 {
			if _, err = s.Next(context.Background()); err != nil {
				break
			}
		}
		if _, again := s.Next(context.Background()); !errors.Is(err, broken) || !errors.Is(again, broken) {
			t.Errorf("%s: %v, then %v", s, err, again)
		}
		in = stream(b, 1)
		s = operators(t, in, b)[n]
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", s, err)
		}
		in = stream(b, 1)
		s = operators(t, in, b)[n]
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
		if _, err := s.Next(context.Background()); err == nil || batch.IsEnd(err) || in.closed == 0 {
			t.Errorf("%s, closed: %v, input closed %d times", s, err, in.closed)
		}
	}
}
