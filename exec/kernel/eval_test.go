package kernel

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

// TestEval runs the goldens: each line of an eval command is a SQL expression
// without columns, and its answer is the value and its type, or the error.
func TestEval(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd != "eval" {
				d.Fatalf(t, "unknown command %s", d.Cmd)
			}
			env := testEnv()
			env.ANSI = !d.HasArg("noansi")
			if d.HasArg("zone") {
				var name string
				d.ScanArgs(t, "zone", &name)
				zone, err := LoadZone(name)
				if err != nil {
					return err.Error()
				}
				env.Zone = zone
			}
			var out strings.Builder
			for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
				fmt.Fprintf(&out, "%s\n", evalText(env, line))
			}
			return out.String()
		})
	})
}

func testEnv() *Env {
	return &Env{ANSI: true, Zone: time.UTC, Time: time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)}
}

// evalText computes a SQL expression without columns.
func evalText(env *Env, text string) string {
	v, e, err := evalSQL(env, text)
	if err != nil {
		return "error: " + err.Error()
	}
	return render(env, v) + " : " + e.Type().Name()
}

func evalSQL(env *Env, text string) (Value, expr.Expr, error) {
	e, err := sql.ParseExpr(text)
	if err != nil {
		return Value{}, nil, err
	}
	scope := &expr.Scope{Schema: types.NewSchema()}
	if e, err = scope.Bind(e); err != nil {
		return Value{}, nil, err
	}
	ev, err := Compile(e)
	if err != nil {
		return Value{}, nil, err
	}
	rec := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)
	v, err := ev.Eval(env, rec, Rows{N: 1})
	return v, e, err
}

func render(env *Env, v Value) string {
	if isNull(v.Array, 0) {
		return "NULL"
	}
	return string(newFormatter(v.Array, env)(nil, 0))
}
