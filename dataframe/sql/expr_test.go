package sql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/expr"
)

// TestExpr shows the tree that a text becomes: calls as (name arg arg), names
// and types as SQL writes them, literals with their types.
func TestExpr(t *testing.T) {
	datadriven.RunTest(t, "testdata/expr.txt", func(t *testing.T, d *datadriven.TestData) string {
		var list []expr.Expr
		var err error
		switch d.Cmd {
		case "order":
			list, err = ParseOrder(d.Input)
		case "list":
			list, err = ParseList(d.Input)
		default:
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				e, err := ParseExpr(strings.TrimSuffix(line, "\n"))
				if err != nil {
					return err.Error()
				}
				out.WriteString(tree(e) + "\n")
			}
			return out.String()
		}
		if err != nil {
			return err.Error()
		}
		var out strings.Builder
		for _, e := range list {
			out.WriteString(tree(e) + "\n")
		}
		return out.String()
	})
}

// tree prints an expression without the catalogue's help.
func tree(e expr.Expr) string {
	switch e := e.(type) {
	case *expr.Literal:
		switch v := e.Value.(type) {
		case nil:
			return "NULL"
		case string:
			return fmt.Sprintf("%q", v)
		case int32, bool:
			return fmt.Sprint(v)
		}
		return fmt.Sprintf("%s:%s", e, e.T.Name())
	case *expr.Call:
		name := e.Name
		if e.Distinct {
			name += " DISTINCT"
		}
		return form(name, e.Args...)
	case *expr.Cast:
		if e.Try {
			return form("try_cast:"+e.To.Name(), e.Child)
		}
		return form("cast:"+e.To.Name(), e.Child)
	case *expr.Extract:
		return form("part", e.Child, e.Key)
	case *expr.Alias:
		return tree(e.Child) + " AS " + e.Name
	case *expr.Order:
		dir := map[bool]string{false: "ASC", true: "DESC"}[e.Desc]
		return tree(e.Child) + " " + dir + map[bool]string{false: " NULLS LAST", true: " NULLS FIRST"}[e.NullsFirst]
	}
	return e.String()
}

func form(name string, args ...expr.Expr) string {
	for _, a := range args {
		name += " " + tree(a)
	}
	return "(" + name + ")"
}
