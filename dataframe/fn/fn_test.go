package fn_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

// methods are the functions that are methods of Column alone, or syntax.
const methods = "= != < <= > >= <=> + - * / % & | ^ || and or like ilike rlike in between contains startswith endswith negative positive item element_at_or_null named_struct"

// TestEveryFunctionIsHere compares the names that this package calls with the
// catalogue.
func TestEveryFunctionIsHere(t *testing.T) {
	called := map[string]bool{}
	set := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && len(c.Args) > 0 {
				if name, ok := c.Args[0].(*ast.BasicLit); ok && name.Kind == token.STRING {
					text, _ := strconv.Unquote(name.Value)
					called[text] = true
				}
			}
			return true
		})
	}
	for _, f := range expr.Functions() {
		if f.UDF == nil && !called[f.Name] && !slices.Contains(strings.Fields(methods), f.Name) {
			t.Errorf("%s (%s) has no function here", f.Name, f.Family)
		}
	}
	for name := range called {
		if _, ok := expr.Lookup(name); !ok && !strings.ContainsAny(name, " %=*.") && name[0] >= 'a' && name[0] <= 'z' && name != "mode" {
			t.Errorf("%q is called, and is in no catalogue", name)
		}
	}
}

// TestBind binds calls whose arguments have an order or a form of their own.
func TestBind(t *testing.T) {
	s := types.NewSchema().Add("s", types.String).Add("n", types.Int).Add("d", types.Double).Add("t", types.Timestamp).Add("b", types.Boolean)
	col := fn.Col
	for _, c := range []dataframe.Column{
		fn.Locate("a", col("s")), fn.ConcatWS("-", col("s"), "x"), fn.Log(2, col("d")), fn.DatePart("year", col("t")),
		fn.DateTrunc("hour", col("t")), fn.URLParameter(col("s"), "q"), fn.FormatString("%s", col("s")), fn.Round(col("d"), 2),
		fn.FromJSON(col("s"), "a INT"), fn.FromJSON(col("s"), types.NewSchema().Add("x.y", types.Long)),
		fn.FromJSON(col("s"), types.Array{Elem: types.Int}, map[string]string{"mode": "FAILFAST"}),
		fn.ToJSON(fn.Struct(col("s"), col("n"))), fn.Map("a", col("n")), fn.Rand(), fn.Randn(), fn.UUID(), fn.RegisteredDomainBy(col("s"), "private"),
		fn.CountStar(), fn.CountDistinct(col("s"), col("n")), fn.SumDistinct(col("n")), fn.MaxBy(col("s"), col("n")),
		fn.When(col("b"), 1).When(col("n").Gt(3), 2).Otherwise(3), fn.Expr("upper(s) || 'x' AS y"), fn.Conv(col("s"), 16, 10),
		fn.MonthsBetween(col("t"), col("t")), fn.Sum(col("n")), fn.Hash(col("s"), col("n")), fn.Greatest(col("n"), 3), fn.UnixTimestamp(col("t")),
	} {
		e, err := c.Expr()
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err = (&expr.Scope{Schema: s}).Bind(expr.Unalias(e)); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for want, c := range map[string]dataframe.Column{
		"fn_test.go":                               fn.Col("a b`"),
		"backquotes":                               fn.Col("`a"),
		"expected an expression":                   fn.Expr("1 +"),
		"a schema is":                              fn.FromJSON(fn.Col("s"), 3),
		`no type "INTT"; did you mean int`:         fn.FromJSON(fn.Col("s"), "a INTT"),
		"a Go value of type struct {} is not a li": fn.Coalesce(fn.Col("a"), struct{}{}),
	} {
		if _, err := c.Expr(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
}

var (
	half    = fn.UDF1("fn_test_half", func(n int) float64 { return float64(n) / 2 }, fn.Deterministic)
	orEmpty = fn.UDF2("fn_test_or_empty", func(s *string, n int32) *string {
		if s == nil || n < 0 {
			return nil
		}
		out := *s + "\xff"
		return &out
	})
	next = fn.UDF1("fn_test_next", func(d types.Day) time.Time { return time.Unix(int64(d+1)*86400, 0) })
)

func TestUDF(t *testing.T) {
	bound := func(c dataframe.Column) *expr.Call {
		e, err := c.Expr()
		if err != nil {
			t.Fatal(err)
		}
		s := types.NewSchema().Add("n", types.Long).Add("s", types.String).Add("i", types.Int).Add("d", types.Date)
		if e, err = (&expr.Scope{Schema: s}).Bind(e); err != nil {
			t.Fatal(err)
		}
		return e.(*expr.Call)
	}
	run := func(c *expr.Call, n int, args ...any) string {
		out, err := c.Function().UDF.Run(args, n)
		if err != nil {
			t.Fatal(err)
		}
		return out.(arrow.Array).String()
	}
	mem := memory.DefaultAllocator
	longs := array.NewInt64Builder(mem)
	longs.AppendValues([]int64{1, 2, 3}, []bool{true, false, true})
	if got := run(bound(half(fn.Col("n"))), 3, longs.NewArray()); got != "[0.5 (null) 1.5]" {
		t.Error(got)
	}
	texts, ints := array.NewStringBuilder(mem), array.NewInt32Builder(mem)
	texts.AppendValues([]string{"a", "", "b"}, []bool{true, false, true})
	ints.AppendValues([]int32{1, 1, -1}, nil)
	if got := run(bound(orEmpty(fn.Col("s"), fn.Col("i"))), 3, texts.NewArray(), ints.NewArray()); got != `["a`+"\uFFFD"+`" (null) (null)]` {
		t.Error(got)
	}
	days := array.NewDate32Builder(mem)
	days.Append(0)
	if got := run(bound(next(fn.Col("d"))), 1, days.NewArray()); !strings.Contains(got, "86400000000") {
		t.Error(got)
	}
	if !expr.Deterministic(bound(half(1))) || expr.Deterministic(bound(orEmpty("", 1))) {
		t.Error("determinism is not what was declared")
	}
}

func TestUDFTypePanics(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "fn_test_bad") || !strings.Contains(p, "map[string]int") {
			t.Errorf("unclear panic: %s", p)
		}
	}()
	fn.UDF1("fn_test_bad", func(m map[string]int) int { return 0 })
}

func ExampleCol() {
	fmt.Println(fn.Col("data.query"), fn.Col("`id.orig_h`"), fn.Col("data.*"))
	// Output: data.query `id.orig_h` data.*
}

func ExampleWhen() {
	fmt.Println(fn.When(fn.Col("rcode").Eq(0), "ok").Otherwise("failed"))
	// Output: CASE WHEN (rcode = 0) THEN ok ELSE failed END
}

func ExampleExpr() {
	fmt.Println(fn.Expr("upper(query) AS q"))
	// Output: upper(query) AS q
}

func ExampleFromJSON() {
	fmt.Println(fn.FromJSON(fn.Col("value"), "query STRING, rtt DOUBLE").Alias("data"))
	// Output: from_json(value, query STRING, rtt DOUBLE) AS data
}
