package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// shape is a plan and its schema, a column a line.
func shape(n plan.Node) string {
	text := plan.Format(n)
	for _, f := range n.Schema().Fields() {
		text += f.Name + " " + f.Type.Name()
		if !f.Nullable {
			text += " NOT NULL"
		}
		text += "\n"
	}
	return text
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimLeft(want, "\n"), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// An aggregate computes each call once, and needs a projection only where the
// list is more than keys followed by calls.
func TestNewAggregate(t *testing.T) {
	b := builder{t}
	in := b.scan("host STRING NOT NULL, n INT, k BIGINT", false)
	for _, c := range []struct {
		what       string
		keys, list []string
		want       string
	}{
		{"keys and calls", []string{"host"}, []string{"host", "count(1) AS c"}, `
Aggregate [host], [host, count(1) AS c]
+- Relation test [host, n, k]
host string NOT NULL
c bigint NOT NULL
`},
		{"a key left out", []string{"host"}, []string{"max(n) AS m"}, `
Project [m]
+- Aggregate [host], [host, max(n) AS m]
   +- Relation test [host, n, k]
m int
`},
		{"a call twice", nil, []string{"sum(k)", "sum(k)"}, `
Project [sum(k), sum(k)]
+- Aggregate [], [sum(k) AS ` + "`sum(k)`" + `]
   +- Relation test [host, n, k]
sum(k) bigint
sum(k) bigint
`},
		{"keys alone", []string{"host"}, []string{"host"}, `
Aggregate [host], [host]
+- Relation test [host, n, k]
host string NOT NULL
`},
	} {
		n, err := plan.NewAggregate(in, b.exprs(c.keys...), b.exprs(c.list...))
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		same(t, c.what, shape(n), c.want)
	}
	for _, c := range []struct{ key, item, want string }{
		{"host", "n", "n is neither a grouping key"},
		{"host", "n + max(n)", "n is neither a grouping key"},
		{"sum(k)", "sum(k)", "the grouping key sum(k) calls an aggregate"},
		{"host", "sum(max(n))", "has an aggregate inside an aggregate"},
	} {
		_, err := plan.NewAggregate(in, b.exprs(c.key), b.exprs(c.item))
		if !errors.Is(err, expr.ErrAggregate) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s by %s: got %v, want %q", c.item, c.key, err, c.want)
		}
	}
}

// A union has the first side's names, types that hold both sides, and nulls
// where either side has them.
func TestNewUnion(t *testing.T) {
	b := builder{t}
	left := b.scan("a INT NOT NULL, b STRING NOT NULL", false)
	same(t, "of one", shape(b.union(left)), `
Union
+- Relation test [a, b]
a int NOT NULL
b string NOT NULL
`)
	same(t, "of equals", shape(b.union(left, left)), `
Union
:- Relation test [a, b]
+- Relation test [a, b]
a int NOT NULL
b string NOT NULL
`)
	same(t, "of three widths", shape(b.union(left, b.scan("x BIGINT NOT NULL, y STRING", false), b.scan("u SMALLINT NOT NULL, v STRING NOT NULL", false))), `
Union
:- Project [CAST(a AS BIGINT) AS a, b]
:  +- Relation test [a, b]
:- Relation test [x, y]
+- Project [CAST(u AS BIGINT) AS a, v]
   +- Relation test [u, v]
a bigint NOT NULL
b string
`)
	if _, err := plan.NewUnion(left, b.scan("a INT", false)); !errors.Is(err, expr.ErrType) {
		t.Errorf("a union of 2 and 1 columns: %v", err)
	}
	if _, err := plan.NewUnion(left, b.scan("a ARRAY<INT>, b STRING", false)); !errors.Is(err, expr.ErrType) || !strings.Contains(err.Error(), "column 1") {
		t.Errorf("a union of a number and an array: %v", err)
	}
}

func TestNewUnionByName(t *testing.T) {
	b := builder{t}
	left, right := b.scan("a INT NOT NULL, b STRING NOT NULL", false), b.scan("B STRING NOT NULL, A INT NOT NULL", false)
	u, err := plan.NewUnionByName(left, right, false)
	b.ok(err)
	same(t, "in another order", shape(u), `
Union
:- Relation test [a, b]
+- Project [A, B]
   +- Relation test [B, A]
a int NOT NULL
b string NOT NULL
`)
	u, err = plan.NewUnionByName(left, b.scan("c DOUBLE NOT NULL, a INT NOT NULL", false), true)
	b.ok(err)
	same(t, "with columns missing", shape(u), `
Union
:- Project [a, b, NULL AS c]
:  +- Relation test [a, b]
+- Project [a, b, c]
   +- Project [c, a, NULL AS b]
      +- Relation test [c, a]
a int NOT NULL
b string
c double
`)
	twice := b.union(b.project(b.table(), "n AS a", "n AS A"))
	for _, c := range []struct {
		what        string
		left, right plan.Node
		missing     bool
		kind        error
	}{
		{"missing on the right", left, b.scan("a INT", false), false, expr.ErrUnknownColumn},
		{"missing on the left", b.scan("a INT", false), left, false, expr.ErrUnknownColumn},
		{"twice on the left", twice, left, true, types.ErrAmbiguous},
		{"twice on the right", left, twice, true, types.ErrAmbiguous},
	} {
		if _, err := plan.NewUnionByName(c.left, c.right, c.missing); !errors.Is(err, c.kind) {
			t.Errorf("%s: got %v, want %v", c.what, err, c.kind)
		}
	}
}

// What has no order cannot be sorted by, nor be told apart, however deep.
func TestOrderable(t *testing.T) {
	b := builder{t}
	for _, c := range []struct {
		t  string
		ok bool
	}{
		{"INT", true}, {"BINARY", true}, {"ARRAY<STRING>", true}, {"STRUCT<a: INT, b: ARRAY<DATE>>", true},
		{"MAP<STRING, INT>", false}, {"ARRAY<MAP<STRING, INT>>", false}, {"STRUCT<a: INT, b: ARRAY<STRUCT<m: MAP<INT, INT>>>>", false},
	} {
		in := b.scan("a INT, v "+c.t, false)
		_, sorting := plan.NewSort(in, b.exprs("v"))
		_, distinct := plan.NewDistinct(in)
		if (sorting == nil) != c.ok || (distinct == nil) != c.ok {
			t.Errorf("%s: sort %v, distinct %v, want orderable %v", c.t, sorting, distinct, c.ok)
		}
	}
	if plan.Orderable(types.Interval) {
		t.Error("intervals have no order: a month is of 28 to 31 days")
	}
}

func TestNewFilter(t *testing.T) {
	b := builder{t}
	for _, c := range []struct {
		cond string
		kind error
	}{
		{"n > 1", nil}, {"NULL", nil}, {"true", nil},
		{"n", expr.ErrType}, {"'true'", expr.ErrType}, {"max(n) > 1", expr.ErrAggregate}, {"m > 1", expr.ErrUnknownColumn},
	} {
		if _, err := plan.NewFilter(b.table(), b.exprs(c.cond)[0]); !errors.Is(err, c.kind) {
			t.Errorf("%s: got %v, want %v", c.cond, err, c.kind)
		}
	}
}
