package optimize

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// TestAnyPlan optimizes random plans: no rule may fail, change the schema or
// break a reference, the result must be at rest, and aggregates must keep their
// number and their keys.
func TestAnyPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawPlan(t, rapid.IntRange(1, 10).Draw(t, "steps"))
		out, err := Optimize(n, options)
		if err != nil {
			t.Fatalf("%v\n%s", err, plan.Format(n))
		}
		if got := apply(t, n, rules); plan.Format(got) != plan.Format(out) {
			t.Fatalf("two ways, two plans:\n%s\n%s", plan.Format(got), plan.Format(out))
		}
		settled(t, out)
		if a, b := groups(n), groups(out); a != b {
			t.Fatalf("the groups were\n%s and are\n%s", a, b)
		}
	})
}

// TestAnyPlanWithoutEvaluator is the same where nothing folds, or all fails.
func TestAnyPlanWithoutEvaluator(t *testing.T) {
	failing := Options{Fold: func(expr.Expr) (*expr.Literal, error) { return nil, errors.New("no") }}
	rapid.Check(t, func(t *rapid.T) {
		n := drawPlan(t, rapid.IntRange(1, 6).Draw(t, "steps"))
		a, err := Optimize(n, Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Optimize(n, failing)
		if err != nil || plan.Format(a) != plan.Format(b) || !a.Schema().Equal(n.Schema()) {
			t.Fatalf("%v\n%s\n%s", err, plan.Format(a), plan.Format(b))
		}
	})
}

// TestEveryRuleHasAGolden looks for each rule's name in testdata.
func TestEveryRuleHasAGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, r := range rules {
		if !strings.Contains(all.String(), "optimize rule="+strings.ReplaceAll(r.name, " ", "_")+"\n") {
			t.Errorf("no golden has optimize rule=%s", strings.ReplaceAll(r.name, " ", "_"))
		}
	}
}

// groups lists the keys of all aggregates by name and type.
func groups(n plan.Node) string {
	var b strings.Builder
	plan.Walk(n, func(n plan.Node) bool {
		switch n := n.(type) {
		case *plan.Aggregate:
			for _, k := range n.Keys {
				fmt.Fprintf(&b, "%s %s, ", expr.OutputName(k), k.Type().Name())
			}
			b.WriteString("; ")
		case *plan.Distinct:
			b.WriteString("distinct " + n.Schema().String() + "; ")
		}
		return true
	})
	return b.String()
}

const (
	sourceDDL = ": a INT, b STRING NOT NULL, c BIGINT NOT NULL, d BOOLEAN, e DOUBLE, s STRUCT<x: INT, y: STRING>"
	jsonDDL   = "'p INT, q STRING, r DOUBLE, `u.v` ARRAY<INT>'"
)

// drawPlan makes a plan of that many steps over one or two sources.
func drawPlan(t *rapid.T, steps int) plan.Node {
	heads := []string{"scan kafka stream", "json", "json mode=FAILFAST", "table t", "local"}
	head := rapid.SampledFrom(heads).Draw(t, "source")
	n, err := source(strings.Fields(head), strings.TrimPrefix(sourceDDL, ": "))
	if err != nil {
		t.Fatal(err)
	}
	return drawSteps(t, n, steps)
}

func drawSteps(t *rapid.T, n plan.Node, steps int) plan.Node {
	stack := []plan.Node{n}
	for range steps {
		line := drawStep(t, stack[len(stack)-1].Schema())
		if line == "union" {
			stack = []plan.Node{stack[0], other(t, stack[0])}
		}
		if strings.HasPrefix(line, "join ") {
			stack = []plan.Node{stack[0], partner(t, n)}
		}
		head, rest, _ := strings.Cut(line, ": ")
		if next, err := step(stack, strings.Fields(head), rest, line); err == nil {
			stack = next
		} else {
			stack = stack[:1]
		}
	}
	return stack[0]
}

