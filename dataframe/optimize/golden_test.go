package optimize

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire"
	"github.com/riffledata/riffle/exec/kernel"
)

// kernels folds constants as an engine does.
func kernels(e expr.Expr) (*expr.Literal, error) {
	ev, err := kernel.Compile(e)
	if err != nil {
		return nil, err
	}
	one := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)
	v, err := ev.Eval(&kernel.Env{ANSI: true}, one, kernel.Rows{N: 1})
	if err != nil {
		return nil, err
	}
	switch value := types.Value(v.Array, 0).(type) {
	case []any, map[any]any, types.Row:
		return nil, fmt.Errorf("no literal of %s", e.Type().Name())
	default:
		return &expr.Literal{Value: value, T: e.Type()}, nil
	}
}

var options = Options{Fold: kernels}

// TestGoldens reads the stories in testdata: a plan, a step a line, sources
// first, and what becomes of it. "optimize" shows the plan before and after;
// with rule=name only that rule is applied, until it changes nothing.
//
//	scan FORMAT [stream] [option=value ...]: schema
//	json [option=value ...]: schema          a scan with a declared schema
//	table NAME: schema
//	local: schema
//	project, filter, sort: expressions       as in SQL
//	aggregate keys: expressions
//	distinct | limit N [offset N] | alias NAME | watermark COLUMN DELAY | dedup COLUMNS
//	union                                    of the two plans before it
//	join TYPE[: condition]                   of the two plans before it, called l and r
//	upsert COLUMN... | changes COLUMN
func TestGoldens(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			n := parse(t, d)
			all := rules
			for _, a := range d.CmdArgs {
				if a.Key == "rule" {
					all = ruleNamed(t, strings.Join(a.Vals, " "))
				}
			}
			out := apply(t, n, all)
			if len(all) == len(rules) {
				settled(t, out)
			}
			if plan.Format(out) == plan.Format(n) {
				return "no change\n" + plan.Format(n)
			}
			return plan.Format(n) + "=>\n" + plan.Format(out)
		})
	})
}

func ruleNamed(t *testing.T, name string) []rule {
	for _, r := range rules {
		if strings.ReplaceAll(r.name, " ", "_") == name {
			return []rule{r}
		}
	}
	t.Fatalf("no rule %s", name)
	return nil
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// apply is Optimize with some rules, and checks after each that the schema is
// the same and that the plan can still travel.
func apply(t tester, n plan.Node, all []rule) plan.Node {
	t.Helper()
	for round := 0; ; round++ {
		before := n
		for _, r := range all {
			next, err := r.apply(n, options)
			if err != nil {
				t.Fatalf("%s: %v\n%s", r.name, err, plan.Format(n))
			}
			if !next.Schema().Equal(n.Schema()) {
				t.Fatalf("%s changes the schema from\n%s to\n%s of\n%s=>\n%s", r.name, n.Schema().Tree(), next.Schema().Tree(), plan.Format(n), plan.Format(next))
			}
			if next != n {
				travels(t, r.name, next)
			}
			if next != n && round > 20 && plan.Format(next) == plan.Format(n) {
				t.Fatalf("%s says that it changed\n%s", r.name, plan.Format(n))
			}
			n = next
		}
		if n == before {
			return n
		}
		if round > maxRounds {
			t.Fatalf("no rest after %d rounds:\n%s", round, plan.Format(n))
		}
	}
}

// travels sends a plan through its bytes, which finds references to columns
// that are not there or of another type.
func travels(t tester, rule string, n plan.Node) {
	t.Helper()
	data, err := wire.EncodePlan(n, nil)
	if err != nil {
		t.Fatalf("after %s: %v", rule, err)
	}
	got, _, err := wire.DecodePlan(data)
	if err != nil {
		t.Fatalf("after %s: %v\n%s", rule, err, plan.Format(n))
	}
	if !got.Schema().Equal(n.Schema()) {
		t.Fatalf("after %s the schema is\n%s but arrives as\n%s", rule, n.Schema().Tree(), got.Schema().Tree())
	}
}

// settled tells whether Optimize leaves an optimized plan alone.
func settled(t tester, n plan.Node) {
	t.Helper()
	again, err := Optimize(n, options)
	if err != nil {
		t.Fatal(err)
	}
	if again != n {
		t.Fatalf("a second time gives another plan:\n%s=>\n%s", plan.Format(n), plan.Format(again))
	}
}

// parse reads a plan, and stops the test at the first mistake.
func parse(t testing.TB, d *datadriven.TestData) plan.Node {
	var stack []plan.Node
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
		head, rest, _ := strings.Cut(line, ": ")
		var err error
		if stack, err = step(stack, strings.Fields(head), strings.TrimSpace(rest), strings.TrimSpace(line)); err != nil {
			d.Fatalf(t, "%s: %v", line, err)
		}
	}
	return stack[len(stack)-1]
}

