package wire

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// edited encodes a plan, changes the message by f, and decodes it.
func edited(t *testing.T, n plan.Node, f func(*pb.Envelope)) error {
	t.Helper()
	env := &pb.Envelope{}
	if err := proto.Unmarshal(must(EncodePlan(n, nil)), env); err != nil {
		t.Fatal(err)
	}
	f(env)
	_, _, err := DecodePlan(must(proto.Marshal(env)))
	return err
}

func TestUnsoundPlansAreRefused(t *testing.T) {
	project := must(plan.NewProject(wide(t), list(t, "wire_twice(b), b, s.x, cast(t AS INT), 5Y")))
	exprOf := func(env *pb.Envelope, i int) *pb.Expr { return env.GetPlan().GetProject().List[i] }
	aggregate := func(env *pb.Envelope) *pb.Node_Aggregate { return env.GetPlan().GetProject().GetInput().GetAggregate() }
	scan := kafkaScan(t).Pruned([]int{0, 1})
	for _, c := range []struct {
		name, want string
		in         plan.Node
		edit       func(*pb.Envelope)
	}{
		{"unknown function", "no function nobody here; a user-defined function must be registered in a package variable with fn.UDF", project,
			func(e *pb.Envelope) { exprOf(e, 0).GetCall().Function = "nobody" }},
		{"function of other arguments", "upper takes CAST(b AS STRING), not b", project, func(e *pb.Envelope) { exprOf(e, 0).GetCall().Function = "upper" }},
		{"function of another type", "gives boolean, not bigint", project, func(e *pb.Envelope) { exprOf(e, 0).GetCall().Function = "isnull" }},
		{"missing argument", "it takes 1 argument, not 0", project, func(e *pb.Envelope) { exprOf(e, 0).GetCall().Args = nil }},
		{"column beyond the input", "column 77", project, func(e *pb.Envelope) { exprOf(e, 1).GetRef().Index = 77 }},
		{"column of another type", "is int, not bigint", project, func(e *pb.Envelope) { exprOf(e, 1).GetRef().Index = 0 }},
		{"type beyond the list", "type 99", project, func(e *pb.Envelope) { exprOf(e, 1).GetRef().Type = 99 }},
		{"field beyond the struct", "has no field 9", project, func(e *pb.Envelope) { exprOf(e, 2).GetField().Index = 9 }},
		{"impossible cast", "cannot be cast", project, func(e *pb.Envelope) { exprOf(e, 3).GetCast().Child = exprOf(e, 2).GetField().Child }},
		{"literal that does not fit", "not of the type tinyint", project,
			func(e *pb.Envelope) { exprOf(e, 4).GetLiteral().Value = &pb.Expr_Literal_Integer{Integer: 300} }},
		{"sort key inside", "a sort key inside", project,
			func(e *pb.Envelope) { exprOf(e, 1).Kind = &pb.Expr_Order_{Order: &pb.Expr_Order{Child: exprOf(e, 4)}} }},
		{"expression of a kind that is not known", "an expression of a kind", project, func(e *pb.Envelope) { exprOf(e, 1).Kind = nil }},
		{"columns out of order", "a scan of the columns", scan, func(e *pb.Envelope) { e.GetPlan().GetScan().Columns.Index = []uint32{1, 0} }},
		{"columns beyond the source", "a scan of the columns", scan, func(e *pb.Envelope) { e.GetPlan().GetScan().Columns.Index = []uint32{60} }},
		{"condition that is none", "not a condition", nodes(t)["Filter"], func(e *pb.Envelope) {
			e.GetPlan().GetFilter().Cond = e.GetPlan().GetFilter().Cond.GetCall().Args[0].GetCall().Args[0]
		}},
		{"aggregate that is none", "not a call of an aggregate", nodes(t)["Aggregate"], func(e *pb.Envelope) {
			a := aggregate(e)
			a.Aggs[0] = a.Keys[0]
		}},
		{"key that aggregates", "calls an aggregate", nodes(t)["Aggregate"], func(e *pb.Envelope) {
			a := aggregate(e)
			a.Keys[0] = a.Aggs[0]
		}},
		{"union of other columns", "input 2 of a union", nodes(t)["Union"], func(e *pb.Envelope) {
			u := e.GetPlan().GetUnion()
			u.Inputs[1] = u.Inputs[1].GetProject().Input
		}},
		{"negative limit", "a limit of -9 rows", nodes(t)["Limit"], func(e *pb.Envelope) { e.GetPlan().GetLimit().Rows = -9 }},
		{"decimal of no digits", "no type decimal(0,0)", wide(t), func(e *pb.Envelope) {
			*e.GetPlan().GetTable().Schema.Columns[3].Type.GetDecimal() = pb.Type_Decimal{}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := edited(t, c.in, c.edit)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, not %q", err, c.want)
			}
		})
	}
}

