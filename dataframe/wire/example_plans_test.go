package wire

import (
	"math"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

var _ = expr.RegisterProcessor(&expr.Processor{Name: "wire/counting@v1", Key: must(types.ParseDDL("k BIGINT")), In: must(types.ParseDDL("a INT, at TIMESTAMP")),
	Out: must(types.ParseDDL("k BIGINT, n BIGINT, seen TIMESTAMP")), Initial: must(types.ParseDDL("t STRING"))})

var _ = expr.Register(&expr.UDF{Name: "Wire_Twice", Args: []types.Type{types.Long}, Result: types.Long, Deterministic: true})

func schema(t testing.TB, ddl string) *types.Schema {
	t.Helper()
	s, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// list parses a select list.
func list(t testing.TB, text string) []expr.Expr {
	t.Helper()
	out, err := sql.ParseList(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func kafkaScan(t testing.TB) *plan.Scan {
	return plan.NewScan("kafka", map[string]string{"subscribe": "dns", "kafka.bootstrap.servers": "b:9092"}, nil,
		schema(t, "key BINARY, value BINARY, topic STRING NOT NULL, partition INT NOT NULL, offset BIGINT NOT NULL, timestamp TIMESTAMP NOT NULL"), true)
}

const wideDDL = "a INT, b BIGINT NOT NULL, t STRING, d DECIMAL(10,2), at TIMESTAMP, s STRUCT<x: INT, `y.z`: ARRAY<STRING>>, m MAP<STRING, DOUBLE>"

func wide(t testing.TB) plan.Node { return plan.NewTable("wide", schema(t, wideDDL)) }

// nodes has an example of each plan node.
func nodes(t testing.TB) map[string]plan.Node {
	w := wide(t)
	scan := kafkaScan(t)
	union := must(plan.NewUnion(plan.Keep(w, []int{0, 2}), must(plan.NewProject(w, list(t, "b, t"))), plan.NewLocal(schema(t, "n INT, t STRING"), []byte("ipc"))))
	return map[string]plan.Node{
		"Scan":       plan.NewScan("json", nil, schema(t, "a INT"), schema(t, "a INT, b STRING"), false).Pruned([]int{}),
		"Local":      plan.NewLocal(schema(t, wideDDL), []byte{1, 2, 3}),
		"Table":      w,
		"Project":    must(plan.NewProject(scan.Pruned([]int{1, 4}), list(t, "from_json(cast(value as string), 'a INT, `id.orig_h` STRING') AS data, offset + 1"))),
		"Filter":     must(plan.NewFilter(scan, list(t, "offset > 3 AND topic IN ('a', 'b')")[0])),
		"Aggregate":  must(plan.NewAggregate(w, list(t, "a, upper(t)"), list(t, "a, upper(t) AS u, count(*), count(DISTINCT b) AS n, sum(d), avg(b)"))),
		"Distinct":   must(plan.NewDistinct(plan.Keep(w, []int{0, 1}))),
		"Sort":       must(plan.NewSort(w, must(sql.ParseOrder("a DESC NULLS FIRST, lower(t), b ASC NULLS LAST")))),
		"Limit":      must(plan.NewLimit(w, plan.All, 7)),
		"Union":      union,
		"Alias":      &plan.Alias{Input: w, Name: "w.x"},
		"Upsert":     must(plan.NewUpsert(w, []string{"b", "t"})),
		"AsChanges":  must(plan.NewAsChanges(plan.Keep(w, []int{0, 1, 2}), "a")),
		"Join":       must(plan.NewJoin(&plan.Alias{Input: w, Name: "l"}, &plan.Alias{Input: w, Name: "r"}, list(t, "l.a = r.b AND l.t <=> r.t AND l.b < r.b")[0], plan.Full)),
		"Watermark":  must(plan.NewWatermark(w, "at", 90*time.Second)),
		"TimeWindow": must(plan.NewProject(w, list(t, "window(at, '10 minutes', '5 minutes', '-1 minute') AS w, a"))),
		"Process":    processed(t, must(plan.NewWatermark(w, "at", time.Second)), w),
		"Dedup":      must(plan.NewDedup(plan.Keep(w, []int{0, 1, 4}), []string{"b", "a"}, false)),
	}
}

func processed(t testing.TB, in, initial plan.Node) plan.Node {
	n := must(plan.NewProcess(in, list(t, "b + 1 AS k"), "wire/counting@v1", plan.ByEventTime, plan.Update))
	return must(must(n.WithEventTime("seen")).WithInitial(initial, list(t, "b")))
}

// exprs has an example of each bound expression, or of several in a row.
func exprs(t testing.TB) map[string][]expr.Expr {
	scope := plan.ScopeOf(wide(t))
	bind := func(text string) []expr.Expr { return must(scope.BindList(list(t, text))) }
	return map[string][]expr.Expr{
		"Ref":     bind("*"),
		"Literal": literals(),
		"Alias":   append(bind("a AS x"), must(scope.Bind(expr.As(expr.NewCall("struct", expr.As(list(t, "a")[0], "u v"), list(t, "t")[0]), "s2")))),
		"Call":    bind("a + b * 2, d / 3, wire_twice(a), CASE WHEN a > 1 THEN t END, m['k'], array(a, b), coalesce(t, 'x'), t LIKE 'a%'"),
		"Cast":    bind("cast(a AS STRING), try_cast(t AS DECIMAL(5,1)), cast(NULL AS MAP<STRING, INT>), cast(at AS DATE)"),
		"Field":   bind("s.x, s.`y.z`, s.*"),
	}
}

// literals has a literal of each type, at the limits of each.
func literals() []expr.Expr {
	var out []expr.Expr
	add := func(v any) { out = append(out, must(expr.NewLiteral(v))) }
	for _, v := range []any{nil, true, false, int8(math.MinInt8), int16(math.MaxInt16), int32(math.MinInt32), int64(math.MinInt64),
		float32(1.5), math.Inf(-1), math.Copysign(0, -1), "", "ü\x00\xff", []byte{}, []byte{0, 255}, types.Day(-1),
		types.Duration{Months: -1, Days: 2, Micros: math.MinInt64},
		types.Dec{Unscaled: decimal128.New(-1, 5), Precision: 38, Scale: 4}, types.Dec{Unscaled: decimal128.FromI64(99), Precision: 2, Scale: 2}} {
		add(v)
	}
	at := time.Date(1, 2, 3, 4, 5, 6, 789000, time.UTC)
	add(at)
	out = append(out, &expr.Literal{Value: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), T: types.TimestampNTZ})
	return append(out, &expr.Literal{T: types.Array{Elem: types.Int}}, &expr.Literal{T: types.Struct{}})
}
