package kernel

import (
	"errors"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

var propertySchema = types.NewSchema(
	nullable("a", types.Int), nullable("b", types.Int), nullable("l", types.Long), nullable("y", types.Byte),
	nullable("d", types.Double), nullable("f", types.Float), nullable("s", types.String), nullable("t", types.String),
	nullable("p", types.Boolean), nullable("q", types.Boolean), nullable("x", types.Decimal{Precision: 10, Scale: 2}),
	nullable("day", types.Date), nullable("ts", types.Timestamp), nullable("i", types.Interval), nullable("bin", types.Binary),
	nullable("st", types.Struct{Fields: []types.Field{nullable("a", types.Int), nullable("s", types.String)}}),
	nullable("ar", types.Array{Elem: types.Int, ContainsNull: true}),
	nullable("m", types.Map{Key: types.String, Value: types.Int, ValueContainsNull: true}),
)

func nullable(name string, t types.Type) types.Field {
	return types.Field{Name: name, Type: t, Nullable: true}
}

// propertyExprs use every kernel of this package's operators in some form.
var propertyExprs = []string{
	"a = b", "a != 3", "3 < a", "a <= b", "a > b", "b >= 2", "a <=> b", "s = t", "s = ''", "s <> 'ab'", "s < t", "'b' >= s", "d = f", "d < 1.5D",
	"f > d", "x = 1.00", "x < a", "p = q", "p = true", "(a = b) = true", "(a = b) = false", "day < ts", "ts = ts", "st = st", "st < named_struct('a', 1, 's', 'b')",
	"ar = array(1, 2)", "ar < array(b)", "bin = x'01'", "y = a", "l > a", "i = i",
	"p and q", "p or q", "not p", "p and a / b > 1", "a = 0 or 10 / a > 2", "p or a % b = 0", "not (p and q)", "not (p or q)", "(p and q) or (a < b and not (s = t))",
	"s is not null and s <> '' and not (s like '%.local')", "not (s is null or s = '' or s like 'a%')", "not (s = 'a' and t = 'b')", "(s = 'a' or t = 'b') and s is not null",
	"a is null", "s is not null", "isnan(d)", "isnan(f)",
	"a in (1, 2)", "a in (b, 2, null)", "s in ('a', 'ab')", "s not in ('a', t)", "l in (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17)",
	"s in ('1','2','3','4','5','6','7','8','9','a','ab','c','d','e','f','g')", "a between b and 3", "a not between 1 and b", "d between f and 2",
	"a + b", "a - 1", "a * b", "a / b", "a % b", "a div b", "l * l", "y + y", "y * y", "d + f", "d % f", "x + x", "x - a", "x * x", "x / x", "x % x", "x div 2",
	"try_add(a, b)", "try_subtract(l, l)", "try_multiply(l, 1000000000000)", "try_divide(a, b)", "try_mod(a, b)", "try_add(y, y)", "-a", "-l", "-d", "-x", "+a", "-i", "-y",
	"day + a", "day - 3", "day - day", "day + i", "ts + i", "ts - i", "ts - ts", "i + i", "i - i", "i * d", "i / a",
	"a & b", "a | b", "a ^ b", "~a", "y & 3Y",
	"case when a > b then s when p then t end", "case when p then a / b else 7 end", "if(p, a, b)", "if(a = 0, 0, 10 / a)", "coalesce(a, b, 3)", "coalesce(s, t)", "coalesce(st, named_struct('a', 9, 's', 'z'))",
	"nvl(s, 'none')", "nvl2(a, s, t)", "nullif(a, b)", "nullif(s, '')", "case a when 1 then 'one' when b then 'b' else s end",
	"s like 'a%'", "s like '%b'", "s like '%a%'", "s like 'a_%'", "s like t", "s like '_'", "s ilike '%B'", "s rlike 'a+b'", "s rlike '^a'", "contains(s, t)", "startswith(s, 'a')", "startswith(s, t)", "endswith(s, 'b')", "endswith(t, s)",
	"s || t", "s || '-' || a", "contains(bin, x'01')", "s like '%abcdefghij'",
	"st.a", "st.s", "st.a + a", "ar[0]", "ar[a]", "get(ar, b)", "element_at(ar, a)", "try_element_at(ar, a)", "m['a']", "element_at(m, s)", "size(ar)", "size(m)", "array_contains(ar, a)", "array(a, b, 1)", "array(s, t)",
	"struct(a, s)", "named_struct('u', a, 'v', array(b))", "map('k', a, 'v', b)", "map_keys(m)", "map_values(m)", "array()",
	"cast(a as string)", "cast(s as int)", "try_cast(s as int)", "cast(a as tinyint)", "cast(l as int)", "cast(a as bigint)", "cast(d as int)", "cast(d as string)", "cast(f as string)", "cast(d as decimal(5,1))", "cast(x as int)", "cast(x as double)",
	"cast(x as decimal(4,1))", "cast(a as decimal(3,1))", "cast(a as boolean)", "cast(p as int)", "cast(p as string)", "cast(s as boolean)", "cast(s as double)", "cast(s as date)", "cast(s as timestamp)", "cast(s as decimal(4,2))",
	"cast(day as timestamp)", "cast(ts as date)", "cast(ts as string)", "cast(ts as bigint)", "cast(day as string)", "cast(i as string)", "cast(x as string)", "cast(st as string)", "cast(ar as string)", "cast(m as string)",
	"cast(ar as array<string>)", "cast(ar as array<tinyint>)", "cast(m as map<string,string>)", "cast(st as struct<u:string,v:string>)", "cast(st as struct<u:string,v:int>)", "cast(a as binary)", "cast(s as binary)", "cast(bin as string)", "cast(a as double)", "cast(a as timestamp)",
}

// TestRowsAreIndependent computes every expression over a whole batch, a
// selection, a slice and single rows with constants for columns: a row's answer,
// or its error, may not depend on its company.
func TestRowsAreIndependent(t *testing.T) {
	for _, text := range propertyExprs {
		t.Run(text, func(t *testing.T) {
			e := bindText(t, text)
			for seed := range int64(6) {
				rnd := rand.New(rand.NewSource(seed))
				rows := randomRows(rnd, 1+rnd.Intn(40))
				env := testEnv()
				env.ANSI = seed%2 == 0
				checkRows(t, env, e, rows, rnd)
			}
		})
	}
}

func bindText(t testing.TB, text string) expr.Expr {
	t.Helper()
	e, err := sql.ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = (&expr.Scope{Schema: propertySchema}).Bind(e); err != nil {
		t.Fatal(err)
	}
	return e
}

func checkRows(t *testing.T, env *Env, e expr.Expr, rows [][]any, rnd *rand.Rand) {
	t.Helper()
	want, failed := make([]string, len(rows)), make([]bool, len(rows))
	for i, row := range rows {
		rec := record(t, [][]any{row})
		v, err := compiled(t, e).Eval(env, rec, Rows{N: 1})
		want[i], failed[i] = show(env, v, 0), err != nil
		c, err2 := compiled(t, withConstants(e, row)).Eval(env, rec, Rows{N: 1})
		if (err2 != nil) != failed[i] || err == nil && show(env, c, 0) != want[i] {
			t.Fatalf("row %v: %s (%v), but %s (%v) with constants", row, want[i], err, show(env, c, 0), err2)
		}
		checkNullRule(t, e, row, want[i], failed[i])
	}
	rec := record(t, rows)
	sel := make([]int32, 0, len(rows))
	for i := range rows {
		if rnd.Intn(3) > 0 {
			sel = append(sel, int32(i))
		}
	}
	good := slices.DeleteFunc(slices.Clone(sel), func(i int32) bool { return failed[i] })
	for _, try := range []Rows{{N: len(rows)}, {len(rows), sel}, {len(rows), good}} {
		checkSelected(t, env, e, rec, try, 0, want, failed)
	}
	from := rnd.Intn(len(rows))
	slice := rec.NewSlice(int64(from), int64(len(rows)))
	checkSelected(t, env, e, slice, Rows{N: len(rows) - from}, from, want, failed)
}

func checkSelected(t *testing.T, env *Env, e expr.Expr, rec arrow.RecordBatch, rows Rows, base int, want []string, failed []bool) {
	t.Helper()
	var first error
	var picked []int32
	_ = each(rows, noNulls(rows.N), func(i int) error {
		if failed[base+i] && first == nil {
			first = fmt.Errorf("row %d", i)
		}
		if want[base+i] == "true" {
			picked = append(picked, int32(i))
		}
		return nil
	})
	v, err := compiled(t, e).Eval(env, rec, rows)
	var row *RowError
	if (err != nil) != (first != nil) || err != nil && (!errors.As(err, &row) || !failed[base+row.Row]) {
		t.Fatalf("rows %v: error %v, but alone %v", rows, err, first)
	}
	if err != nil {
		return
	}
	_ = each(rows, noNulls(rows.N), func(i int) error {
		if got := show(env, v, i); got != want[base+i] {
			t.Fatalf("rows %v, row %d: %s, but alone %s", rows, i, got, want[base+i])
		}
		return nil
	})
	if e.Type() == types.Boolean {
		p, err := CompilePredicate(e)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Select(env, rec, rows); err != nil || !slices.Equal(got, picked) {
			t.Fatalf("rows %v: selected %v (%v), want %v", rows, got, err, picked)
		}
	}
}

// checkNullRule checks what the catalogue says of a call on columns and
// constants.
func checkNullRule(t *testing.T, e expr.Expr, row []any, got string, failed bool) {
	call, ok := e.(*expr.Call)
	if !ok || failed {
		return
	}
	nulls := 0
	for _, a := range call.Args {
		switch a := a.(type) {
		case *expr.Ref:
			if row[a.Index] == nil {
				nulls++
			}
		case *expr.Literal:
			if a.Value == nil {
				nulls++
			}
		default:
			return
		}
	}
	null := got == "NULL"
	bad := false
	switch call.Function().Nulls {
	case expr.NullIfAny:
		bad = null != (nulls > 0)
	case expr.NullNever:
		bad = null
	case expr.NullIfAll:
		bad = null != (nulls == len(call.Args))
	case expr.NullLogic:
		bad = null && nulls == 0
	}
	if bad {
		t.Fatalf("%s breaks its null rule: %s for %v", e, got, row)
	}
}

func compiled(t *testing.T, e expr.Expr) *Evaluator {
	t.Helper()
	ev, err := Compile(e)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

func record(t testing.TB, rows [][]any) arrow.RecordBatch {
	t.Helper()
	rec, err := types.Record(propertySchema, rows)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func show(env *Env, v Value, i int) string {
	if v.Array == nil {
		return "no value"
	}
	if isNull(v.Array, v.At(i)) {
		return "NULL"
	}
	return string(newFormatter(v.Array, env)(nil, v.At(i)))
}

// withConstants puts a row's values for the columns that have literals.
func withConstants(e expr.Expr, row []any) expr.Expr {
	out, _ := expr.Transform(e, func(e expr.Expr) (expr.Expr, error) {
		if r, ok := e.(*expr.Ref); ok {
			if l, err := expr.NewLiteral(row[r.Index]); err == nil {
				return &expr.Literal{Value: l.Value, T: r.T}, nil
			}
		}
		return e, nil
	})
	return out
}

func randomRows(rnd *rand.Rand, n int) [][]any {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = randomRow(rnd)
	}
	return rows
}

func randomRow(rnd *rand.Rand) []any {
	strs := []string{"", "a", "b", "ab", "aab", "x.local", ".local", "1", "12.5", "-3", "2024-02-03", "2024-02-03 10:11:12.5", "true", "äö", "AB", "a%", "abcdefghij"}
	ints := []int32{0, 1, 2, 3, -1, -7, 100, 300, math.MaxInt32, math.MinInt32}
	floats := []float64{0, math.Copysign(0, -1), 1.5, -2.25, math.NaN(), math.Inf(1), 1e10, 1e-5, 3e300}
	pick := func() int32 { return ints[rnd.Intn(len(ints))] }
	text := func() string { return strs[rnd.Intn(len(strs))] }
	float := func() float64 { return floats[rnd.Intn(len(floats))] }
	values := []any{pick(), pick(), int64(pick()) * int64(1+rnd.Intn(3)), int8(pick()), float(), float32(float()), text(), text(), rnd.Intn(2) == 0, rnd.Intn(2) == 0,
		types.Dec{Unscaled: decimal128.FromI64(int64(pick()) * 2), Precision: 10, Scale: 2},
		types.Day(rnd.Intn(40000) - 10000), time.UnixMicro(rnd.Int63n(4e15) - 2e15).UTC(), types.Duration{Months: int32(rnd.Intn(30) - 15), Days: int32(rnd.Intn(60) - 30)}, []byte{byte(rnd.Intn(3)), 1},
		types.NewRow(propertySchema.Field(15).Type.(types.Struct).Schema(), []any{maybe(rnd, pick()), maybe(rnd, text())}), []any{maybe(rnd, pick()), int32(1), int32(2)}[:rnd.Intn(4)], map[any]any{strs[rnd.Intn(3)]: maybe(rnd, pick())}}
	for i := range values {
		values[i] = maybe(rnd, values[i])
	}
	return values
}

func maybe(rnd *rand.Rand, v any) any {
	if rnd.Intn(5) == 0 {
		return nil
	}
	return v
}
