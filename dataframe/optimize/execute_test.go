package optimize_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/optimize"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
)

// records are the rows of every source that runs; b holds JSON text.
const records = `{"a":1,"b":"x","c":10,"d":true,"e":1.5,"s":{"x":1,"y":"one"}}
{"a":null,"b":"{\"p\":7,\"q\":\"seven\",\"u.v\":[1,2]}","c":-3,"d":null,"e":null,"s":null}
{"a":5,"b":"{\"p\":\"no\",\"r\":2.5}","c":0,"d":false,"e":-0.5,"s":{"x":null,"y":null}}
{"a":5,"b":"","c":10,"d":true,"e":100.0,"s":{"x":9,"y":"nine"}}
{"a":0,"b":"x","c":2,"d":null,"e":0.0,"s":{"x":1,"y":"one"}}
{"a":-7,"b":"[oops","c":5000000000,"d":false,"e":3.0,"s":{"x":4,"y":""}}
`

// TestSameRows computes random plans as they were made and as they are
// optimized. What runs must run optimized too, and give the same rows; that a
// plan fails may be mended by never computing what fails.
func TestSameRows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows.json")
	if err := os.WriteFile(file, []byte(records), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := types.ParseDDL(strings.TrimPrefix(optimize.SourceDDL, ": "))
	if err != nil {
		t.Fatal(err)
	}
	sources := []plan.Node{
		plan.NewScan("json", map[string]string{"path": file}, s, s.AsNullable(), false),
		plan.NewScan("json", map[string]string{"path": file, "mode": "FAILFAST"}, s, s.AsNullable(), false),
	}
	plain, best := exec.Local(exec.Cores(1), exec.NoOptimizer()), exec.Local(exec.Cores(2))
	defer plain.Close()
	defer best.Close()
	ran := 0
	rapid.Check(t, func(t *rapid.T) {
		n := optimize.DrawSteps(t, rapid.SampledFrom(sources).Draw(t, "source"), rapid.IntRange(1, 8).Draw(t, "steps"))
		if arbitrary(n) {
			return
		}
		want, err := run(plain, n)
		if err != nil {
			return
		}
		ran++
		got, err := run(best, n)
		if err != nil {
			t.Fatalf("%v\n%s", err, both(n))
		}
		if !slices.Equal(want, got) {
			t.Fatalf("rows\n%s\nbecame\n%s\nof\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"), both(n))
		}
	})
	if ran < 20 {
		t.Fatalf("only %d plans ran", ran)
	}
}

func both(n plan.Node) string {
	out, err := optimize.Optimize(n, optimize.Kernels)
	if err != nil {
		return err.Error()
	}
	return plan.Format(n) + "=>\n" + plan.Format(out)
}

// arbitrary tells whether the rows of a plan are not settled by the plan: it
// draws random numbers, which depend on the place of a row among others, or
// takes some rows of groups, which have no order,
// or the latest or the first of them.
func arbitrary(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) bool {
		for _, e := range n.Exprs() {
			found = found || !expr.Deterministic(e)
		}
		switch n.(type) {
		case *plan.Limit, *plan.Upsert, *plan.Dedup:
			for _, in := range n.Children() {
				found = found || unordered(in)
			}
		}
		return !found
	})
	return found
}

// unordered tells whether the rows of a plan come in no order that it settles.
func unordered(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) bool {
		switch n.(type) {
		case *plan.Aggregate, *plan.Distinct, *plan.Dedup, *plan.AsChanges:
			found = true
		}
		return !found
	})
	return found
}

// run returns the rows of a plan, sorted as text.
func run(e engine.Engine, n plan.Node) ([]string, error) {
	ctx := context.Background()
	rows, err := e.Run(ctx, n, engine.Conf{})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for {
		rec, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range int(rec.NumRows()) {
			out = append(out, exectest.Line(batch.Batch{Record: rec}, i))
		}
	}
}
