package wire

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// roundTrip encodes a plan and compares what comes back, and its bytes.
func roundTrip(t *testing.T, n plan.Node) plan.Node {
	t.Helper()
	conf := map[string]string{"riffle.ansi": "true", "riffle.timeZone": "UTC"}
	data, err := EncodePlan(n, conf)
	if err != nil {
		t.Fatal(err)
	}
	got, gotConf, err := DecodePlan(data)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := plan.Format(n), plan.Format(got); a != b {
		t.Fatalf("went in as\n%s and came back as\n%s", a, b)
	}
	if !n.Schema().Equal(got.Schema()) {
		t.Fatalf("the schema went in as\n%s and came back as\n%s", n.Schema().Tree(), got.Schema().Tree())
	}
	if !reflect.DeepEqual(plain(t, n), got) || !maps.Equal(conf, gotConf) {
		t.Fatalf("came back looking the same, but different:\n%s", plan.Format(n))
	}
	again, err := EncodePlan(got, gotConf)
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("the bytes of what came back differ (%v)", err)
	}
	return got
}

func TestNodesRoundTrip(t *testing.T) {
	examples := nodes(t)
	for _, name := range withMethod(t, "../plan", "WithChildren") {
		n, ok := examples[name]
		if !ok {
			t.Errorf("plan.%s has no example here: add one, and its arm in encode.go, decode.go and plan.proto", name)
			continue
		}
		found := false
		plan.Walk(n, func(n plan.Node) bool { found = found || reflect.TypeOf(n).Elem().Name() == name; return true })
		if !found {
			t.Errorf("the example of plan.%s has none", name)
		}
		t.Run(name, func(t *testing.T) { roundTrip(t, n) })
	}
}

// plain returns a plan without what its expressions know of the user's words:
// names stand in aliases by now, so those words stay at home.
func plain(t *testing.T, n plan.Node) plan.Node {
	t.Helper()
	return must(plan.Transform(n, func(n plan.Node) (plan.Node, error) {
		list := slices.Clone(n.Exprs())
		for i, e := range list {
			list[i] = must(expr.Transform(e, plainExpr))
		}
		if len(list) == 0 {
			return n, nil
		}
		if a, is := n.(*plan.Aggregate); is && len(a.Keys) == 0 {
			return plan.AggregateOf(a.Input, a.Keys, list), nil // keys stay nil
		}
		return n.WithExprs(list), nil
	}))
}

func plainExpr(e expr.Expr) (expr.Expr, error) {
	switch e := e.(type) {
	case *expr.Cast:
		return &expr.Cast{Child: e.Child, To: e.To, Try: e.Try, Pos: e.Pos}, nil
	case *expr.Call:
		return expr.Rebind(&expr.Call{Name: e.Name, Args: e.Args, Distinct: e.Distinct, Pos: e.Pos}, e.Type(), e.Nullable())
	}
	return e, nil
}

func TestExprsRoundTrip(t *testing.T) {
	examples := exprs(t)
	unbound := map[string]expr.Expr{
		"Name": &expr.Name{Parts: []string{"a"}}, "Star": &expr.Star{},
		"Extract": &expr.Extract{Child: must(expr.NewLiteral(1)), Key: must(expr.NewLiteral(2))},
	}
	for _, name := range withMethod(t, "../expr", "WithChildren") {
		t.Run(name, func(t *testing.T) {
			if e, ok := unbound[name]; ok {
				if _, err := EncodePlan(plan.ProjectOf(wide(t), []expr.Expr{expr.As(e, "e")}), nil); err == nil || !strings.Contains(err.Error(), "not bound") {
					t.Fatalf("an expression that is not bound: %v", err)
				}
				return
			}
			if name == "Order" {
				roundTrip(t, nodes(t)["Sort"])
				return
			}
			list, ok := examples[name]
			if !ok {
				t.Fatalf("expr.%s has no example here: add one, and its arm in encode_expr.go, decode_expr.go and plan.proto", name)
			}
			roundTrip(t, plan.ProjectOf(wide(t), list))
		})
	}
}

// withMethod returns the types of a package that have a method of that name.
func withMethod(t *testing.T, dir, method string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != method {
				continue
			}
			recv := fn.Recv.List[0].Type
			if star, ok := recv.(*ast.StarExpr); ok {
				recv = star.X
			}
			out = append(out, recv.(*ast.Ident).Name)
		}
	}
	slices.Sort(out)
	if len(out) < 8 {
		t.Fatalf("only %v have a method %s", out, method)
	}
	return out
}

// TestFunctionsRoundTrip sends each function of the catalogue, as its example
// calls it.
func TestFunctionsRoundTrip(t *testing.T) {
	sent := 0
	for _, fn := range expr.Functions() {
		call := fn.Example[:max(0, strings.LastIndex(fn.Example, " = "))]
		e, err := sql.ParseExpr(call)
		if err != nil {
			continue // no example, or a name that SQL writes otherwise
		}
		roundTrip(t, must(plan.NewProject(wide(t), []expr.Expr{e})))
		sent++
	}
	if sent < 100 {
		t.Fatalf("only %d functions have an example that could be sent", sent)
	}
}

