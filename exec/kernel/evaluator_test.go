package kernel

import (
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// calls counts how often, and for how many rows, the function counted was run.
var calls []int

var _ = expr.Register(&expr.UDF{Name: "kernel_test_counted", Args: []types.Type{types.Int}, Result: types.Int, Deterministic: true,
	Run: func(args []any, n int) (any, error) {
		calls = append(calls, n)
		return args[0], nil
	}})

var _ = expr.Register(&expr.UDF{Name: "kernel_test_volatile", Args: []types.Type{types.Int}, Result: types.Int,
	Run: func(args []any, n int) (any, error) {
		calls = append(calls, n)
		return args[0], nil
	}})

var _ = expr.Register(&expr.UDF{Name: "kernel_test_fails_on_7", Args: []types.Type{types.Int}, Result: types.Int,
	Run: func(args []any, n int) (any, error) {
		a := args[0].(*array.Int32)
		for i := range n {
			if a.Value(i) == 7 {
				panic("seven")
			}
		}
		return a, nil
	}})

var _ = expr.Register(&expr.UDF{Name: "kernel_test_short", Args: []types.Type{types.Int}, Result: types.Int,
	Run: func(args []any, n int) (any, error) { return array.NewSlice(args[0].(arrow.Array), 0, 1), nil }})

var _ = expr.Register(&expr.UDF{Name: "kernel_test_wrong_type", Args: []types.Type{types.Int}, Result: types.String,
	Run: func(args []any, n int) (any, error) { return args[0], nil }})

func aRows(values ...int32) [][]any {
	rows := make([][]any, len(values))
	for i, v := range values {
		rows[i] = make([]any, propertySchema.Len())
		rows[i][0] = v
	}
	return rows
}

// TestCommonPartsAreComputedOnce counts calls.
func TestCommonPartsAreComputedOnce(t *testing.T) {
	for _, c := range []struct {
		exprs []string
		want  string
	}{
		{[]string{"kernel_test_counted(a) + 1", "kernel_test_counted(a) * 2"}, "[3]"},
		{[]string{"kernel_test_volatile(a) + 1", "kernel_test_volatile(a) * 2"}, "[3 3]"},
		// A branch that is taken by one row says nothing about the others.
		{[]string{"case when a = 2 then kernel_test_counted(a) end", "kernel_test_counted(a)"}, "[1 3]"},
		{[]string{"kernel_test_counted(a)", "case when a = 2 then kernel_test_counted(a) end"}, "[3]"},
		{[]string{"case when a = 2 then kernel_test_counted(a) when a = 3 then kernel_test_counted(a) end"}, "[1 1]"},
	} {
		var list []expr.Expr
		for _, text := range c.exprs {
			list = append(list, bindText(t, text))
		}
		l, err := CompileList(list)
		if err != nil {
			t.Fatal(err)
		}
		calls = nil
		if _, err := l.Eval(testEnv(), record(t, aRows(1, 2, 3)), Rows{N: 3}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(calls); got != c.want {
			t.Errorf("%v: calls with %s rows, want %s", c.exprs, got, c.want)
		}
	}
}

func TestUserDefinedFunctions(t *testing.T) {
	rec := record(t, aRows(1, 7, 3, 4))
	_, err := compiled(t, bindText(t, "kernel_test_fails_on_7(a)")).Eval(testEnv(), rec, Rows{N: 4})
	var row *RowError
	if !errors.As(err, &row) || row.Row != 1 || !strings.Contains(err.Error(), "kernel_test_fails_on_7 panicked: seven") {
		t.Errorf("a panic gave %v", err)
	}
	v, err := compiled(t, bindText(t, "kernel_test_fails_on_7(a)")).Eval(testEnv(), rec, Rows{4, []int32{0, 2, 3}})
	if err != nil || show(testEnv(), v, 0)+show(testEnv(), v, 2)+show(testEnv(), v, 3) != "134" {
		t.Errorf("a row that is not selected made it fail: %v", err)
	}
	for name, want := range map[string]string{"kernel_test_short": "returned 1 rows for 4", "kernel_test_wrong_type": "declared to return string"} {
		_, err := compiled(t, bindText(t, name+"(a)")).Eval(testEnv(), rec, Rows{N: 4})
		if err == nil || errors.As(err, &row) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

// TestViewColumns checks that columns of views are read like plain ones.
func TestViewColumns(t *testing.T) {
	b := array.NewStringViewBuilder(memory.DefaultAllocator)
	for _, s := range []string{"a", "", "a text that is too long to be inlined"} {
		b.Append(s)
	}
	b.AppendNull()
	schema := types.NewSchema(nullable("s", types.String))
	rec := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.StringView, Nullable: true}}, nil), []arrow.Array{b.NewArray()}, 4)
	e, err := (&expr.Scope{Schema: schema}).Bind(expr.NewCall("||", &expr.Name{Parts: []string{"s"}}, &expr.Name{Parts: []string{"s"}}))
	if err != nil {
		t.Fatal(err)
	}
	v, err := compiled(t, e).Eval(testEnv(), rec, Rows{N: 4})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(v.Array); got != `["aa" "" "a text that is too long to be inlineda text that is too long to be inlined" (null)]` {
		t.Errorf("got %s", got)
	}
}

