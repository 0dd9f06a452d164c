package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// every returns a plan of each kind of node.
func every(b builder) map[string]plan.Node {
	table := b.table()
	timed := b.scan("at TIMESTAMP, host STRING", true)
	return map[string]plan.Node{
		"process":      b.process(timed, "host"),
		"watermark":    b.watermark(timed, "at", time.Minute),
		"windows":      b.project(timed, "window(at, '1 hour', '5 minutes') AS w", "host"),
		"sessions":     b.count(timed, "session_window(at, '5 minutes')"),
		"deduplicated": b.dedup(timed, "host"),
		"scan":         table,
		"table":        plan.NewTable("t", table.Schema()),
		"local":        plan.NewLocal(table.Schema(), nil),
		"alias":        &plan.Alias{Input: table, Name: "a b"},
		"filter":       b.filter(table, "n > 1"),
		"project":      b.project(table, "n + 1 AS next", "host"),
		"aggregate":    b.count(table, "host"),
		"sort":         b.sort(table, "n"),
		"limit":        b.limit(table, 3, 2),
		"distinct":     b.distinct(table),
		"union":        b.union(table, b.scan("h STRING, k INT", false)),
	}
}

// A node with its own children and expressions put back is the same node.
func TestNodesRebuilt(t *testing.T) {
	for name, n := range every(builder{t}) {
		for how, again := range map[string]plan.Node{"children": n.WithChildren(n.Children()), "expressions": n.WithExprs(n.Exprs())} {
			if diff := cmp.Diff(plan.Format(n), plan.Format(again)); diff != "" {
				t.Errorf("%s with its %s (-before +after):\n%s", name, how, diff)
			}
			if diff := cmp.Diff(n.Schema().Tree(), again.Schema().Tree()); diff != "" {
				t.Errorf("the schema of %s with its %s (-before +after):\n%s", name, how, diff)
			}
		}
	}
}

// Transform shares what it does not change, goes from the leaves up, and stops at
// an error.
func TestTransform(t *testing.T) {
	b := builder{t}
	root := b.limit(b.union(b.filter(b.table(), "n > 1"), b.table()), 5, 0)
	var order []string
	same, err := plan.Transform(root, func(n plan.Node) (plan.Node, error) {
		order = append(order, strings.Fields(n.String())[0])
		return n, nil
	})
	if err != nil || same != root {
		t.Errorf("a transformation that changes nothing made a new plan, %v", err)
	}
	if got := strings.Join(order, " "); got != "Relation Filter Relation Union Limit" {
		t.Errorf("the order is %s", got)
	}
	before := plan.Format(root)
	less, err := plan.Transform(root, func(n plan.Node) (plan.Node, error) {
		if f, ok := n.(*plan.Filter); ok {
			return f.Input, nil
		}
		return n, nil
	})
	if err != nil || strings.Contains(plan.Format(less), "Filter") || plan.Format(root) != before {
		t.Errorf("without its filter the plan is\n%s, %v; it was\n%s", plan.Format(less), err, plan.Format(root))
	}
	boom := errors.New("boom")
	calls := 0
	if _, err := plan.Transform(root, func(n plan.Node) (plan.Node, error) { calls++; return nil, boom }); !errors.Is(err, boom) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

// Walk leaves out what is below a node for which it is told so.
func TestWalk(t *testing.T) {
	b := builder{t}
	root := b.union(b.filter(b.table(), "n > 1"), b.limit(b.stream(), 1, 0))
	var seen []string
	plan.Walk(root, func(n plan.Node) bool {
		seen = append(seen, strings.Fields(n.String())[0])
		_, stop := n.(*plan.Filter)
		return !stop
	})
	if got := strings.Join(seen, " "); got != "Union Filter Limit StreamingRelation" {
		t.Errorf("seen: %s", got)
	}
	if !plan.Streaming(root) || plan.Streaming(root.Children()[0]) {
		t.Error("Streaming does not say which side reads a stream")
	}
}

func TestFormat(t *testing.T) {
	b := builder{t}
	want := `Limit 5
+- Union
   :- Filter (n > CAST(1 AS BIGINT))
   :  +- Relation test [host, n]
   +- SubqueryAlias s
      +- StreamingRelation test [host, n]
`
	got := plan.Format(b.limit(b.union(b.filter(b.table(), "n > 1"), &plan.Alias{Input: b.stream(), Name: "s"}), 5, 0))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A table's name reaches as far as its rows do as they are.
func TestScopes(t *testing.T) {
	b := builder{t}
	named := &plan.Alias{Input: b.table(), Name: "t"}
	for _, c := range []struct {
		what string
		in   plan.Node
		ok   bool
	}{
		{"alias", named, true},
		{"filter", b.filter(named, "n > 1"), true},
		{"sort", b.sort(named, "n"), true},
		{"limit", b.limit(named, 1, 0), true},
		{"distinct", b.distinct(named), true},
		{"a column passed on", b.project(named, "n", "host"), true},
		{"a column computed", b.project(named, "n + 1 AS n", "host"), false},
		{"aggregate", b.count(named, "host"), false},
		{"union", b.union(named, named), false},
		{"another name", &plan.Alias{Input: named, Name: "u"}, false},
	} {
		_, err := plan.NewFilter(c.in, b.exprs("t.n = 1")[0])
		if (err == nil) != c.ok {
			t.Errorf("%s: t.n is found: %v (%v), want %v", c.what, err == nil, err, c.ok)
		}
	}
}

func TestScan(t *testing.T) {
	schema := builder{t}.schema("a INT, b STRING, c DOUBLE")
	options := map[string]string{"Path": "/logs", "password": "hunter2"}
	full := plan.NewScan("json", options, nil, schema, false)
	if got := full.String(); got != "Relation json [a, b, c] /logs" {
		t.Errorf("the scan is shown as %q", got)
	}
	pruned := full.Pruned([]int{0, 2})
	if got := pruned.String(); got != "Relation json [a, c] /logs" || pruned.Full != schema {
		t.Errorf("the pruned scan is shown as %q", got)
	}
	if got := pruned.Pruned([]int{1}).String(); got != "Relation json [b] /logs" {
		t.Errorf("pruned twice, by the numbers of the full schema, it is shown as %q", got)
	}
	if none := full.Pruned([]int{}); none.Schema().Len() != 0 || none.Columns == nil {
		t.Errorf("a scan of no columns has %d, %v", none.Schema().Len(), none.Columns)
	}
	if full.Schema().Len() != 3 {
		t.Error("pruning changed the scan")
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		rows, offset int64
		text         string // "" is refused
	}{
		{0, 0, "Limit 0"}, {5, 0, "Limit 5"}, {5, 2, "Limit 5, Offset 2"}, {plan.All, 2, "Offset 2"},
		{-2, 0, ""}, {1, -1, ""},
	} {
		l, err := plan.NewLimit(builder{t}.table(), c.rows, c.offset)
		switch {
		case c.text == "" && !errors.Is(err, expr.ErrSyntax):
			t.Errorf("limit %d offset %d: got %v, want a refusal", c.rows, c.offset, err)
		case c.text != "" && (err != nil || l.String() != c.text):
			t.Errorf("limit %d offset %d: %v, %v, want %s", c.rows, c.offset, l, err, c.text)
		}
	}
}