// TestAggregatesRoundTrip sends each aggregate over numbers or conditions.
func TestAggregatesRoundTrip(t *testing.T) {
	for _, fn := range expr.Functions() {
		if fn.Kind != expr.Aggregate {
			continue
		}
		sent := 0
		for _, args := range []string{"", "a", "d", "a > 1", "a, b", "DISTINCT t", "a, 0.5", "a, 3", "t"} {
			e, err := sql.ParseExpr(fn.Name + "(" + args + ")")
			if err != nil {
				continue
			}
			if n, err := plan.NewAggregate(wide(t), nil, []expr.Expr{e}); err == nil {
				roundTrip(t, n)
				sent++
			}
		}
		if sent == 0 {
			t.Errorf("%s took none of the arguments", fn.Name)
		}
	}
}

func TestNaNKeepsItsBits(t *testing.T) {
	bits, bits32 := uint64(0xfff8_0000_dead_beef), uint32(0xffc0_beef)
	n := plan.ProjectOf(wide(t), []expr.Expr{
		&expr.Literal{Value: math.Float64frombits(bits), T: types.Double}, &expr.Literal{Value: math.Float32frombits(bits32), T: types.Float}})
	got, _, err := DecodePlan(must(EncodePlan(n, nil)))
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.Exprs()[0].(*expr.Literal).Value.(float64), got.Exprs()[1].(*expr.Literal).Value.(float32)
	if math.Float64bits(a) != bits || math.Float32bits(b) != bits32 {
		t.Fatalf("%x, %x", math.Float64bits(a), math.Float32bits(b))
	}
}

func TestWriteRoundTrip(t *testing.T) {
	w := &plan.Write{Input: plain(t, nodes(t)["Aggregate"]), Format: "memory", Options: map[string]string{"a": "b"}, Mode: plan.Complete,
		Trigger: plan.Trigger{Kind: plan.ProcessingTime, Interval: 3 * time.Second}, QueryName: "dns_counts",
		Quarantine: &plan.SideSink{Format: "memory", Options: map[string]string{"maxBytes": "9"}, Name: "bad"},
		Late:       &plan.SideSink{Format: "memory", Options: map[string]string{"maxBytes": "8"}, Name: "late"}, Checkpoint: "s3://bucket/counts"}
	data, err := EncodeWrite(w, map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	got, conf, err := DecodeWrite(data)
	if err != nil || !reflect.DeepEqual(w, got) || conf["k"] != "v" {
		t.Fatalf("%+v, %v, %v", got, conf, err)
	}
	if _, _, err := DecodePlan(data); err == nil || !strings.Contains(err.Error(), "DecodeWrite") {
		t.Errorf("a query read as a plan: %v", err)
	}
	if _, _, err := DecodeWrite(must(EncodePlan(w.Input, nil))); err == nil || !strings.Contains(err.Error(), "DecodePlan") {
		t.Errorf("a plan read as a query: %v", err)
	}
}

// TestBytesDoNotDependOnMapOrder encodes the same plan many times.
func TestBytesDoNotDependOnMapOrder(t *testing.T) {
	conf := map[string]string{}
	for _, k := range strings.Split("abcdefghijklmnop", "") {
		conf[k] = k
	}
	first := must(EncodePlan(plan.NewScan("kafka", conf, nil, schema(t, "a INT"), true), conf))
	for range 20 {
		if !bytes.Equal(first, must(EncodePlan(plan.NewScan("kafka", maps.Clone(conf), nil, schema(t, "a INT"), true), maps.Clone(conf)))) {
			t.Fatal("the bytes differ")
		}
	}
}

// TestWideStructIsWrittenOnce bounds the bytes of many fields of one struct.
func TestWideStructIsWrittenOnce(t *testing.T) {
	var b strings.Builder
	for i := range 500 {
		b.WriteString(strings.Repeat("x", 5) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + " STRING, ")
	}
	s := plan.NewTable("t", types.NewSchema(types.Field{Name: "data", Type: schema(t, strings.TrimSuffix(b.String(), ", ")).Struct(), Nullable: true}))
	n := must(plan.NewProject(s, list(t, "data.*")))
	roundTrip(t, n)
	if data := must(EncodePlan(n, nil)); len(data) > 500*100 {
		t.Fatalf("%d bytes", len(data))
	}
}

func TestOtherVersions(t *testing.T) {
	data := must(EncodePlan(wide(t), nil))
	env := &pb.Envelope{}
	if err := proto.Unmarshal(data, env); err != nil {
		t.Fatal(err)
	}
	env.WireMinor = 99
	if _, _, err := DecodePlan(must(proto.Marshal(env))); err != nil {
		t.Errorf("a newer minor version: %v", err)
	}
	env.WireMajor = 2
	_, _, err := DecodePlan(must(proto.Marshal(env)))
	if err == nil || err.Error() != "decode plan: version 2.99 cannot be read here, where it is 1.0; run the same version of riffle everywhere" {
		t.Errorf("another major version: %v", err)
	}
	env.WireMajor, env.Body = 1, &pb.Envelope_Plan{Plan: &pb.Node{}}
	if _, _, err := DecodePlan(must(proto.Marshal(env))); err == nil || !strings.Contains(err.Error(), "not known here") {
		t.Errorf("a node that is not known: %v", err)
	}
}