// TestFieldIsFree checks that a field costs no copy where it is null wherever
// its struct is.
func TestFieldIsFree(t *testing.T) {
	rows := aRows(1, 2)
	st := propertySchema.Field(15).Type.(types.Struct).Schema()
	rows[0][15] = types.NewRow(st, []any{int32(5), "x"})
	rec := record(t, rows)
	col := rec.Column(15).(*array.Struct)
	v, err := compiled(t, bindText(t, "st.a")).Eval(testEnv(), rec, Rows{N: 2})
	if err != nil || v.Array != col.Field(0) {
		t.Errorf("the field was copied: %v", err)
	}
}

// TestTake compares with rows picked one by one, for every type.
func TestTake(t *testing.T) {
	rnd := rand.New(rand.NewSource(7))
	for range 20 {
		rows := randomRows(rnd, 1+rnd.Intn(30))
		from := rnd.Intn(len(rows))
		rec := record(t, rows).NewSlice(int64(from), int64(len(rows)))
		var idx []int32
		var changes []int8
		for i := range len(rows) - from {
			if changes = append(changes, int8(i%2*2-1)); rnd.Intn(2) == 0 {
				idx = append(idx, int32(i))
			}
		}
		if idx == nil {
			continue
		}
		out, err := Compact(batch.Batch{Record: rec, Changes: changes, Sel: idx})
		if err != nil {
			t.Fatal(err)
		}
		for c := range rec.NumCols() {
			for k, i := range idx {
				got, want := text(out.Record.Column(int(c)), k), text(rec.Column(int(c)), int(i))
				if got != want || out.Changes[k] != changes[i] {
					t.Fatalf("column %s, row %d: %s, want %s", rec.ColumnName(int(c)), k, got, want)
				}
			}
			withNull, err := Take(rec.Column(int(c)), []int32{-1, 0})
			if err != nil || !withNull.IsNull(0) || text(withNull, 1) != text(rec.Column(int(c)), 0) {
				t.Fatalf("column %s: a row of -1 is not null (%v)", rec.ColumnName(int(c)), err)
			}
		}
	}
}

func text(a arrow.Array, i int) string { return show(testEnv(), Value{Array: a}, i) }

// TestComparator checks that the order is one: reflexive, antisymmetric,
// transitive, nulls first.
func TestComparator(t *testing.T) {
	rnd := rand.New(rand.NewSource(3))
	rec := record(t, randomRows(rnd, 30))
	for c := range rec.NumCols() - 1 { // maps have no order
		col := rec.Column(int(c))
		compare, err := NewComparator(col, col)
		if err != nil {
			t.Fatal(err)
		}
		for range 5000 {
			i, j, k := rnd.Intn(30), rnd.Intn(30), rnd.Intn(30)
			a, b := compare(i, j), compare(j, i)
			bad := compare(i, i) != 0 || (a < 0) != (b > 0) || a < 0 && compare(j, k) < 0 && compare(i, k) >= 0 ||
				col.IsNull(i) && col.IsValid(j) && a >= 0
			if bad {
				t.Fatalf("column %s: %s, %s, %s", rec.ColumnName(int(c)), text(col, i), text(col, j), text(col, k))
			}
		}
	}
}

// TestPredicateOwnsItsSelection checks that two calls share nothing.
func TestPredicateOwnsItsSelection(t *testing.T) {
	p, err := CompilePredicate(bindText(t, "a > 1 and (a < 4 or a = 9)"))
	if err != nil {
		t.Fatal(err)
	}
	rec := record(t, aRows(1, 2, 3, 4, 9))
	sel := []int32{1, 2, 3, 4}
	first, err := p.Select(testEnv(), rec, Rows{5, sel})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Select(testEnv(), rec, Rows{N: 5}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]int32{{1, 2, 4}, {1, 2, 3, 4}}, [][]int32{first, sel}); diff != "" {
		t.Error(diff)
	}
}
