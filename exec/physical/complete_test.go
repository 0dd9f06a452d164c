package physical

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/operator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// planNodes returns the types of package plan that are nodes: those that have
// the method WithChildren.
func planNodes(t *testing.T) []string {
	const dir = "../../dataframe/plan"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), dir+"/"+f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && m.Recv != nil && m.Name.Name == "WithChildren" {
				out = append(out, m.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name)
			}
		}
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// counting is a processor that is known to the tests.
var _ = expr.RegisterProcessor(&expr.Processor{Name: "test/counting@v1", Key: must(types.ParseDDL("b STRING")), In: must(types.ParseDDL("a BIGINT, at TIMESTAMP")),
	Out: must(types.ParseDDL("b STRING, n BIGINT")),
	New: func(expr.ProcessorHost) (expr.ProcessorTask, error) { return nil, nil }})

// examples has a plan for each kind of node, over a memory stream.
func examples() (map[string]plan.Node, *Sources) {
	schema := must(types.ParseDDL("a BIGINT, b STRING, at TIMESTAMP"))
	streams := memory.NewStreams()
	streams.Add("in", schema)
	scan := plan.NewScan("memory", map[string]string{"name": "in"}, nil, schema, true)
	list := func(text string) []expr.Expr { return must(sql.ParseList(text)) }
	return map[string]plan.Node{
		"Scan":       scan,
		"Local":      plan.NewLocal(schema, nil),
		"Table":      plan.NewTable("t", schema),
		"Project":    must(plan.NewProject(scan, list("a + 1, upper(b)"))),
		"Filter":     must(plan.NewFilter(scan, list("a > 1")[0])),
		"Aggregate":  must(plan.NewAggregate(scan, list("b"), list("b, sum(a)"))),
		"Distinct":   must(plan.NewDistinct(scan)),
		"Sort":       must(plan.NewSort(scan, list("a"))),
		"Limit":      must(plan.NewLimit(scan, 3, 1)),
		"Union":      must(plan.NewUnion(scan, scan)),
		"Alias":      &plan.Alias{Input: scan, Name: "x"},
		"Watermark":  must(plan.NewWatermark(scan, "at", time.Minute)),
		"TimeWindow": must(plan.NewProject(scan, list("window(at, '10 minutes', '5 minutes') AS w, a"))),
		"Dedup":      must(plan.NewDedup(scan, []string{"b"}, false)),
		"Join":       must(plan.NewUsingJoin(plan.NewTable("t", schema), plan.NewTable("u", schema), []string{"a"}, plan.Left)),
		"Upsert":     must(plan.NewUpsert(scan, []string{"b"})),
		"AsChanges":  must(plan.NewAsChanges(scan, "a")),
		"Process":    must(plan.NewProcess(scan, list("b"), "test/counting@v1", plan.NoTime, plan.Append)),
	}, NewSources(streams)
}

// TestEveryNodeHasItsArm fails as long as a node of the logical plan has no
// operator, in batch queries and in streams, with one task and with several.
func TestEveryNodeHasItsArm(t *testing.T) {
	plans, sources := examples()
	for _, name := range planNodes(t) {
		n, ok := plans[name]
		if !ok {
			t.Errorf("no example of the plan node %s", name)
			continue
		}
		if name == "Local" {
			continue // its rows are read when it is built: queries of dataframes do
		}
		for tasks := 1; tasks <= 3; tasks++ {
			for _, streaming := range []bool{false, true} {
				b := &Builder{Tasks: tasks, Streaming: streaming, Settings: Settings{StateBytes: 1 << 20, SortBytes: 1 << 20, JoinBytes: 1 << 20}, Sources: sources}
				p, err := b.Build(n)
				if err != nil {
					t.Errorf("%s with %d tasks: %v", name, tasks, err)
					continue
				}
				got := types.ToArrow(n.Schema().Struct()).(*arrow.StructType).Fields()
				if !sameTypes(arrow.NewSchema(got, nil), p.Root.Schema()) {
					t.Errorf("%s with %d tasks gives %s, not %s", name, tasks, p.Root.Schema(), n.Schema())
				}
			}
		}
	}
}

// Every aggregate of the catalogue has its accumulator.
func TestEveryAggregateHasItsAccumulator(t *testing.T) {
	schema := must(types.ParseDDL("n BIGINT, s STRING, c BOOLEAN"))
	scope := &expr.Scope{Schema: schema}
	tries := []string{"n", "c", "s", "n, s", "", "n, 0.05", "s, n", "n, 3", "n, n"}
	for _, fn := range expr.Functions() {
		if fn.Kind != expr.Aggregate {
			continue
		}
		found := false
		for _, args := range tries {
			parsed, err := sql.ParseList(fn.Name + "(" + args + ")")
			if err != nil {
				continue
			}
			bound, err := scope.Bind(parsed[0])
			if err != nil {
				continue
			}
			found = true
			if _, err := operator.NewAggregation(nil, []expr.Expr{expr.As(bound, "x")}, true); err != nil {
				t.Errorf("%s(%s): %v", fn.Name, args, err)
			}
		}
		if !found {
			t.Errorf("no call of %s was found that binds; write it into the list of arguments above", fn.Name)
		}
		if fn.Doc == "" || fn.Usage == "" {
			t.Errorf("%s lacks a usage or a doc", fn.Name)
		}
	}
}