// TestNullabilityIsKept sends a call that can be null although its arguments no
// longer say so, and refuses the opposite.
func TestNullabilityIsKept(t *testing.T) {
	n := must(plan.NewProject(wide(t), list(t, "upper(t)"))).(*plan.Project)
	folded := n.WithExprs([]expr.Expr{n.List[0].WithChildren([]expr.Expr{must(expr.NewLiteral("x"))})})
	roundTrip(t, folded)
	err := edited(t, n, func(e *pb.Envelope) { e.GetPlan().GetProject().List[0].GetCall().Nullable = false })
	if err == nil || !strings.Contains(err.Error(), "can be null") {
		t.Fatal(err)
	}
}

func TestDepthIsBounded(t *testing.T) {
	var n plan.Node = plan.NewTable("none", schema(t, "a INT"))
	for range maxDepth - 2 {
		n = &plan.Alias{Input: n, Name: "x"}
	}
	roundTrip(t, n)
	if _, err := EncodePlan(&plan.Alias{Input: n, Name: "x"}, nil); err == nil || !strings.Contains(err.Error(), "nests deeper") {
		t.Fatal(err)
	}
	deep := &pb.Node{Kind: &pb.Node_Table_{Table: &pb.Node_Table{}}}
	for range 4900 {
		deep = &pb.Node{Kind: &pb.Node_Alias_{Alias: &pb.Node_Alias{Input: deep}}}
	}
	env := &pb.Envelope{WireMajor: Major, Body: &pb.Envelope_Plan{Plan: deep}}
	if _, _, err := DecodePlan(must(proto.Marshal(env))); err == nil || !strings.Contains(err.Error(), "nests deeper") {
		t.Fatal(err)
	}
}

// TestAnyCallIsReadOrRefused calls each function with arguments of any types: no
// signature may panic on what it did not expect.
func TestAnyCallIsReadOrRefused(t *testing.T) {
	values := append(literals(), exprs(t)["Ref"]...)
	in := wide(t)
	rapid.Check(t, func(t *rapid.T) {
		c := &expr.Call{Name: rapid.SampledFrom(expr.Functions()).Draw(t, "function").Name}
		c.Args = rapid.SliceOfN(rapid.SampledFrom(values), 0, 4).Draw(t, "args")
		e := newEncoder()
		args, err := e.exprs(c.Args)
		if err != nil {
			t.Fatal(err)
		}
		result, _ := e.numberOf(rapid.SampledFrom([]types.Type{types.Boolean, types.Long, types.Double, types.String}).Draw(t, "type"))
		call := &pb.Expr{Kind: &pb.Expr_Call_{Call: &pb.Expr_Call{Function: c.Name, Args: args, Type: result, Nullable: true}}}
		input, _ := e.node(in)
		data, err := e.seal(&pb.Envelope{Body: &pb.Envelope_Plan{Plan: &pb.Node{Kind: &pb.Node_Project_{
			Project: &pb.Node_Project{Input: input, List: []*pb.Expr{call}}}}}})
		if err != nil {
			t.Fatal(err)
		}
		if n, _, err := DecodePlan(data); err == nil {
			plan.Format(n)
		}
	})
}

func FuzzDecodePlan(f *testing.F) {
	for _, n := range nodes(f) {
		f.Add(must(EncodePlan(n, map[string]string{"k": "v"})))
	}
	for _, list := range exprs(f) {
		f.Add(must(EncodePlan(plan.ProjectOf(wide(f), list), nil)))
	}
	f.Add(must(EncodeWrite(&plan.Write{Input: wide(f), Mode: plan.Append, Trigger: plan.Trigger{Kind: plan.AvailableNow}}, nil)))
	f.Fuzz(func(t *testing.T, data []byte) {
		DecodeWrite(data)
		n, conf, err := DecodePlan(data)
		if err != nil {
			return
		}
		again, err := EncodePlan(n, conf)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v\n%s", err, plan.Format(n))
		}
		m, _, err := DecodePlan(again)
		if err != nil || plan.Format(m) != plan.Format(n) {
			t.Fatalf("what was written reads otherwise (%v):\n%s", err, plan.Format(n))
		}
	})
}
