package exec_test

import (
	"context"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec/exectest"
)

// TestSpark compares with what Spark 4 answers: the answers of testdata/spark
// were computed by Spark 4.0, from these very inputs. "sql" and "api" have the
// schema and the rows as Spark prints them, "sql rows" the rows alone. What Spark
// refuses has our own message, under a comment with Spark's error condition.
func TestSpark(t *testing.T) {
	exectest.Golden(t, "testdata/spark", func(t *testing.T) map[string]exectest.Command {
		s := open(t)
		frames := sparkFrames(s)
		return map[string]exectest.Command{
			"view": func(t *testing.T, d *datadriven.TestData) (string, error) {
				return "", s.SQL(d.Input).CreateOrReplaceTempView(d.CmdArgs[0].Key)
			},
			"set": func(t *testing.T, d *datadriven.TestData) (string, error) {
				key, value, _ := strings.Cut(d.Input, "=")
				return "", s.Conf().Set(key, value)
			},
			"sql": func(t *testing.T, d *datadriven.TestData) (string, error) {
				return sparkForm(t, s.SQL(d.Input), d.HasArg("rows"))
			},
			"fails": func(t *testing.T, d *datadriven.TestData) (string, error) {
				text, err := sparkForm(t, s.SQL(d.Input), true)
				if err == nil {
					d.Fatalf(t, "it does not fail:\n%s", text)
				}
				return "error: " + firstLine(placeless(err)), nil
			},
			"api": func(t *testing.T, d *datadriven.TestData) (string, error) {
				frame, ok := frames[d.CmdArgs[0].Key]
				if !ok {
					d.Fatalf(t, "no case %s", d.CmdArgs[0].Key)
				}
				text, err := sparkForm(t, frame(), false)
				if err != nil {
					return "error: " + firstLine(placeless(err)), nil
				}
				return text, nil
			},
		}
	})
}

// sparkForm is what printSchema and show print.
func sparkForm(t *testing.T, d *dataframe.DataFrame, rowsOnly bool) (string, error) {
	t.Helper()
	if d.Err() != nil {
		return "", d.Err()
	}
	text, err := d.ShowString(context.Background(), dataframe.ShowTruncate(0), dataframe.ShowRows(200))
	if err != nil || rowsOnly {
		return text, err
	}
	return strings.TrimRight(d.Schema().Tree(), "\n") + "\n" + text, nil
}