func step(stack []plan.Node, words []string, rest, line string) ([]plan.Node, error) {
	if source, err := source(words, rest); source != nil || err != nil {
		return append(stack, source), err
	}
	in, below := stack[len(stack)-1], stack[:len(stack)-1]
	n, err := over1(in, words, rest, line)
	if words[0] == "union" {
		in, below = below[len(below)-1], below[:len(below)-1]
		n, err = plan.NewUnion(in, stack[len(stack)-1])
	}
	if words[0] == "join" {
		in, below = below[len(below)-1], below[:len(below)-1]
		n, err = joined(in, stack[len(stack)-1], strings.TrimSuffix(words[1], ":"), rest)
	}
	if err != nil {
		return nil, err
	}
	return append(below[:len(below):len(below)], n), nil
}

func source(words []string, ddl string) (plan.Node, error) {
	switch words[0] {
	case "scan", "json", "table", "local":
	default:
		return nil, nil
	}
	s, err := types.ParseDDL(ddl)
	if err != nil {
		return nil, err
	}
	switch words[0] {
	case "table":
		return plan.NewTable(words[1], s), nil
	case "local":
		return plan.NewLocal(s, nil), nil
	}
	format, declared, stream := "json", s, false
	options := map[string]string{}
	for i, w := range words[1:] {
		key, value, isOption := strings.Cut(w, "=")
		switch {
		case isOption:
			options[key] = value
		case w == "stream":
			stream = true
		case i == 0:
			format, declared = w, nil
		}
	}
	return plan.NewScan(format, options, declared, s, stream), nil
}

// joined joins two plans, called l and r.
func joined(l, r plan.Node, typ, text string) (plan.Node, error) {
	var cond expr.Expr
	if text != "" {
		list, err := sql.ParseList(text)
		if err != nil {
			return nil, err
		}
		cond = list[0]
	}
	return plan.NewJoin(&plan.Alias{Input: l, Name: "l"}, &plan.Alias{Input: r, Name: "r"}, cond, plan.JoinType(typ))
}

func over1(in plan.Node, words []string, rest, line string) (plan.Node, error) {
	text := strings.TrimSpace(strings.TrimPrefix(line, words[0]))
	switch words[0] {
	case "project", "filter":
		list, err := sql.ParseList(text)
		if err != nil {
			return nil, err
		}
		if words[0] == "filter" {
			return plan.NewFilter(in, list[0])
		}
		return plan.NewProject(in, list)
	case "aggregate":
		before, _, _ := strings.Cut(text, ": ")
		keys, err := sql.ParseList(before)
		if before == "" || before == ":" {
			keys, err = nil, nil
		}
		if err != nil {
			return nil, err
		}
		list, err := sql.ParseList(rest)
		if err != nil {
			return nil, err
		}
		return plan.NewAggregate(in, keys, list)
	case "sort":
		keys, err := sql.ParseOrder(text)
		if err != nil {
			return nil, err
		}
		return plan.NewSort(in, keys)
	case "distinct":
		return plan.NewDistinct(in)
	case "watermark":
		delay, err := types.ParseDuration(words[2])
		if err != nil {
			return nil, err
		}
		return plan.NewWatermark(in, words[1], delay)
	case "dedup":
		return plan.NewDedup(in, words[1:], false)
	case "alias":
		return &plan.Alias{Input: in, Name: words[1]}, nil
	case "limit":
		rows, offset := plan.All, int64(0)
		if words[1] != "all" {
			rows, _ = strconv.ParseInt(words[1], 10, 64)
		}
		if len(words) > 3 {
			offset, _ = strconv.ParseInt(words[3], 10, 64)
		}
		return plan.NewLimit(in, rows, offset)
	case "upsert":
		return plan.NewUpsert(in, words[1:])
	case "changes":
		return plan.NewAsChanges(in, words[1])
	case "union", "join":
		return nil, nil
	}
	return nil, fmt.Errorf("no step %q", words[0])
}