// other is a plan whose rows may be put together with those of n.
func other(t *rapid.T, n plan.Node) plan.Node {
	f, err := plan.NewLimit(n, 5, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// partner is a plan to join with, over the source of the other one, with the
// columns p0 to p3.
func partner(t *rapid.T, n plan.Node) plan.Node {
	for len(n.Children()) > 0 {
		n = n.Children()[0]
	}
	line := "project a AS p0, b AS p1, c AS p2, s AS p3"
	stack, err := step([]plan.Node{n}, strings.Fields(line), "", line)
	if err != nil {
		t.Fatal(err)
	}
	return stack[0]
}

// drawJoin writes a join with a partner.
func drawJoin(t *rapid.T, s *types.Schema) string {
	left := s.Field(rapid.IntRange(0, s.Len()-1).Draw(t, "column")).Name
	forms := []string{"%s = p2", "%s = p2 AND p0 > 1", "p2 > 1 AND %s <=> p0", "%s < p2", "%s > 1 AND p0 = 5", "%s = p1 AND p1 != '' AND true", "p2 = c AND NOT (a <=> p0)",
		"p2 = %s AND 10 / p2 > 1", "1 = 1", "1 = 2 OR p0 = %s"}
	form := rapid.SampledFrom(forms).Draw(t, "join condition")
	if strings.Contains(form, "%s") {
		form = fmt.Sprintf(form, types.QuoteIfNeeded(left))
	}
	return "join " + rapid.SampledFrom([]string{"inner", "left", "right", "full", "leftsemi", "leftanti"}).Draw(t, "join type") + ": " + form
}

// drawStep writes a step over columns; some of the steps it writes are refused.
func drawStep(t *rapid.T, s *types.Schema) string {
	switch rapid.IntRange(0, 19).Draw(t, "step") {
	case 0, 1, 2:
		list := make([]string, rapid.IntRange(1, 5).Draw(t, "columns"))
		for i := range list {
			list[i] = fmt.Sprintf("%s AS k%d", drawValue(t, s), i)
		}
		return "project " + strings.Join(list, ", ")
	case 3:
		return fmt.Sprintf("project *, %s AS n%d", drawValue(t, s), s.Len())
	case 4, 5, 6:
		cond := drawCond(t, s)
		for rapid.IntRange(0, 2).Draw(t, "more") == 0 {
			cond = "(" + cond + ")" + rapid.SampledFrom([]string{" AND ", " OR "}).Draw(t, "op") + "(" + drawCond(t, s) + ")"
		}
		return "filter " + cond
	case 7:
		key, agg := drawColumn(t, s), drawColumn(t, s)
		return fmt.Sprintf("aggregate %s: %s AS g, count(*) AS n, max(%s) AS m, sum(%s + 1) AS t", key, key, agg, drawColumn(t, s))
	case 8:
		return "distinct"
	case 9:
		return "sort " + drawColumn(t, s) + " DESC, " + drawValue(t, s)
	case 10:
		return rapid.SampledFrom([]string{"limit 5", "limit 7 offset 3", "limit all offset 2", "limit all"}).Draw(t, "limit")
	case 11:
		return "alias x"
	case 12, 13, 14:
		return drawJoin(t, s)
	case 15:
		return "upsert " + drawColumn(t, s)
	case 16:
		return fmt.Sprintf("project %s, window(timestamp_seconds(%s), '10 seconds', '4 seconds') AS n%d, %s", drawColumn(t, s), drawColumn(t, s), s.Len(), drawColumn(t, s))
	case 17:
		return fmt.Sprintf("project *, timestamp_seconds(%s) AS n%d", drawColumn(t, s), s.Len())
	case 18:
		if rapid.Bool().Draw(t, "dedup") {
			return fmt.Sprintf("dedup %s %s", drawColumn(t, s), drawColumn(t, s))
		}
		return fmt.Sprintf("watermark %s 5s", drawColumn(t, s))
	}
	return "union"
}

func drawColumn(t *rapid.T, s *types.Schema) string {
	return types.QuoteIfNeeded(s.Field(rapid.IntRange(0, s.Len()-1).Draw(t, "column")).Name)
}

func drawValue(t *rapid.T, s *types.Schema) string {
	c := drawColumn(t, s)
	if _, ok := s.Field(must(s.Index(strings.Trim(c, "`")))).Type.(types.Struct); ok {
		return c + "." + rapid.SampledFrom([]string{"x", "y", "p", "q", "`u.v`"}).Draw(t, "field")
	}
	forms := []string{"%s", "%s", "%s", "%s + 1", "upper(%s)", "from_json(cast(%s AS STRING), " + jsonDDL + ")", "from_json(%s, " + jsonDDL + ").q",
		"struct(%s, 1 AS one)", "array(%s)", "CASE WHEN %s > 1 THEN 'a' END", "coalesce(%s, 1 + 2)", "concat('a', 'b', %s)", "10 / %s", "cast(%s AS DOUBLE)",
		"rand(1) + %s", "1 + 2", "NULL", "upper('a')"}
	form := rapid.SampledFrom(forms).Draw(t, "form")
	if strings.Contains(form, "%s") {
		return fmt.Sprintf(form, c)
	}
	return form
}

func drawCond(t *rapid.T, s *types.Schema) string {
	forms := []string{"%s > 3", "%s = 'x'", "(%s != '') = true", "%s IS NOT NULL", "NOT (NOT (%s < 5))", "%s <=> true", "1 + 1 = 2", "1 > 2", "10 / %s > 1",
		"rand(1) > 0.5", "coalesce(%s > 1, false)", "%s IN (1, 2)"}
	form := rapid.SampledFrom(forms).Draw(t, "condition")
	if strings.Contains(form, "%s") {
		return fmt.Sprintf(form, drawValue(t, s))
	}
	return form
}

// must ignores a name that is not unique: any of its columns will do.
func must(i int, err error) int { return max(i, 0) }
