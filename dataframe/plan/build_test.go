package plan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

// builder makes plans of which no step may fail.
type builder struct{ testing.TB }

func (b builder) schema(ddl string) *types.Schema {
	b.Helper()
	s, err := types.ParseDDL(ddl)
	b.ok(err)
	return s
}

func (b builder) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b builder) exprs(texts ...string) []expr.Expr {
	b.Helper()
	out := make([]expr.Expr, len(texts))
	for i, text := range texts {
		e, err := sql.ParseExpr(text)
		b.ok(err)
		out[i] = e
	}
	return out
}

func (b builder) stream() plan.Node { return b.scan("host STRING, n BIGINT", true) }
func (b builder) table() plan.Node  { return b.scan("host STRING, n BIGINT", false) }

func (b builder) scan(ddl string, streaming bool) plan.Node {
	b.Helper()
	return plan.NewScan("test", nil, nil, b.schema(ddl), streaming)
}

func (b builder) filter(in plan.Node, cond string) plan.Node {
	b.Helper()
	n, err := plan.NewFilter(in, b.exprs(cond)[0])
	b.ok(err)
	return n
}

func (b builder) project(in plan.Node, list ...string) plan.Node {
	b.Helper()
	n, err := plan.NewProject(in, b.exprs(list...))
	b.ok(err)
	return n
}

// count groups by a column and counts: columns key and n.
func (b builder) count(in plan.Node, key string) plan.Node {
	b.Helper()
	n, err := plan.NewAggregate(in, b.exprs(key), b.exprs(key, "count(1) AS n"))
	b.ok(err)
	return n
}

func (b builder) sort(in plan.Node, key string) plan.Node {
	b.Helper()
	n, err := plan.NewSort(in, b.exprs(key))
	b.ok(err)
	return n
}

func (b builder) limit(in plan.Node, rows, offset int64) plan.Node {
	b.Helper()
	n, err := plan.NewLimit(in, rows, offset)
	b.ok(err)
	return n
}

func (b builder) distinct(in plan.Node) plan.Node {
	b.Helper()
	n, err := plan.NewDistinct(in)
	b.ok(err)
	return n
}

func (b builder) union(inputs ...plan.Node) plan.Node {
	b.Helper()
	n, err := plan.NewUnion(inputs...)
	b.ok(err)
	return n
}

func (b builder) watermark(in plan.Node, column string, delay time.Duration) plan.Node {
	b.Helper()
	n, err := plan.NewWatermark(in, column, delay)
	b.ok(err)
	return n
}

func (b builder) dedup(in plan.Node, names ...string) plan.Node {
	b.Helper()
	n, err := plan.NewDedup(in, names, false)
	b.ok(err)
	return n
}

// keyed groups by columns without aggregates, but for a count where there are two.
func (b builder) keyed(in plan.Node, keys ...string) plan.Node {
	b.Helper()
	list := keys
	if len(keys) > 1 {
		list = append(slices.Clone(keys), "count(1) AS n")
	}
	n, err := plan.NewAggregate(in, b.exprs(keys...), b.exprs(list...))
	b.ok(err)
	return n
}