// placeless is the message without file and line.
func placeless(err error) string {
	if _, text, ok := strings.Cut(err.Error(), ".go:"); ok {
		_, text, _ = strings.Cut(text, ": ")
		return text
	}
	return err.Error()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// sparkFrames are dataframes built by the API, by the names that the goldens use.
func sparkFrames(s *bench) map[string]func() *dataframe.DataFrame {
	col := fn.Col
	a := s.SQL("SELECT * FROM VALUES (1, 'x'), (2, NULL), (NULL, 'z') AS t(a, s)")
	b := s.SQL("SELECT * FROM VALUES (5L, 1.5D), (NULL, 2D) AS t(b, d)")
	none := a.Filter("a > 5")
	dup := a.Select(col("a"), col("s").Alias("a"))
	dots := s.SQL("SELECT 1 AS `a.b`, named_struct('b', 2) AS a")
	type frame = *dataframe.DataFrame
	return map[string]func() frame{
		"withColumn-keeps-place":    func() frame { return a.WithColumn("a", col("a").Plus(1)) },
		"withColumn-takes-new-name": func() frame { return a.WithColumn("A", fn.Lit("q")) },
		"withColumn-adds":           func() frame { return a.WithColumn("n", col("a").IsNull()) },
		"withColumn-twice":          func() frame { return dup.WithColumn("a", fn.Lit(1)) },
		"drop-missing":              func() frame { return a.Drop("q") },
		"drop-all":                  func() frame { return a.Drop("A", "s") },
		"drop-twice":                func() frame { return dup.Drop("a") },
		"rename-missing":            func() frame { return a.WithColumnRenamed("q", "r") },
		"rename":                    func() frame { return a.WithColumnRenamed("A", "r") },
		"rename-twice":              func() frame { return dup.WithColumnRenamed("a", "z") },
		"union-text-double":         func() frame { return a.Filter("s = 'x'").Union(b) },
		"union-int-double":          func() frame { return a.Select(col("a")).Union(b.Select(col("d"))) },
		"union-int-long":            func() frame { return a.Select(col("a")).Union(b.Select(col("b"))) },
		"unionByName-missing":       func() frame { return a.UnionByName(b, false) },
		"unionByName-allowed":       func() frame { return a.UnionByName(b, true) },
		"unionByName-order":         func() frame { return a.UnionByName(a.Select(col("S"), col("A")), false) },
		"orderBy":                   func() frame { return a.OrderBy(col("a")) },
		"orderBy-desc":              func() frame { return a.OrderBy(col("a").Desc()) },
		"orderBy-expression":        func() frame { return a.OrderBy(fn.Length(col("s"))) },
		"limit-0":                   func() frame { return a.Limit(0) },
		"limit-negative":            func() frame { return a.Limit(-1) },
		"empty-groupBy":             func() frame { return none.GroupBy(col("a")).Count() },
		"empty-groupBy-nothing":     func() frame { return none.GroupBy().Count() },
		"empty-agg": func() frame {
			return none.Agg(fn.Sum(col("a")), fn.Count(col("a")), fn.Max(col("s")), fn.Avg(col("a")))
		},
		"empty-select-aggregate": func() frame { return none.Select(fn.Sum(col("a")).Plus(1)) },
		"select-other-case":      func() frame { return a.Select(col("A"), col("S"), col("a")) },
		"eqNullSafe":             func() frame { return a.Select(col("a").EqNullSafe(nil)) },
		"ambiguous":              func() frame { return dup.Select(col("a")) },
		"ambiguous-group":        func() frame { return dup.GroupBy(col("a")).Count() },
		"dots-field":             func() frame { return dots.Select(col("a.b")) },
		"dots-name":              func() frame { return dots.Select(col("`a.b`")) },
		"dots-both":              func() frame { return dots.Select(col("*")) },
		"alias-qualifies":        func() frame { return a.Alias("q").Select(col("q.a"), col("q.*")) },
		"alias-other":            func() frame { return a.Alias("q").Select(col("a.a")) },
		"alias-filter":           func() frame { return a.Alias("q").Filter("q.a = 1").Select(col("q.s")) },
		"groupBy-other-case":     func() frame { return a.GroupBy(col("A")).Count().OrderBy(col("a")) },
		"groupBy-alias":          func() frame { return a.GroupBy(col("a").Alias("k")).Count().OrderBy(col("k")) },
		"groupBy-agg":            func() frame { return a.GroupBy(col("a")).Agg(fn.Sum(col("a"))).OrderBy(col("a")) },
		"groupBy-sum-all":        func() frame { return a.GroupBy(col("s")).Sum().OrderBy(col("s")) },
		"groupBy-max-of-text":    func() frame { return a.GroupBy(col("s")).Max("s") },
		"filter-not-boolean":     func() frame { return a.Filter(col("a")) },
		"when":                   func() frame { return a.Select(fn.When(col("a").Eq(1), "one")) },
		"when-otherwise":         func() frame { return a.Select(fn.When(col("a").Eq(1), "one").Otherwise("x")) },
		"coalesce":               func() frame { return a.Select(fn.Coalesce(col("a"), fn.Lit(0))) },
		"star-and-same-name":     func() frame { return a.Select(col("*"), fn.Lit(1).Alias("a")) },
		"lit-null":               func() frame { return a.Select(fn.Lit(nil)) },
		"aggregate-and-column":   func() frame { return a.Select(fn.Sum(col("a")), col("a")) },
		"aggregate-and-literal":  func() frame { return a.Select(fn.Count(), fn.Lit(1)) },
		"selectExpr":             func() frame { return a.SelectExpr("a + 1", "upper(s)", "A") },
		"offset":                 func() frame { return a.Offset(1) },
		"isin-null":              func() frame { return a.Filter(col("a").IsIn(1, nil)) },
		"between-null":           func() frame { return a.Select(col("a").Between(1, nil)) },
		"item-of-text":           func() frame { return a.Select(col("s").GetItem(0)) },
		"cast-names": func() frame {
			return a.Select(col("a").Cast("string"), col("a").Cast("double"), col("a").Plus(1).Cast("string"))
		},
		"struct-names": func() frame { return a.Select(fn.Struct(col("A"), col("s").Alias("T"))) },
		"array-widens": func() frame { return a.Select(fn.Array(col("a"), fn.Lit(1.5))) },
		"map-null-key": func() frame { return a.Select(fn.Map(col("s"), col("a"))) },
		"names":        func() frame { return sparkNames(a) },
	}
}

// sparkNames has columns that were given no names.
func sparkNames(a *dataframe.DataFrame) *dataframe.DataFrame {
	col := fn.Col
	return a.Limit(1).Select(fn.Upper(col("S")), col("a").Ne(1), fn.Sqrt(col("a")), fn.Floor(fn.Lit(1.0)), col("a").Plus(col("a").Cast("bigint")),
		col("s").Like("x%"), col("s").RLike("x"), col("s").Substr(1, 2), fn.FromJSON(col("s").Cast("string"), "a INT"), fn.Round(fn.Lit(2.5), 0),
		fn.Concat(col("s"), col("a")), fn.Lit(1.0e10), fn.Lit([]byte("ab")))
}
