package operator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// Goldens: "agg NAME result=TYPE [args=TYPE,TYPE] [distinct] [ansi=false]" over
// rows of JSON: group, argument, ...; the answer is each group's value, and must
// be the same however the rows are cut and merged.
func TestAggregateFunctions(t *testing.T) {
	datadriven.RunTest(t, "testdata/aggregates.txt", func(t *testing.T, d *datadriven.TestData) string {
		a := aggregate{name: d.Cmd, text: d.Cmd + "(x)", ansi: true}
		distinct := false
		for _, arg := range d.CmdArgs {
			switch arg.Key {
			case "result":
				a.result = typeNamed(t, arg.Vals[0])
			case "args":
				for _, v := range arg.Vals {
					a.args = append(a.args, typeNamed(t, v))
				}
			case "consts":
				for _, v := range arg.Vals {
					a.consts = append(a.consts, map[string]any{"true": true, "false": false, "-": nil}[v])
				}
			case "distinct":
				distinct = true
			case "ansi":
				a.ansi = arg.Vals[0] == "true"
			}
		}
		b := rowsFromText(t, a, d.Input)
		want, err := runAccumulator(a, distinct, b, b.NumRows(), 1)
		for size := 1; size <= b.NumRows(); size++ {
			for parts := 1; parts <= 3; parts++ {
				got, err2 := runAccumulator(a, distinct, b, size, parts)
				if fmt.Sprint(got, err2) != fmt.Sprint(want, err) {
					t.Errorf("cut at %d, %d parts: %v %v", size, parts, got, err2)
				}
			}
		}
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return strings.Join(want, "\n") + "\n"
	})
}

func typeNamed(t *testing.T, name string) types.Type {
	for _, ty := range append(keyTypes, types.Array{Elem: types.Int, ContainsNull: true}, types.Array{Elem: types.String},
		types.Struct{Fields: []types.Field{{Name: "p", Type: types.Int, Nullable: true}}}, types.Decimal{Precision: 30, Scale: 2},
		types.Decimal{Precision: 24, Scale: 6}, types.Array{Elem: types.Double, ContainsNull: true}, types.Array{Elem: types.Long},
		types.Decimal{Precision: 38, Scale: 0}, types.Map{Key: types.String, Value: types.Int}, types.Map{Key: types.String, Value: types.Long}) {
		if strings.ReplaceAll(ty.Name(), ",", ":") == name {
			return ty
		}
	}
	t.Fatalf("no type %s", name)
	return nil
}

// rowsFromText reads a line for each column: the groups, then the arguments.
func rowsFromText(t *testing.T, a aggregate, input string) batch.Batch {
	lines := strings.Split(input, "\n")
	cols := []arrow.Array{parse(t, types.Long, lines[0])}
	for i, ty := range a.args {
		cols = append(cols, parse(t, ty, lines[i+1]))
	}
	return table(cols...)
}

// runAccumulator gives batches of size rows to as many accumulators as there are
// parts, in turn, merges them, and returns the results. On the way it takes back
// an update that was aborted.
func runAccumulator(a aggregate, distinct bool, b batch.Batch, size, parts int) ([]string, error) {
	var accs []Accumulator
	for range parts + 1 {
		acc, err := newAccumulator(a, distinct)
		if err != nil {
			return nil, err
		}
		acc.Grow(10)
		accs = append(accs, acc)
	}
	for from, k := 0, 0; from < b.NumRows(); from, k = from+size, k+1 {
		part := b.Slice(from, min(from+size, b.NumRows()))
		if err := feed(accs[k*parts*size/(b.NumRows()+parts*size)%parts], part); err != nil {
			return nil, err
		}
	}
	total, all := accs[parts], []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	for k, acc := range accs[:parts] {
		state, err := acc.State(all)
		if err != nil {
			return nil, err
		}
		total.Save(all)
		if k > 0 {
			if err := total.Merge(all, state); err != nil {
				return nil, err
			}
			total.Restore(all, 10)
			total.Grow(10)
			total.Save(all)
		}
		if err := total.Merge(all, state); err != nil {
			return nil, err
		}
		total.Commit()
	}
	res, err := total.Result([]uint32{1, 2, 3})
	if err != nil {
		return nil, err
	}
	return text(table(res)), nil
}

func feed(acc Accumulator, b batch.Batch) error {
	groups := make([]uint32, b.NumRows())
	for j, g := range batch.Values[int64](b.Record.Column(0)) {
		groups[j] = uint32(g)
	}
	var args []kernel.Value
	for _, c := range b.Record.Columns()[1:] {
		args = append(args, kernel.Value{Array: c})
	}
	return acc.Update(groups, args, rowsOf(b), b.Changes)
}

// Every aggregate function of the catalogue has an accumulator.
func TestEveryAggregateFunction(t *testing.T) {
	makers := accumulatorMakers()
	for _, fn := range expr.Functions() {
		for _, name := range append([]string{fn.Name}, fn.Aliases...) {
			if fn.Kind == expr.Aggregate && fn.UDF == nil && makers[name] == nil {
				t.Errorf("%s has no accumulator", name)
			}
		}
	}
}

func TestApproxCountDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 5, 100, 1000, 20_000, 200_000} {
		a := aggregate{name: "approx_count_distinct", text: "approx_count_distinct(x)", args: []types.Type{types.Int}, consts: []any{nil}, result: types.Long}
		acc, err := newAccumulator(a, false)
		if err != nil {
			t.Fatal(err)
		}
		acc.Grow(1)
		values := make([]int32, 2*n) // each twice
		for i := range values {
			values[i] = int32(i % n)
		}
		col := newFixed(arrow.PrimitiveTypes.Int32, values, nil)
		if err := acc.Update(make([]uint32, 2*n), []kernel.Value{{Array: col}}, kernel.Rows{N: 2 * n}, nil); err != nil {
			t.Fatal(err)
		}
		res, err := acc.Result([]uint32{0})
		if err != nil {
			t.Fatal(err)
		}
		if got := batch.Values[int64](res)[0]; math.Abs(float64(got)-float64(n)) > 0.12*float64(n) {
			t.Errorf("%d different values are counted as %d", n, got)
		}
	}
}

// min and max of any type are the first and last of its order.
func TestExtremesAgainstSort(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		ty := rapid.SampledFrom(keyTypes).Draw(rt, "type")
		n := rapid.IntRange(1, 50).Draw(rt, "rows")
		col := random(rng, ty, n, 40)
		if ty == types.Void {
			return
		}
		less, err := kernel.NewComparator(col, col)
		if err != nil {
			rt.Fatal(err)
		}
		low, high := -1, -1
		for i := range n {
			if col.IsNull(i) {
				continue
			}
			if low < 0 || less(i, low) < 0 {
				low = i
			}
			if high < 0 || less(i, high) > 0 {
				high = i
			}
		}
		for name, at := range map[string]int{"min": low, "max": high} {
			want := "(null)"
			if at >= 0 {
				want = cell(col, at)
			}
			a := aggregate{name: name, text: name, args: []types.Type{ty}, result: ty}
			b := table(parse(t, types.Long, "["+strings.Repeat("1,", n-1)+"1]"), col)
			got, err := runAccumulator(a, false, b, rapid.IntRange(1, n).Draw(rt, "size"), 2)
			if err != nil || got[0] != want {
				rt.Fatalf("%s of %s: %v %v, not %s", name, col, got, err, want)
			}
		}
	})
}
